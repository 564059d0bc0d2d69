/**
 * What happened, told to whoever keeps something current: agents' desired states, editors' views, the expiry timer.
 * In this process; listeners run at once and in order of subscription. Events name things, never carry their state, so
 * that a bus between processes can take this one's place.
 */
import { reportBug } from '@stillframe/core/report-bug';
import type { ActionId } from '@stillframe/protocol/action';
import type { HitHead } from '@stillframe/protocol/hit';

export type BusEvent =
  /** Created, edited or ended: agents and editors must hear of it. */
  | { type: 'actionsChanged'; ids: readonly ActionId[] }
  /** Deleted by retention. */
  | { type: 'actionsDeleted'; ids: readonly ActionId[] }
  /** An agent said something new of these actions, or was told of them. */
  | { type: 'statusesChanged'; ids: readonly ActionId[] }
  | { type: 'agentChanged'; id: string }
  | { type: 'agentsForgotten'; ids: readonly string[] }
  | { type: 'hitsStored'; heads: readonly HitHead[] }
  | { type: 'filesChanged' }
  | { type: 'sourcesChanged' };

export class Bus {
  readonly #listeners = new Set<(event: BusEvent) => void>();

  subscribe(listener: (event: BusEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  publish(event: BusEvent): void {
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (error) {
        reportBug(error, `bus listener for ${event.type}`);
      }
    }
  }
}

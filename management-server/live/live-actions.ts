/** All actions the database has, in memory: what is read on every change. Written only after a commit. */
import type { ActionId } from '@stillframe/protocol/action';
import type { ActionRecord } from '../store/actions-table.ts';
import type { ActionProgress } from '../store/hits-table.ts';

export class LiveActions {
  readonly #records = new Map<ActionId, ActionRecord>();
  readonly #active = new Map<ActionId, ActionRecord>();
  #hitBytes = 0;

  constructor(records: readonly ActionRecord[]) {
    for (const record of records) this.put(record);
  }

  get(id: ActionId): ActionRecord | undefined {
    return this.#records.get(id);
  }

  /** Oldest first. */
  all(): IterableIterator<ActionRecord> {
    return this.#records.values();
  }

  /** Oldest first. */
  active(): IterableIterator<ActionRecord> {
    return this.#active.values();
  }

  get activeCount(): number {
    return this.#active.size;
  }

  /** Bytes of the stored hits of all actions. */
  get hitBytes(): number {
    return this.#hitBytes;
  }

  put(record: ActionRecord): void {
    const { id } = record.action;
    this.#hitBytes += record.bytes - (this.#records.get(id)?.bytes ?? 0);
    this.#records.set(id, record);
    if (record.state === 'active') this.#active.set(id, record);
    else this.#active.delete(id);
  }

  /** What a stored batch changed; true when the action ended by it. */
  advance({ id, hits, bytes, lastHitAt, completed }: ActionProgress): boolean {
    const record = this.#records.get(id);
    if (record === undefined) return false;
    const ended = completed && record.state !== 'completed';
    const { refused: _refused, ...rest } = record;
    this.put({ ...rest, hits, bytes, lastHitAt, ...(ended && { state: 'completed', endedAt: lastHitAt }) });
    return ended;
  }

  /** The latest hit was not stored; true when that is news. */
  refuse(id: ActionId, reason: 'full' | 'tooLarge'): boolean {
    const record = this.#records.get(id);
    if (record === undefined || record.refused === reason) return false;
    this.put({ ...record, refused: reason });
    return true;
  }

  delete(id: ActionId): void {
    this.#hitBytes -= this.#records.get(id)?.bytes ?? 0;
    this.#records.delete(id);
    this.#active.delete(id);
  }
}

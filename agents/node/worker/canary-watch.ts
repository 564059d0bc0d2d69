/**
 * An action with a canary is armed only after the service has been watched for a while without it, and goes on being watched
 * with it. What comes of the comparison is the server's to say.
 */
import type { Action } from '@stillframe/protocol/action';
import type { ActionStatus, Health } from '@stillframe/protocol/status';
import type { HealthCommand, HealthReport } from '../shared/probe-messages.ts';

export interface CanaryWatch {
  /** Watches the service as it is, and calls back when that was long enough. Gives the milliseconds it takes. */
  before(action: Action, onOver: () => void): number;
  /** The action has been armed. */
  since(action: Action): void;
  health(action: Action): ActionStatus['health'];
  drop(action: Action): void;
  heard(report: HealthReport): void;
  close(): void;
}

interface Watched {
  before: Health | undefined;
  since: Health | undefined;
  watching: boolean;
  timer: NodeJS.Timeout | undefined;
}

const SHORTEST_BASELINE_MS = 1000;
const LONGEST_BASELINE_MS = 10_000;
/** The server counts from when it hears that the action is armed. */
const BEYOND_MS = 5000;

export function createCanaryWatch(tell: (command: HealthCommand) => void): CanaryWatch {
  const watched = new Map<string, Watched>();

  function stop(key: string, phase: Phase): void {
    clearTimeout(watched.get(key)?.timer);
    tell({ command: 'health', watch: `${phase} ${key}`, on: false });
  }

  return {
    before(action, onOver) {
      const key = keyOf(action);
      const ms = Math.min(Math.max((action.canary?.watchMs ?? 0) / 4, SHORTEST_BASELINE_MS), LONGEST_BASELINE_MS);
      const timer = setTimeout(() => {
        stop(key, 'before');
        onOver();
      }, ms);
      watched.set(key, { before: undefined, since: undefined, watching: false, timer });
      tell({ command: 'health', watch: `before ${key}`, on: true });
      return ms;
    },
    since(action) {
      const key = keyOf(action);
      const entry = watched.get(key);
      if (entry === undefined || entry.watching) return;
      entry.watching = true;
      entry.timer = setTimeout(() => stop(key, 'since'), (action.canary?.watchMs ?? 0) + BEYOND_MS);
      tell({ command: 'health', watch: `since ${key}`, on: true });
    },
    health(action) {
      const entry = watched.get(keyOf(action));
      if (entry?.before === undefined) return undefined;
      return { before: entry.before, ...(entry.since && { since: entry.since }) };
    },
    drop(action) {
      const key = keyOf(action);
      const entry = watched.get(key);
      if (entry === undefined) return;
      stop(key, entry.watching ? 'since' : 'before');
      watched.delete(key);
    },
    heard({ watch, health }) {
      const at = watch.indexOf(' ');
      const entry = watched.get(watch.slice(at + 1));
      if (entry !== undefined) entry[watch.slice(0, at) as Phase] = health;
    },
    close() {
      for (const { timer } of watched.values()) clearTimeout(timer);
      watched.clear();
    },
  };
}

type Phase = 'before' | 'since';

function keyOf({ id, revision }: Action): string {
  return `${revision} ${id}`;
}

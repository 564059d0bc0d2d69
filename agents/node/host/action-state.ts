/** What an action has used up so far. It may stand at several places at once; they share this. */
import type { ProbeAction } from '../shared/probe-messages.ts';
import { mapDelete, mapGet, mapSet, newMap } from './primordials.ts';
import type { Bucket } from './rates.ts';
import { createTimings, type Timings } from './timings.ts';

export interface ActionState extends Bucket {
  remaining: number;
  finished: boolean;
  /** Microseconds used in the window that began at `windowStart`. */
  usedMicros: number;
  windowStart: number;
  /** Groups of a counter and their indexes. */
  groups: Map<unknown, unknown> | undefined;
  /** Values a `distinct` sampling has captured. */
  seen: Map<unknown, unknown> | undefined;
  /** The next capture of an `interval` sampling. */
  nextAt: number;
  /** The slowest call so far that was captured, milliseconds. */
  record: number;
  /** The last look at a false condition. */
  lookedAt: number;
  timings: Timings | undefined;
  /** Places that carry it. */
  places: number;
  /** The starts of a timer rest already; what was begun may still finish. */
  draining: boolean;
}

/** An action at one place. */
export interface LiveAction {
  wire: ProbeAction;
  state: ActionState;
}

export interface ActionStates {
  /** The action's state, new or as it was, for one more place. */
  take(wire: ProbeAction): ActionState;
  /** One place less; the last one forgets it. */
  release(action: LiveAction): void;
}

export function createActionStates(): ActionStates {
  const states = newMap<unknown, unknown>();
  return {
    take(wire) {
      const key = keyOf(wire);
      let state = mapGet(states, key) as ActionState | undefined;
      if (state === undefined) {
        state = newState(wire);
        mapSet(states, key, state);
      }
      state.places += 1;
      return state;
    },
    release({ wire, state }) {
      state.places -= 1;
      if (state.places > 0) return;
      mapDelete(states, keyOf(wire));
      state.timings?.close();
    },
  };
}

function keyOf(wire: ProbeAction): string {
  return `${wire.actionId} ${wire.revision}`;
}

function newState(wire: ProbeAction): ActionState {
  return {
    remaining: wire.remainingHits,
    // As if full; the first look at them fills them properly.
    tokens: wire.perSecond < 1 ? 1 : wire.perSecond,
    countedAt: 0,
    finished: false,
    usedMicros: 0,
    windowStart: 0,
    groups: undefined,
    seen: undefined,
    nextAt: 0,
    record: 0,
    lookedAt: 0,
    timings: wire.timed === undefined ? undefined : createTimings(wire.timed.concurrent),
    places: 0,
    draining: false,
  };
}

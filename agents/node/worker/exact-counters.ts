/**
 * Counters at lines that were instrumented at load: the service counts by itself, about a nanosecond each, and this side only
 * says where, and reads. What was counted goes to the action's own memory, so that points and statuses are made as always.
 */

import type { Action } from '@stillframe/protocol/action';
import { MAX_COUNTED, type SharedSites } from '../shared/instrumentation.ts';
import { bankStart, HEADER } from '../shared/measure-buffer.ts';
import { COUNT, COUNTS_PER_SLOT, type ProbeAction } from '../shared/probe-messages.ts';

export interface ExactCounters {
  /** False when too many sites are counted already. */
  add(site: number, action: ProbeAction): boolean;
  /** Takes over what was counted since; also whether the action is counted here at all. */
  read(site: number, actionId: string): boolean;
  remove(site: number, actionId: string): void;
}

/** Everything a site needs to know is that it was reached. */
export function canCountExactly({ kind, condition, expression }: Action | ProbeAction): boolean {
  return kind === 'counter' && condition === undefined && expression === undefined;
}

interface Counted {
  /** Byte of the site, and index of its count. */
  at: number;
  actions: Map<string, { action: ProbeAction; seen: number }>;
}

export function createExactCounters(sites: SharedSites, counts: Int32Array): ExactCounters {
  const counted = new Map<number, Counted>();
  const free = Array.from({ length: MAX_COUNTED }, (_, at) => MAX_COUNTED - at);

  function pour({ at, actions }: Counted): void {
    const now = sites.counts[at] as number;
    for (const held of actions.values()) {
      const more = now - held.seen;
      held.seen = now;
      if (more === 0) continue;
      const { words } = held.action.measure as NonNullable<ProbeAction['measure']>;
      Atomics.add(words, bankStart('counts', Atomics.load(words, HEADER.active)), more);
      for (const which of [COUNT.evaluated, COUNT.matched, COUNT.captured])
        Atomics.add(counts, held.action.slot * COUNTS_PER_SLOT + which, more);
    }
  }

  return {
    add(site, action) {
      let place = counted.get(site);
      if (place === undefined) {
        const at = free.pop();
        if (at === undefined) return false;
        place = { at, actions: new Map() };
        counted.set(site, place);
        sites.armed[site] = at;
      }
      pour(place);
      place.actions.set(action.actionId, { action, seen: sites.counts[place.at] as number });
      return true;
    },
    read(site, actionId) {
      const place = counted.get(site);
      if (place?.actions.has(actionId) !== true) return false;
      pour(place);
      return true;
    },
    remove(site, actionId) {
      const place = counted.get(site);
      if (place === undefined) return;
      pour(place);
      place.actions.delete(actionId);
      if (place.actions.size > 0) return;
      sites.armed[site] = 0;
      counted.delete(site);
      free.push(place.at);
    },
  };
}

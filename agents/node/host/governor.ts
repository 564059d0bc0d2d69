/**
 * What the conditions cost the service, and when one must rest: an action that used up its share of a core, all of them
 * together, or one that cannot produce anything before some moment, so that its breakpoint would only cost.
 */
import type { ProcessBudgets } from '@stillframe/protocol/limits';
import { COUNT, COUNTS_PER_SLOT, type Probe, type Spent } from '../shared/probe-messages.ts';
import type { ActionState, LiveAction } from './action-state.ts';
import { atomicsAdd, monotonicMs } from './primordials.ts';
import { refill } from './rates.ts';

export interface LiveProbe {
  wire: Probe;
  actions: LiveAction[];
  /** It has run at least once. */
  warm: boolean;
  /** The worker was told to take the breakpoint out until then. */
  spentUntil: number;
}

export interface Governor {
  /** Adds up what a condition cost that began at `started`, and asks for a rest when it is due. */
  account(probe: LiveProbe, started: number, budgets: ProcessBudgets): void;
  /** What an action cost beyond its condition. */
  charge(action: LiveAction, micros: number): void;
  /** Microseconds all conditions have cost so far, V8's part included. */
  spentMicros(): number;
}

const WINDOW_MS = 1000;
/**
 * Taking a breakpoint out and putting it in again costs V8 the function's optimised code each time, so an action with many
 * tokens a second (a log) waits for a handful of them.
 */
const SHORTEST_REST_MS = 200;
/** Of its share, how much a timer may use beyond it for finishing what it has started. */
const OVERDRAFT = 2;
/** An expression ends within its budget; what the clock says beyond that went to other programs on the machine. */
const LONGEST_MEASURE_MICROS = 2_000;

export function createGovernor(counts: Int32Array, post: (message: Spent) => void): Governor {
  let total = 0;
  let processMicros = 0;
  let processWindow = 0;

  function account(probe: LiveProbe, started: number, budgets: ProcessBudgets): void {
    const now = monotonicMs();
    const own = (now - started) * 1000;
    total += own + probe.wire.lagMicros;
    // The first run compiles what later ones only run, and says nothing of what they cost.
    if (!probe.warm) {
      probe.warm = true;
      restIfSpent(probe, now);
      return;
    }
    const payer = payerOf(probe);
    if (payer === undefined) return;
    atomicsAdd(counts, payer.wire.slot * COUNTS_PER_SLOT + COUNT.micros, (own + probe.wire.lagMicros) | 0);
    const bounded = isMeasuring(payer) && own > LONGEST_MEASURE_MICROS ? LONGEST_MEASURE_MICROS : own;
    const micros = bounded + probe.wire.entryMicros;
    const { state } = payer;
    const share = budgets.cpuSharePerAction * WINDOW_MS * 1000;
    if (now - state.windowStart >= WINDOW_MS) {
      state.windowStart = now;
      state.usedMicros = 0;
    }
    if (now - processWindow >= WINDOW_MS) {
      processWindow = now;
      processMicros = 0;
    }
    state.usedMicros += micros;
    processMicros += micros;
    if (probe.spentUntil > now) {
      if (state.draining) restTimer(probe, payer, share, probe.spentUntil);
    } else if (state.usedMicros > share) restForCpu(probe, payer, state.windowStart + WINDOW_MS, share);
    else if (processMicros > budgets.cpuShare * WINDOW_MS * 1000)
      restForCpu(probe, payer, processWindow + WINDOW_MS, share);
    else restIfSpent(probe, now);
  }

  function restForCpu(probe: LiveProbe, payer: LiveAction, until: number, share: number): void {
    if (payer.wire.timed === undefined) {
      rest(probe, until, 'cpu');
      return;
    }
    probe.spentUntil = until;
    payer.state.draining = true;
    post({
      type: 'spent',
      probeId: probe.wire.id,
      untilMs: until,
      reason: 'cpu',
      timer: { actionId: payer.wire.actionId, ends: 'start' },
    });
    restTimer(probe, payer, share, until);
  }

  /** What has been started may still finish, unless that costs too much. */
  function restTimer(probe: LiveProbe, { wire, state }: LiveAction, share: number, least: number): void {
    if ((state.timings?.open() ?? 0) > 0 && state.usedMicros < share * (1 + OVERDRAFT)) return;
    state.draining = false;
    // What it used beyond its share is made up for.
    const paidOff = state.windowStart + (WINDOW_MS * state.usedMicros) / share;
    const until = paidOff > least ? paidOff : least;
    probe.spentUntil = until;
    post({
      type: 'spent',
      probeId: probe.wire.id,
      untilMs: until,
      reason: 'cpu',
      timer: { actionId: wire.actionId, ends: 'both' },
    });
  }

  /** No action here can produce anything before some moment: the breakpoint would only cost. */
  function restIfSpent(probe: LiveProbe, now: number): void {
    let due = Number.POSITIVE_INFINITY;
    for (let at = 0; at < probe.actions.length; at++) {
      const action = probe.actions[at] as LiveAction;
      if (action.state.finished) continue;
      const next = dueAt(action, now);
      if (next <= now) return;
      if (next < due) due = next;
    }
    if (due === Number.POSITIVE_INFINITY) rest(probe, due, 'finished');
    else if (due - now > 5) rest(probe, due - now < SHORTEST_REST_MS ? now + SHORTEST_REST_MS : due, 'rate');
  }

  function rest(probe: LiveProbe, untilMs: number, reason: Spent['reason']): void {
    probe.spentUntil = untilMs;
    post({ type: 'spent', probeId: probe.wire.id, untilMs, reason });
  }

  function charge({ wire, state }: LiveAction, micros: number): void {
    total += micros;
    state.usedMicros += micros;
    processMicros += micros;
    atomicsAdd(counts, wire.slot * COUNTS_PER_SLOT + COUNT.micros, micros | 0);
  }

  return { account, charge, spentMicros: () => total };
}

/** All actions of a place cost together; the first that is not finished carries it. */
function payerOf(probe: LiveProbe): LiveAction | undefined {
  for (let at = 0; at < probe.actions.length; at++) {
    const action = probe.actions[at] as LiveAction;
    if (!action.state.finished) return action;
  }
  return probe.actions[0];
}

export function isMeasuring({ wire }: LiveAction): boolean {
  return wire.kind !== 'snapshot' && wire.kind !== 'log';
}

/** When the action may produce something again; those that measure always may. */
function dueAt(action: LiveAction, now: number): number {
  if (isMeasuring(action)) return now;
  const { state, wire } = action;
  const byRate = rateDueAt(state, wire.perSecond, now);
  return byRate > state.nextAt ? byRate : state.nextAt;
}

function rateDueAt(state: ActionState, perSecond: number, now: number): number {
  // What has come in since the last capture counts: an execution that does not match must not start another rest.
  refill(state, perSecond, now);
  return state.tokens >= 1 ? now : now + ((1 - state.tokens) * 1000) / perSecond;
}

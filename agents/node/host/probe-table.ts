/**
 * What a breakpoint condition calls. `reached` runs in the service's thread, in the middle of the service's own code: it
 * evaluates, captures, measures and posts, and never throws. Nothing here waits. It returns false, so that V8 does not even
 * try to stop, except for a deep snapshot.
 */
import type { MessagePort } from 'node:worker_threads';
import { receiveMessageOnPort } from 'node:worker_threads';
import type { ProcessBudgets } from '@stillframe/protocol/limits';
import {
  CONTROL,
  COUNT,
  COUNTS_PER_SLOT,
  type HostCommand,
  type HostMessage,
  type Probe,
  type ProbeAction,
  type RawHit,
  type TimedPlace,
} from '../shared/probe-messages.ts';
import { createActionStates, type LiveAction } from './action-state.ts';
import { captureHit } from './capture-hit.ts';
import { type DeepCapture, NO_CALLERS, topLimits } from './deep-capture.ts';
import { environmentOf, failureText, type Readers, type ReadSelf } from './environment.ts';
import { type Environment, evaluateLive, isTrue } from './evaluate.ts';
import { ExpressionFailure } from './expression-failure.ts';
import { createGovernor, type LiveProbe } from './governor.ts';
import { lookAtParts } from './look-at-parts.ts';
import { countExecution, recordNumber } from './measure.ts';
import { groupOf, numberOf } from './measured-value.ts';
import {
  atomicsAdd,
  atomicsLoad,
  atomicsStore,
  mapDelete,
  mapGet,
  mapSet,
  monotonicMs,
  newMap,
} from './primordials.ts';
import { createProcessRates } from './rates.ts';
import { setRedaction } from './redaction.ts';
import { isWanted, remember, wantedValue } from './sampling.ts';
import { stackDepth } from './stack.ts';
import type { Timing } from './timings.ts';

export interface ProbeTableInput {
  commands: MessagePort;
  /** Posts to the worker; copied at start, so that a patched prototype is never used. */
  post: (message: HostMessage) => void;
  counts: Int32Array;
  control: Int32Array;
  deep: DeepCapture;
}

export type Reached = (probeId: number, readers: Readers, self?: () => unknown) => boolean;

/** Until the policy arrives; the figures of `DEFAULT_PROCESS_BUDGETS`, which this program may only import as types. */
const INITIAL_BUDGETS: ProcessBudgets = {
  snapshotsPerSecondPerAction: 1,
  snapshotsPerSecond: 10,
  logsPerSecondPerAction: 50,
  logsPerSecond: 500,
  bytesPerSecond: 262_144,
  cpuSharePerAction: 0.01,
  cpuShare: 0.03,
  queue: 1000,
};

/** One condition, while it is carried out. */
interface Reach {
  probe: LiveProbe;
  readers: Readers;
  self: ReadSelf;
  environment: Environment;
  started: number;
}

export function createProbeTable({ commands, post, counts, control, deep }: ProbeTableInput): Reached {
  const probes = newMap<unknown, unknown>();
  const states = createActionStates();
  const governor = createGovernor(counts, post);
  const rates = createProcessRates();
  /** Timings that this condition starts; the clock is read for them at its very end. */
  const begun: Timing[] = [];
  let begunCount = 0;
  let budgets: ProcessBudgets = INITIAL_BUDGETS;
  let busy = false;

  return (probeId, readers, self) => {
    if (busy) return false;
    busy = true;
    try {
      const started = monotonicMs();
      if (atomicsLoad(control, CONTROL.mailbox) !== 0) readCommands();
      const probe = mapGet(probes, probeId) as LiveProbe | undefined;
      if (probe !== undefined) reach(probe, readers, self, started);
    } catch {
      // Nothing of ours may reach the service; the status of the action shows that nothing arrives.
    } finally {
      busy = false;
    }
    return deep.takeAsked();
  };

  function readCommands(): void {
    atomicsStore(control, CONTROL.mailbox, 0);
    for (
      let received = receiveMessageOnPort(commands);
      received !== undefined;
      received = receiveMessageOnPort(commands)
    ) {
      apply(received.message as HostCommand);
    }
  }

  function apply(command: HostCommand): void {
    switch (command.command) {
      case 'set':
        setProbe(command.probe.id, command.probe);
        break;
      case 'remove':
        setProbe(command.probeId, undefined);
        break;
      case 'policy':
        budgets = command.budgets;
        setRedaction(command.redactedNames, command.redactedTypes);
    }
  }

  /** What unchanged actions have used up stays with them: the new probe takes their states before the old one lets go. */
  function setProbe(id: number, wire: Probe | undefined): void {
    const before = mapGet(probes, id) as LiveProbe | undefined;
    if (wire === undefined) mapDelete(probes, id);
    else mapSet(probes, id, liveProbe(wire, before?.warm === true));
    for (let at = 0; at < (before?.actions.length ?? 0); at++) states.release(before?.actions[at] as LiveAction);
  }

  function liveProbe(wire: Probe, warm: boolean): LiveProbe {
    const actions: LiveAction[] = [];
    for (let at = 0; at < wire.actions.length; at++) {
      const action = wire.actions[at] as ProbeAction;
      actions[at] = { wire: action, state: states.take(action) };
    }
    return { wire, actions, warm, spentUntil: 0 };
  }

  function reach(probe: LiveProbe, readers: Readers, self: ReadSelf, started: number): void {
    const reached: Reach = { probe, readers, self, environment: environmentOf(readers, self), started };
    begunCount = 0;
    for (let at = 0; at < probe.actions.length; at++) {
      const action = probe.actions[at] as LiveAction;
      if (!action.state.finished) carryOut(reached, action);
    }
    governor.account(probe, started, budgets);
    const spentMicros = governor.spentMicros();
    for (let at = 0; at < begunCount; at++) {
      const timing = begun[at] as Timing;
      timing.spentMicros = spentMicros;
      timing.at = monotonicMs();
    }
  }

  function carryOut(reached: Reach, action: LiveAction): void {
    const { wire } = action;
    if (reached.started >= wire.endsAt) {
      action.state.finished = true;
      return;
    }
    const depth = wire.timed === undefined ? 0 : depthFor(wire.timed);
    if (wire.timed?.end === 'finish') {
      finishTiming(reached, action, depth);
      return;
    }
    count(wire, COUNT.evaluated);
    if (!conditionHolds(reached, action)) {
      if (wire.timed !== undefined) action.state.timings?.skip(depth);
      return;
    }
    count(wire, COUNT.matched);
    if (wire.kind === 'counter') countGroup(reached, action);
    else if (wire.kind === 'metric') measureNumber(reached, action);
    else if (wire.timed !== undefined) startTiming(action, depth);
    else captureIfWanted(reached, action);
  }

  function conditionHolds({ environment, started }: Reach, action: LiveAction): boolean {
    const { wire, state } = action;
    if (wire.condition === undefined) return true;
    try {
      if (isTrue(evaluateLive(wire.condition, environment, wire.limits.expressionMs))) return true;
      const values = lookAtParts(wire, state, environment, started);
      if (values !== undefined) post({ type: 'seen', actionId: wire.actionId, revision: wire.revision, values });
    } catch (error) {
      fail(wire, error);
    }
    return false;
  }

  function countGroup({ environment }: Reach, { wire, state }: LiveAction): void {
    try {
      const { index, fresh } = groupOf(wire, state, environment);
      if (fresh !== undefined)
        post({ type: 'group', actionId: wire.actionId, revision: wire.revision, index, text: fresh });
      countExecution(wire.measure as NonNullable<ProbeAction['measure']>, index);
      count(wire, COUNT.captured);
    } catch (error) {
      fail(wire, error);
    }
  }

  function measureNumber({ environment }: Reach, { wire }: LiveAction): void {
    try {
      recordNumber(wire.measure as NonNullable<ProbeAction['measure']>, numberOf(wire, environment));
      count(wire, COUNT.captured);
    } catch (error) {
      fail(wire, error);
    }
  }

  function startTiming({ wire, state }: LiveAction, depth: number): void {
    if (depth >= 0 && state.timings !== undefined) begun[begunCount++] = state.timings.start(depth);
    else fail(wire, new ExpressionFailure('The stack is too deep, or the service replaced what it is read by'));
  }

  function finishTiming(reached: Reach, action: LiveAction, depth: number): void {
    const { wire, state } = action;
    const { probe, started } = reached;
    const concurrent = wire.timed?.concurrent === true;
    const timing = state.timings?.finish(depth);
    const lag = probe.warm ? probe.wire.lagMicros : probe.wire.firstLagMicros;
    if (timing === undefined || lag < 0) return;
    // What other conditions in between have cost; in another execution's time they may have cost this one nothing.
    const others = concurrent ? 0 : governor.spentMicros() - timing.spentMicros;
    const ms = started - timing.at - (lag + others) / 1000;
    const spent = ms > 0 ? ms : 0;
    recordNumber(wire.measure as NonNullable<ProbeAction['measure']>, spent);
    count(wire, COUNT.captured);
    if (wire.sampling?.by === 'slowest') captureIfSlow(reached, action, spent);
  }

  /** A snapshot of the end of a call that is slower than any before. It is a hit beside the measurement. */
  function captureIfSlow(reached: Reach, action: LiveAction, ms: number): void {
    const { wire, state } = action;
    if (wire.sampling?.by !== 'slowest' || state.remaining <= 0) return;
    if (ms <= (wire.sampling.aboveMs ?? state.record)) return;
    if (!rates.take(state, wire.perSecond, false, budgets, reached.started)) {
      count(wire, COUNT.rateLimited);
      return;
    }
    if (postHit(reached, action, ms)) state.record = ms;
  }

  function captureIfWanted(reached: Reach, action: LiveAction): void {
    const { wire, state } = action;
    const { environment, started } = reached;
    let value: string | undefined;
    try {
      if (!isWanted(state, started)) {
        count(wire, COUNT.rateLimited);
        return;
      }
      value = wantedValue(wire, state, environment);
    } catch (error) {
      fail(wire, error);
      return;
    }
    if (value === undefined || !rates.take(state, wire.perSecond, wire.kind === 'log', budgets, started)) {
      count(wire, COUNT.rateLimited);
      return;
    }
    if (!postHit(reached, action, undefined)) return;
    count(wire, COUNT.captured);
    if (remember(wire, state, value, started))
      post({ type: 'distinctFull', actionId: wire.actionId, revision: wire.revision });
    if (state.remaining <= 0) state.finished = true;
  }

  function postHit(reached: Reach, action: LiveAction, tookMs: number | undefined): boolean {
    const { wire, state } = action;
    const { probe, readers, self, environment, started } = reached;
    if (atomicsLoad(control, CONTROL.queued) >= budgets.queue) {
      count(wire, COUNT.dropped);
      return false;
    }
    const { limits } = wire;
    const isDeep = wire.kind === 'snapshot' && limits.framesWithLocals > 1;
    const obstacle = isDeep ? deep.obstacle(wire.actionId, limits) : NO_CALLERS;
    const { hit, table } = captureHit({
      probe: probe.wire,
      action: obstacle === undefined ? { ...wire, limits: topLimits(limits) } : wire,
      readers,
      self,
      environment,
      started,
      tookMs,
      onFailure: (error) => fail(wire, error),
    });
    state.remaining -= 1;
    atomicsAdd(control, CONTROL.queued, 1);
    if (obstacle === undefined) {
      deep.begin({
        hit,
        table,
        limits,
        started,
        settle: (micros) => settleDeep(probe, action, hit, table.bytes, micros),
      });
      return true;
    }
    if (obstacle !== NO_CALLERS) hit.callersNote = obstacle;
    rates.spendBytes(table.bytes);
    hit.heldUpMicros = (monotonicMs() - started) * 1000 + probe.wire.entryMicros;
    post(hit);
    return true;
  }

  function settleDeep(probe: LiveProbe, action: LiveAction, hit: RawHit, bytes: number, micros: number): void {
    governor.charge(action, micros);
    rates.spendBytes(bytes);
    hit.heldUpMicros = micros + probe.wire.entryMicros;
    post(hit);
  }

  function fail(wire: ProbeAction, error: unknown): void {
    count(wire, COUNT.failed);
    // The same failure on a hot line would be thousands of messages; the first of each window says it.
    const failures = atomicsLoad(counts, wire.slot * COUNTS_PER_SLOT + COUNT.failed);
    if (failures < 4 || failures % 1000 === 0)
      post({ type: 'failed', actionId: wire.actionId, error: failureText(error) });
  }

  function count(wire: ProbeAction, which: number): void {
    atomicsAdd(counts, wire.slot * COUNTS_PER_SLOT + which, 1);
  }
}

/** Both ends look from here, so that the same execution is as deep at both. Overlapping ones are told apart by context. */
function depthFor({ end, concurrent }: TimedPlace): number {
  return concurrent && end === 'finish' ? 0 : stackDepth();
}

/**
 * What a breakpoint condition calls. `reached` runs in the service's thread, in the middle of the service's own code: it
 * evaluates, captures and posts, always returns false, and never throws. Nothing here waits.
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
  type MessagePart,
  type Probe,
  type ProbeAction,
  type RawHit,
  type VisibleName,
  type WatchedExpression,
} from '../shared/probe-messages.ts';
import { scalarText } from './arithmetic.ts';
import { addMissing, addRedacted, addValue, type Capture, finishCapture, startCapture } from './capture.ts';
import { type Environment, evaluateLive, isTrue } from './evaluate.ts';
import { ExpressionFailure } from './expression-failure.ts';
import {
  atomicsAdd,
  atomicsLoad,
  atomicsStore,
  epochMs,
  hasOwn,
  mapGet,
  mapSet,
  monotonicMs,
  stringSlice,
  stringStartsWith,
} from './primordials.ts';
import { isRedactedName, setRedaction } from './redaction.ts';
import { takeStack } from './stack.ts';
import { readTraceparent } from './trace-context.ts';

export interface ProbeTableInput {
  commands: MessagePort;
  /** Posts to the worker; copied at start, so that a patched prototype is never used. */
  post: (message: HostMessage) => void;
  counts: Int32Array;
  control: Int32Array;
}

/** Reads of variables, as the condition passes them: each may throw what V8 throws. */
type Readers = Record<string, () => unknown>;

export type Reached = (probeId: number, readers: Readers, self?: () => unknown) => false;

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

const WINDOW_MS = 1000;
/**
 * Taking a breakpoint out and putting it in again costs V8 the function's optimised code each time, so an action with many
 * tokens a second (a log) waits for a handful of them.
 */
const SHORTEST_REST_MS = 200;

interface LiveAction {
  wire: ProbeAction;
  remaining: number;
  /** Tokens of the action's own rate, and when they were last counted. */
  tokens: number;
  countedAt: number;
  finished: boolean;
}

interface LiveProbe {
  wire: Probe;
  actions: LiveAction[];
  /** Microseconds used in the window that began at `windowStart`. */
  usedMicros: number;
  windowStart: number;
  /** It has run at least once. */
  warm: boolean;
  /** The worker was told to take the breakpoint out until then. */
  spentUntil: number;
}

export function createProbeTable({ commands, post, counts, control }: ProbeTableInput): Reached {
  const probes = new Map<number, LiveProbe>();
  let budgets: ProcessBudgets = INITIAL_BUDGETS;
  let busy = false;
  const snapshotBucket = { tokens: INITIAL_BUDGETS.snapshotsPerSecond, countedAt: 0 };
  const logBucket = { tokens: INITIAL_BUDGETS.logsPerSecond, countedAt: 0 };
  const byteBucket = { tokens: INITIAL_BUDGETS.bytesPerSecond, countedAt: 0 };
  let processMicros = 0;
  let processWindow = 0;

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
    return false;
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
        mapSet(
          probes,
          command.probe.id,
          liveProbe(command.probe, mapGet(probes, command.probe.id) as LiveProbe | undefined),
        );
        break;
      case 'remove':
        mapSet(probes, command.probeId, undefined);
        break;
      case 'policy':
        budgets = command.budgets;
        setRedaction(command.redactedNames, command.redactedTypes);
    }
  }

  function reach(probe: LiveProbe, readers: Readers, self: (() => unknown) | undefined, started: number): void {
    const environment = environmentOf(readers, self);
    for (let at = 0; at < probe.actions.length; at++) {
      const action = probe.actions[at] as LiveAction;
      if (!action.finished) carryOut(probe, action, readers, self, environment, started);
    }
    account(probe, started);
  }

  function carryOut(
    probe: LiveProbe,
    action: LiveAction,
    readers: Readers,
    self: (() => unknown) | undefined,
    environment: Environment,
    started: number,
  ): void {
    const { wire } = action;
    if (started >= wire.endsAt) {
      action.finished = true;
      return;
    }
    count(wire, COUNT.evaluated);
    if (wire.condition !== undefined && !conditionHolds(wire, environment)) return;
    count(wire, COUNT.matched);
    if (!takeTokens(action, started)) {
      count(wire, COUNT.rateLimited);
      return;
    }
    if (atomicsLoad(control, CONTROL.queued) >= budgets.queue) {
      count(wire, COUNT.dropped);
      return;
    }
    const hit = capture(probe.wire, wire, readers, self, environment, started);
    action.remaining -= 1;
    if (action.remaining <= 0) action.finished = true;
    count(wire, COUNT.captured);
    atomicsAdd(control, CONTROL.queued, 1);
    hit.heldUpMicros = (monotonicMs() - started) * 1000 + probe.wire.entryMicros;
    post(hit);
  }

  function conditionHolds(wire: ProbeAction, environment: Environment): boolean {
    try {
      return isTrue(
        evaluateLive(wire.condition as NonNullable<ProbeAction['condition']>, environment, wire.limits.expressionMs),
      );
    } catch (error) {
      fail(wire, error);
      return false;
    }
  }

  function fail(wire: ProbeAction, error: unknown): void {
    count(wire, COUNT.failed);
    // The same failure on a hot line would be thousands of messages; the first of each window says it.
    const failures = atomicsLoad(counts, wire.slot * COUNTS_PER_SLOT + COUNT.failed);
    if (failures < 4 || failures % 1000 === 0)
      post({ type: 'failed', actionId: wire.actionId, error: failureText(error) });
  }

  function takeTokens(action: LiveAction, now: number): boolean {
    refill(action, action.wire.perSecond, action.wire.perSecond, now);
    const log = action.wire.kind === 'log';
    const shared = log ? logBucket : snapshotBucket;
    const rate = log ? budgets.logsPerSecond : budgets.snapshotsPerSecond;
    refill(shared, rate, rate, now);
    refill(byteBucket, budgets.bytesPerSecond, budgets.bytesPerSecond, now);
    if (action.tokens < 1 || shared.tokens < 1 || byteBucket.tokens <= 0) return false;
    action.tokens -= 1;
    shared.tokens -= 1;
    return true;
  }

  function capture(
    probe: Probe,
    wire: ProbeAction,
    readers: Readers,
    self: (() => unknown) | undefined,
    environment: Environment,
    started: number,
  ): RawHit {
    const table = startCapture(wire.limits, started + wire.limits.captureMs);
    const watches = captureWatches(table, wire.watches, environment, wire.limits.expressionMs);
    const hit: RawHit = {
      type: 'hit',
      probeId: probe.id,
      actionId: wire.actionId,
      revision: wire.revision,
      at: epochMs(),
      frames: takeStack(wire.kind === 'log' ? 1 : wire.limits.frames),
      scopes: wire.kind === 'snapshot' ? captureScopes(table, probe, readers, self) : [],
      watches,
      values: table.values,
      missing: table.missing,
      heldUpMicros: 0,
    };
    if (wire.template !== undefined) hit.message = captureTemplate(table, wire, environment);
    finishCapture(table);
    byteBucket.tokens -= table.bytes;
    const traceparent = readTraceparent();
    if (traceparent !== undefined) hit.traceparent = traceparent;
    return hit;
  }

  function captureTemplate(table: Capture, wire: ProbeAction, environment: Environment): MessagePart[] {
    const template = wire.template as NonNullable<ProbeAction['template']>;
    const parts: MessagePart[] = [];
    for (let at = 0; at < template.length; at++) {
      const part = template[at] as string | WatchedExpression;
      parts[at] = typeof part === 'string' ? part : templatePart(table, part, wire, environment);
    }
    return parts;
  }

  function templatePart(
    table: Capture,
    part: WatchedExpression,
    wire: ProbeAction,
    environment: Environment,
  ): MessagePart {
    try {
      const value = evaluateLive(part.tree, environment, wire.limits.expressionMs);
      const inner =
        (typeof value === 'object' && value !== null) || typeof value === 'function' || typeof value === 'symbol';
      if (!inner && (typeof value !== 'string' || value.length <= wire.limits.string)) return scalarText(value);
      return { value: addValue(table, value, 0) };
    } catch (error) {
      fail(wire, error);
      return `{${failureText(error)}}`;
    }
  }

  /** Adds up what this probe costs, and asks for a rest when it or all of them together used up their share. */
  function account(probe: LiveProbe, started: number): void {
    const now = monotonicMs();
    const micros = (now - started) * 1000 + probe.wire.entryMicros;
    // The first run compiles what later ones only run, and says nothing of what they cost.
    if (!probe.warm) {
      probe.warm = true;
      restIfSpent(probe, now);
      return;
    }
    const first = probe.actions[0];
    if (first !== undefined) atomicsAdd(counts, first.wire.slot * COUNTS_PER_SLOT + COUNT.micros, micros | 0);
    if (now - probe.windowStart >= WINDOW_MS) {
      probe.windowStart = now;
      probe.usedMicros = 0;
    }
    if (now - processWindow >= WINDOW_MS) {
      processWindow = now;
      processMicros = 0;
    }
    probe.usedMicros += micros;
    processMicros += micros;
    if (probe.spentUntil > now) return;
    if (probe.usedMicros > budgets.cpuSharePerAction * WINDOW_MS * 1000)
      rest(probe, probe.windowStart + WINDOW_MS, 'cpu');
    else if (processMicros > budgets.cpuShare * WINDOW_MS * 1000) rest(probe, processWindow + WINDOW_MS, 'cpu');
    else restIfSpent(probe, now);
  }

  /** No action here can produce anything before some moment: the breakpoint would only cost. */
  function restIfSpent(probe: LiveProbe, now: number): void {
    let due = Number.POSITIVE_INFINITY;
    for (let at = 0; at < probe.actions.length; at++) {
      const action = probe.actions[at] as LiveAction;
      if (action.finished) continue;
      if (action.tokens >= 1) return;
      const next = now + ((1 - action.tokens) * 1000) / action.wire.perSecond;
      if (next < due) due = next;
    }
    if (due === Number.POSITIVE_INFINITY) rest(probe, due, 'finished');
    else if (due - now > 5) rest(probe, due - now < SHORTEST_REST_MS ? now + SHORTEST_REST_MS : due, 'rate');
  }

  function rest(probe: LiveProbe, untilMs: number, reason: 'rate' | 'cpu' | 'finished'): void {
    probe.spentUntil = untilMs;
    post({ type: 'spent', probeId: probe.wire.id, untilMs, reason });
  }

  function count(wire: ProbeAction, which: number): void {
    atomicsAdd(counts, wire.slot * COUNTS_PER_SLOT + which, 1);
  }
}

/** A probe that is set again keeps what its unchanged actions have used up. */
function liveProbe(wire: Probe, before: LiveProbe | undefined): LiveProbe {
  const actions: LiveAction[] = [];
  for (let at = 0; at < wire.actions.length; at++) {
    const action = wire.actions[at] as ProbeAction;
    const old = before === undefined ? undefined : findAction(before, action);
    actions[at] =
      old === undefined
        ? { wire: action, remaining: action.remainingHits, tokens: action.perSecond, countedAt: 0, finished: false }
        : { ...old, wire: action };
  }
  return {
    wire,
    actions,
    usedMicros: before?.usedMicros ?? 0,
    windowStart: before?.windowStart ?? 0,
    warm: before?.warm ?? false,
    spentUntil: 0,
  };
}

function findAction(probe: LiveProbe, wanted: ProbeAction): LiveAction | undefined {
  for (let at = 0; at < probe.actions.length; at++) {
    const action = probe.actions[at] as LiveAction;
    if (action.wire.actionId === wanted.actionId && action.wire.revision === wanted.revision) return action;
  }
  return undefined;
}

function refill(bucket: { tokens: number; countedAt: number }, perSecond: number, most: number, now: number): void {
  const gained = bucket.countedAt === 0 ? most : ((now - bucket.countedAt) / 1000) * perSecond;
  bucket.tokens = bucket.tokens + gained < most ? bucket.tokens + gained : most;
  bucket.countedAt = now;
}

function environmentOf(readers: Readers, self: (() => unknown) | undefined): Environment {
  return {
    variable(name) {
      const read = readerOf(readers, name);
      if (read === undefined) throw new ExpressionFailure(`There is no variable "${name}" here`);
      return readVariable(name, read);
    },
    self() {
      if (self === undefined) throw new ExpressionFailure('There is no "this" here');
      return readVariable('this', self);
    },
  };
}

/** V8 throws for variables that are not initialised yet, and for those that no closure kept. */
function readVariable(name: string, read: () => unknown): unknown {
  try {
    return read();
  } catch {
    throw new ExpressionFailure(`"${name}" is not available here: not initialised yet, or not kept by any closure`);
  }
}

function captureWatches(
  table: Capture,
  watches: readonly WatchedExpression[],
  environment: Environment,
  budgetMs: number,
): RawHit['watches'] {
  const results: RawHit['watches'] = [];
  for (let at = 0; at < watches.length; at++) {
    const watch = watches[at] as WatchedExpression;
    try {
      results[at] = { text: watch.text, value: addValue(table, evaluateLive(watch.tree, environment, budgetMs), 0) };
    } catch (error) {
      results[at] = { text: watch.text, error: failureText(error) };
    }
  }
  return results;
}

function failureText(error: unknown): string {
  return error instanceof ExpressionFailure ? error.message : 'The expression could not be evaluated';
}

const SCOPES = ['arguments', 'locals', 'closure', 'module'] as const;

function captureScopes(
  table: Capture,
  probe: Probe,
  readers: Readers,
  self: (() => unknown) | undefined,
): RawHit['scopes'] {
  const scopes: RawHit['scopes'] = [];
  for (let scope = 0; scope < SCOPES.length; scope++) {
    const kind = SCOPES[scope] as VisibleName['kind'];
    const variables: RawHit['scopes'][number]['variables'] = [];
    for (let at = 0; at < probe.names.length; at++) {
      const visible = probe.names[at] as VisibleName;
      if (visible.kind !== kind || stringStartsWith(visible.name, 'this.')) continue;
      variables[variables.length] = {
        name: visible.name,
        value: captureVariable(table, visible.name, readerOf(readers, visible.name), visible.unavailable),
      };
    }
    if (variables.length > 0) scopes[scopes.length] = { kind, variables };
    if (kind === 'locals' && probe.hasThis && self !== undefined && isTelling(self)) {
      scopes[scopes.length] = { kind: 'this', variables: captureSelf(table, probe, readers, self) };
    }
  }
  return scopes;
}

/** A plain function's `this` is undefined or the global object, which tells nothing. */
function isTelling(self: () => unknown): boolean {
  try {
    const value = self();
    return value !== undefined && value !== globalThis;
  } catch {
    // A constructor before `super()`: the scope says that it is not available.
    return true;
  }
}

/** `this`, and beside it the private fields its class declares, which no reflection can list. */
function captureSelf(
  table: Capture,
  probe: Probe,
  readers: Readers,
  self: () => unknown,
): RawHit['scopes'][number]['variables'] {
  const variables = [{ name: 'this', value: captureVariable(table, 'this', self) }];
  for (let at = 0; at < probe.names.length; at++) {
    const { name } = probe.names[at] as VisibleName;
    if (!stringStartsWith(name, 'this.#')) continue;
    const shown = stringSlice(name, 5);
    variables[variables.length] = { name: shown, value: captureVariable(table, shown, readerOf(readers, name)) };
  }
  return variables;
}

/** Own only: `constructor` and `toString` are there in every object. */
function readerOf(readers: Readers, name: string): (() => unknown) | undefined {
  return hasOwn(readers, name) ? readers[name] : undefined;
}

function captureVariable(
  table: Capture,
  name: string,
  read: (() => unknown) | undefined,
  unavailable = 'not readable here',
): number {
  if (isRedactedName(name)) return addRedacted(table, `name ${name}`);
  if (read === undefined) return addMissing(table, { reason: 'unavailable', detail: unavailable });
  let value: unknown;
  try {
    value = read();
  } catch {
    return addMissing(table, { reason: 'unavailable', detail: 'not initialised yet, or not kept by any closure' });
  }
  return addValue(table, value, 0);
}

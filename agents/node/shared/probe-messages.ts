/**
 * What the two halves of the agent say to each other. The worker writes commands to a port that the host reads
 * synchronously inside a breakpoint condition, so a service that never returns to its event loop is served too; the host
 * posts captures to the worker. Counts live in shared memory, so that counting costs no message.
 */
import type { MessagePort } from 'node:worker_threads';
import type { ActionKind } from '@stillframe/protocol/action';
import type { ExpressionNode } from '@stillframe/protocol/expression';
import type { CaptureLimits, ProcessBudgets } from '@stillframe/protocol/limits';
import type { Health, SeenValue } from '@stillframe/protocol/status';
import type { CapturedValue, MissingReason, Variable } from '@stillframe/protocol/values';
import type { RawCaller } from './deep-messages.ts';
import type { SharedSites } from './instrumentation.ts';
import type { MeasureBuffer } from './measure-buffer.ts';

/** One variable in scope at the line; `kind` is the scope it is shown in. */
export interface VisibleName {
  name: string;
  kind: 'arguments' | 'locals' | 'closure' | 'module';
  /** Why it cannot be read here, where that is known beforehand. */
  unavailable?: string;
}

export interface WatchedExpression {
  text: string;
  tree: ExpressionNode;
}

/** An action as the host carries it out. */
export interface ProbeAction {
  /** Index of its counts in shared memory. */
  slot: number;
  actionId: string;
  revision: number;
  kind: ActionKind;
  condition?: ExpressionNode;
  /** What is looked at when the condition is false, to tell why. */
  conditionParts?: WatchedExpression[];
  watches: WatchedExpression[];
  template?: (string | WatchedExpression)[];
  /** The number of a metric; the grouping of a counter. */
  expression?: ExpressionNode;
  /** Where a kind that measures writes. */
  measure?: MeasureBuffer;
  /** Of a timer: which end of what is timed this place is. */
  timed?: TimedPlace;
  sampling?: ProbeSampling;
  limits: CaptureLimits;
  /** Captures this process may still make. */
  remainingHits: number;
  /** When it ends by itself, on the host's monotonic clock (milliseconds since the agent's time origin). */
  endsAt: number;
  perSecond: number;
}

export interface TimedPlace {
  end: 'start' | 'finish';
  /** Other executions may run between the two ends: they are paired by async context instead of by the stack. */
  concurrent: boolean;
}

export type ProbeSampling =
  | { by: 'interval'; everyMs: number }
  | { by: 'distinct'; tree: ExpressionNode; most: number }
  | { by: 'slowest'; aboveMs?: number | undefined };

/** One breakpoint location with all actions at it. */
export interface Probe {
  id: number;
  names: VisibleName[];
  hasThis: boolean;
  /** Microseconds V8 spends around one condition here; depends on the function's length. */
  entryMicros: number;
  /** The same as measured on this machine, for timers and scaled counts; and with what the very first condition takes. */
  lagMicros: number;
  firstLagMicros: number;
  actions: ProbeAction[];
}

export type HostCommand =
  | { command: 'set'; probe: Probe }
  | { command: 'remove'; probeId: number }
  | { command: 'policy'; budgets: ProcessBudgets; redactedNames: string[]; redactedTypes: string[] };

/** The text parts of a log: literal text, a scalar as text, or a captured value. */
export type MessagePart = string | { value: number };

/** A function's position in executed code. */
export interface RawFrame {
  function: string;
  /** URL or path of the executed script. */
  script: string;
  line: number;
  column: number;
  async: boolean;
  /** Of a deep snapshot. */
  caller?: RawCaller;
}

export interface RawHit {
  type: 'hit';
  probeId: number;
  actionId: string;
  revision: number;
  at: number;
  traceparent?: string;
  message?: MessagePart[];
  frames: RawFrame[];
  scopes: { kind: VisibleName['kind'] | 'this'; variables: Variable[] }[];
  watches: { text: string; value?: number; error?: string }[];
  values: CapturedValue[];
  missing: Partial<Record<MissingReason, number>>;
  heldUpMicros: number;
  /** Of a deep snapshot: why the callers' variables are not there. */
  callersNote?: string;
}

/** Nothing more can be produced at this location before `untilMs`; the worker takes the breakpoint out till then. */
export interface Spent {
  type: 'spent';
  probeId: number;
  untilMs: number;
  reason: 'rate' | 'cpu' | 'finished';
  /** Of a timer, all places of which rest together; the starts first, so that what is being timed can still finish. */
  timer?: { actionId: string; ends: 'start' | 'both' };
}

/** A counter met a new group; its counts are at this index of the buffer from now on. */
export interface GroupSeen {
  type: 'group';
  actionId: string;
  revision: number;
  index: number;
  text: string;
}

/** What the parts of a condition were when it was false. */
export interface ValuesSeen {
  type: 'seen';
  actionId: string;
  revision: number;
  values: SeenValue[];
}

/** A `distinct` sampling remembers as many values as it may; it captures nothing more. */
export interface DistinctFull {
  type: 'distinctFull';
  actionId: string;
  revision: number;
}

export interface EvaluationFailed {
  type: 'failed';
  actionId: string;
  error: string;
}

export interface ModuleSeen {
  type: 'module';
  /** URL (`file:`) or absolute path. */
  url: string;
}

/** A module that was to be instrumented loaded as it is. */
export interface ModuleLeft {
  type: 'left';
  path: string;
  problem: string;
}

/** Worker → host, by the event loop: a condition may not come by for a long time. Watches the service under this name, or no more. */
export interface HealthCommand {
  command: 'health';
  watch: string;
  on: boolean;
}

/** About once a second for each watch, from its beginning on. */
export interface HealthReport {
  type: 'health';
  watch: string;
  health: Health;
}

export type HostMessage =
  | RawHit
  | Spent
  | EvaluationFailed
  | ModuleSeen
  | ModuleLeft
  | GroupSeen
  | ValuesSeen
  | DistinctFull
  | HealthReport;

/** Counts per action slot in the shared Int32Array. */
export const COUNT = {
  evaluated: 0,
  matched: 1,
  rateLimited: 2,
  captured: 3,
  dropped: 4,
  failed: 5,
  /** Of the service's thread, V8's part included. */
  micros: 6,
} as const;
export const COUNTS_PER_SLOT = 8;
export const MAX_SLOTS = 1000;

/** Indexes of the control words in the other shared Int32Array. */
export const CONTROL = {
  /** 1: commands wait in the port. */
  mailbox: 0,
  /** 0 running, 1 the process is exiting, 2 the worker has let go. */
  exit: 1,
  /** Captures waiting in the worker's queue; the host drops beyond the budget instead of posting. */
  queued: 2,
} as const;

/** What the worker is started with. */
export interface WorkerInput {
  settings: WorkerSettings;
  commands: MessagePort;
  counts: Int32Array;
  control: Int32Array;
  /** Property of `globalThis` under which the condition finds the runtime. */
  entryName: string;
  /** Modules that were loaded before the agent. */
  loaded: string[];
  /** Where modules are instrumented as they load. */
  sites?: SharedSites;
  /** Where Node's loader thread tells of ES modules, on versions without synchronous hooks. */
  loaderPort?: MessagePort;
}

export interface WorkerSettings {
  url: string;
  /** Where the key comes from; read in the worker, so that it is never in the service's own objects. */
  key: { text: string } | { file: string } | undefined;
  id: string;
  name: string;
  tags: string[];
  repository?: string;
  commit?: string;
  build?: string;
  allowLargeScripts: boolean;
  /** Absolute patterns, or such that begin with `**`, of modules to instrument as they load. */
  instrument: string[];
  agentVersion: string;
  workingDirectory: string;
  /** The host's `performance.timeOrigin`, so that both halves tell the same monotonic time. */
  timeOrigin: number;
}

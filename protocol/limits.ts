/**
 * Every budget by name: the default and the hard maximum an action may ask for. Agents clamp to `MAXIMUM_*` whatever
 * the server says. Times are milliseconds, sizes are bytes unless the name says otherwise.
 * Sources of the figures: design notes "The agents" (peers' limits compared, measured on each runtime).
 */
import { z } from 'zod';

export const CaptureLimits = z.object({
  /** Levels below a variable that are followed. */
  depth: z.int().min(0).max(6),
  /** Elements of an array, set or map. */
  collection: z.int().min(0).max(500),
  /** Properties of one object. */
  fields: z.int().min(0).max(200),
  /** Characters of one string. */
  string: z.int().min(0).max(4096),
  /** Objects and primitives of one hit, all variables together. */
  nodes: z.int().min(1).max(5000),
  /** Stack frames. */
  frames: z.int().min(1).max(64),
  /** Frames, from the top, whose variables are captured. */
  framesWithLocals: z.int().min(1).max(5),
  /** Serialised size of one hit. */
  bytes: z.int().min(1024).max(524_288),
  /** Time the service may be held up for one capture. */
  captureMs: z.number().min(0.1).max(50),
  /** Time one expression may take. */
  expressionMs: z.number().min(0.1).max(10),
});
export type CaptureLimits = z.infer<typeof CaptureLimits>;

export const DEFAULT_CAPTURE_LIMITS: CaptureLimits = {
  depth: 3,
  collection: 100,
  fields: 50,
  string: 256,
  nodes: 1000,
  frames: 20,
  framesWithLocals: 1,
  bytes: 65_536,
  captureMs: 5,
  expressionMs: 1,
};

export const MAXIMUM_CAPTURE_LIMITS: CaptureLimits = {
  depth: 6,
  collection: 500,
  fields: 200,
  string: 4096,
  nodes: 5000,
  frames: 64,
  framesWithLocals: 5,
  bytes: 524_288,
  captureMs: 50,
  expressionMs: 10,
};

/** Rates and totals; part of the policy the server pushes. */
export const ProcessBudgets = z.object({
  snapshotsPerSecondPerAction: z.number().positive(),
  snapshotsPerSecond: z.number().positive(),
  logsPerSecondPerAction: z.number().positive(),
  logsPerSecond: z.number().positive(),
  bytesPerSecond: z.number().positive(),
  /** Share of one core, 0.01 = 1 %. */
  cpuSharePerAction: z.number().positive().max(1),
  cpuShare: z.number().positive().max(1),
  /** Hits waiting to be sent or acknowledged; the newest are dropped, and counted, beyond it. */
  queue: z.int().positive(),
});
export type ProcessBudgets = z.infer<typeof ProcessBudgets>;

export const DEFAULT_PROCESS_BUDGETS: ProcessBudgets = {
  snapshotsPerSecondPerAction: 1,
  snapshotsPerSecond: 10,
  logsPerSecondPerAction: 50,
  logsPerSecond: 500,
  bytesPerSecond: 262_144,
  cpuSharePerAction: 0.01,
  cpuShare: 0.03,
  queue: 1000,
};

export const DEFAULT_LIFETIME_MS = 3_600_000;
export const MAXIMUM_LIFETIME_MS = 86_400_000;
export const DEFAULT_MAX_HITS: Readonly<Record<'snapshot' | 'log', number>> = { snapshot: 10, log: 1000 };
export const MAXIMUM_MAX_HITS = 100_000;

/** Bytes of one message on the wire, both directions. Larger ones close the connection with code 1009. */
export const MAX_MESSAGE_BYTES = 8_388_608;
/** Characters of an expression or template as typed. */
export const MAX_EXPRESSION_LENGTH = 2048;
/** Nodes and nesting of a parsed expression. */
export const MAX_EXPRESSION_NODES = 500;
export const MAX_EXPRESSION_DEPTH = 64;
/** Watch expressions of one action. */
export const MAX_WATCHES = 20;

/** What a developer placed at a source line. `ActionDraft` is what an editor sends; `Action` is what agents get. */
import { z } from 'zod';
import { Dialect, Expression, Template } from './expression.ts';
import { CaptureLimits, MAX_EXPRESSION_LENGTH, MAX_WATCHES, MAXIMUM_LIFETIME_MS, MAXIMUM_MAX_HITS } from './limits.ts';

export const ActionId = z.string().min(1).max(64);
export type ActionId = z.infer<typeof ActionId>;

export const ActionKind = z.enum(['snapshot', 'log', 'counter', 'tictoc', 'duration', 'metric']);
export type ActionKind = z.infer<typeof ActionKind>;

export const Tag = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.:/=-]{0,99}$/, {
  error: 'A tag starts with a letter or digit and holds letters, digits and _ . : / = - (100 at most)',
});
export type Tag = z.infer<typeof Tag>;

/** Where an action goes. `tags`: agents that carry all of them. `agent`: a name or an id. `all`: whoever has the file. */
export const Target = z.discriminatedUnion('by', [
  z.object({ by: z.literal('agent'), agent: z.string().min(1).max(200) }),
  z.object({ by: z.literal('tags'), tags: z.array(Tag).min(1).max(20) }),
  z.object({ by: z.literal('source'), source: z.string().min(1).max(200) }),
  z.object({ by: z.literal('all') }),
]);
export type Target = z.infer<typeof Target>;

export const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/**
 * A place in deployed source. `path` is a path an agent reported, or the tail of one (`src/orders.ts`), which the agent
 * completes when exactly one loaded file ends with it.
 */
export const Location = z.object({
  path: z.string().min(1).max(4096),
  /** 1-based. */
  line: z.int().min(1),
  /** 1-based, UTF-16 units; chooses among several statements or arrow functions on the line. */
  column: z.int().min(1).optional(),
  /** SHA-256 of the text the author was looking at (UTF-8, as on disk); the agent compares it with what it runs. */
  sha256: Sha256.optional(),
});
export type Location = z.infer<typeof Location>;

export const LogLevel = z.enum(['debug', 'info', 'warn', 'error']);
export type LogLevel = z.infer<typeof LogLevel>;
export const LogDestination = z.enum(['stdout', 'editor', 'both']);
export type LogDestination = z.infer<typeof LogDestination>;

/** Agents by tags and name patterns (`*`), under a name of its own; agents that come later belong to it too. */
export const CustomSource = z.object({
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.:/-]{0,99}$/, {
    error: 'A source name starts with a letter or digit and holds letters, digits and _ . : / - (100 at most)',
  }),
  /** Whether an agent must meet all of the terms or any of them. */
  match: z.enum(['all', 'any']),
  terms: z
    .array(z.union([z.object({ tag: Tag }), z.object({ agent: z.string().min(1).max(200) })]))
    .min(1)
    .max(50),
});
export type CustomSource = z.infer<typeof CustomSource>;

/**
 * One instance first: `agents` of those that match are armed and watched for `watchMs`; then the action goes to all of them,
 * or is withdrawn because one of the watched got worse than the bounds.
 */
export const Canary = z.object({
  agents: z.int().min(1).max(100),
  /** Milliseconds after arming. */
  watchMs: z.int().min(1000).max(3_600_000),
  /** How many times longer the event loop's delay (or request latency), p99, may get than before arming. */
  maxDelayRatio: z.number().min(1).max(100),
  /** Share of requests that may newly fail, 0.01 = 1 %. */
  maxErrorShare: z.number().min(0).max(1),
});
export type Canary = z.infer<typeof Canary>;
export const DEFAULT_CANARY: Canary = { agents: 1, watchMs: 30_000, maxDelayRatio: 2, maxErrorShare: 0.01 };

const typed = z.string().trim().min(1).max(MAX_EXPRESSION_LENGTH);

/**
 * Which of the matching executions become hits. Without it the first `maxHits`, as fast as the rates allow. `interval`: at
 * most one per time. `distinct`: one per value of an expression. `slowest`, for durations: calls slower than every earlier
 * one in the process, or than `aboveMs`. Each agent for itself.
 */
const sampling = <E extends z.ZodType>(expression: E) =>
  z.discriminatedUnion('by', [
    z.object({ by: z.literal('interval'), everyMs: z.int().min(10).max(86_400_000) }),
    z.object({ by: z.literal('distinct'), expression }),
    z.object({ by: z.literal('slowest'), aboveMs: z.number().min(0).optional() }),
  ]);

export const SamplingDraft = sampling(typed);
export type SamplingDraft = z.infer<typeof SamplingDraft>;
export const Sampling = sampling(Expression);
export type Sampling = z.infer<typeof Sampling>;
/** Values of a `distinct` sampling that one agent remembers; beyond it nothing more is captured, and the status says so. */
export const MAX_DISTINCT_VALUES = 1000;

/** As typed by a person; the server parses the expressions and answers with their problems. */
export const ActionDraft = z.object({
  kind: ActionKind,
  location: Location,
  /** The second line of tic & toc. */
  endLocation: Location.optional(),
  /** The function of a duration, when it was named instead of pointed at. */
  functionName: z.string().min(1).max(300).optional(),
  target: Target,
  dialect: Dialect,
  condition: typed.optional(),
  watches: z.array(typed).max(MAX_WATCHES).optional(),
  /** Log text with `{expression}` parts. */
  template: typed.optional(),
  /** The number of a metric; the grouping of a counter. */
  expression: typed.optional(),
  level: LogLevel.optional(),
  destination: LogDestination.optional(),
  sampling: SamplingDraft.optional(),
  canary: Canary.partial().optional(),
  maxHits: z.int().min(1).max(MAXIMUM_MAX_HITS).optional(),
  /** Milliseconds from creation. */
  lifetimeMs: z.int().min(1000).max(MAXIMUM_LIFETIME_MS).optional(),
  capture: CaptureLimits.partial().optional(),
  /** Free text of the client that made it (`vscode`, `cli`); shown, never interpreted. */
  origin: z.string().max(100).optional(),
});
export type ActionDraft = z.infer<typeof ActionDraft>;

export const Action = z.object({
  id: ActionId,
  /** Grows when the action is edited; statuses and hits name the revision they belong to. */
  revision: z.int().min(1),
  kind: ActionKind,
  location: Location,
  endLocation: Location.optional(),
  functionName: z.string().optional(),
  target: Target,
  condition: Expression.optional(),
  watches: z.array(Expression).max(MAX_WATCHES),
  template: Template.optional(),
  expression: Expression.optional(),
  level: LogLevel.optional(),
  destination: LogDestination.optional(),
  sampling: Sampling.optional(),
  canary: Canary.optional(),
  /** Hits of all agents together. Counters, timers and metrics end by their lifetime alone; for a duration these are its slowest calls. */
  maxHits: z.int().min(1),
  /** Milliseconds since the epoch, server's clock. */
  createdAt: z.number(),
  expiresAt: z.number(),
  /**
   * Milliseconds that were left when this state was sent; agents count down from it, so that clocks that differ do no
   * harm and an agent that is cut off still cleans up on time.
   */
  remainingMs: z.number(),
  capture: CaptureLimits,
  createdBy: z.string(),
  origin: z.string().optional(),
});
export type Action = z.infer<typeof Action>;

/** Kinds that measure instead of capturing. */
export const METRIC_KINDS: ReadonlySet<ActionKind> = new Set(['counter', 'tictoc', 'duration', 'metric']);

/** `active` until the last allowed hit, the end of its lifetime, its removal, or the bad end of its canary. */
export const ActionState = z.enum(['active', 'completed', 'expired', 'removed', 'withdrawn']);
export type ActionState = z.infer<typeof ActionState>;

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

const typed = z.string().trim().min(1).max(MAX_EXPRESSION_LENGTH);

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

/** `active` until the last allowed hit, the end of its lifetime, or its removal. */
export const ActionState = z.enum(['active', 'completed', 'expired', 'removed']);
export type ActionState = z.infer<typeof ActionState>;

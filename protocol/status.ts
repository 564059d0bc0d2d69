/** The explanation chain: why an action has, or has not, produced hits, per agent, first broken link in words. */
import { z } from 'zod';
import { ActionId } from './action.ts';

/** In the order in which an action passes them. `targeted`, `delivered` and `stored` are the server's to say. */
export const LinkName = z.enum([
  'targeted',
  'delivered',
  'file',
  'content',
  'line',
  'armed',
  'evaluated',
  'captured',
  'stored',
]);
export type LinkName = z.infer<typeof LinkName>;

/** `warning` lets the chain go on (drift, sampling); `broken` ends it; `pending` waits for something that can still come. */
export const LinkState = z.enum(['ok', 'warning', 'pending', 'broken']);
export type LinkState = z.infer<typeof LinkState>;

export const Link = z.object({
  link: LinkName,
  state: LinkState,
  /** A sentence for a person; required in spirit whenever `state` is not `ok`. */
  reason: z.string().max(1000).optional(),
});
export type Link = z.infer<typeof Link>;

/** Counts since the action was armed; they only grow. */
export const ActionCounts = z.object({
  /** Times the line was reached and looked at. */
  evaluated: z.int().min(0),
  /** Times the condition was true (or there was none). */
  matched: z.int().min(0),
  /** Matches not captured because of a rate. */
  rateLimited: z.int().min(0),
  captured: z.int().min(0),
  /** Captures thrown away: queue full, budget exceeded. */
  dropped: z.int().min(0),
  /** Evaluations that ended in an error. */
  failed: z.int().min(0),
});
export type ActionCounts = z.infer<typeof ActionCounts>;

export const NO_COUNTS: ActionCounts = { evaluated: 0, matched: 0, rateLimited: 0, captured: 0, dropped: 0, failed: 0 };

export const AgentActionState = z.enum([
  /** Known, waiting: the file is not loaded yet. */
  'pending',
  'armed',
  /** Will not fire here: no such file or line, content differs, not supported. */
  'rejected',
  /** Stopped for now by a budget or the governor; `links` says which. */
  'suspended',
  /** Reached its hits or its end on this agent. */
  'finished',
]);
export type AgentActionState = z.infer<typeof AgentActionState>;

/** Where the action really is, after source maps and moving to the next line with code. */
export const ResolvedLocation = z.object({
  path: z.string(),
  line: z.int().min(1),
  column: z.int().min(1).optional(),
  /** The file the runtime executes, when it is another one (bundles, compiled TypeScript). */
  generated: z.object({ path: z.string(), line: z.int().min(1), column: z.int().min(1).optional() }).optional(),
});
export type ResolvedLocation = z.infer<typeof ResolvedLocation>;

/** A service over some time, as its agent sees it while a canary is watched. */
export const Health = z.object({
  ms: z.number().min(0),
  /** Delay of the event loop (Node), of the interpreter's lock (Python), of a safepoint (JVM): 99th percentile, milliseconds. */
  delayP99Ms: z.number().min(0),
  /** HTTP requests the service answered, those of them with a status of 500 and above, and their 99th percentile. */
  requests: z.int().min(0),
  failedRequests: z.int().min(0),
  latencyP99Ms: z.number().min(0).optional(),
});
export type Health = z.infer<typeof Health>;

/** A part of a condition and what it last was, redacted like any captured value. */
export const SeenValue = z.object({ text: z.string().max(200), value: z.string().max(200) });
export type SeenValue = z.infer<typeof SeenValue>;

/** What an agent says of one action; sent when something changes, at most once a second for counts alone. */
export const ActionStatus = z.object({
  actionId: ActionId,
  revision: z.int().min(1),
  state: AgentActionState,
  /** The agent's links only (`file` … `captured`), in order, up to the first that is pending or broken. */
  links: z.array(Link).max(20),
  counts: ActionCounts,
  resolved: ResolvedLocation.optional(),
  /** The last error of a condition, watch or template, as text. */
  lastError: z.string().max(1000).optional(),
  /** What the parts of a condition were when it was last false; at most one look a second. */
  lastValues: z.array(SeenValue).max(10).optional(),
  /** Counts stand for this many times as many executions; 1 when nothing is sampled. */
  sampledBy: z.number().min(1).optional(),
  /** While the action has a canary: before it was armed, and since. */
  health: z.object({ before: Health, since: Health.optional() }).optional(),
});
export type ActionStatus = z.infer<typeof ActionStatus>;

/** The whole chain of one action at one agent, as `stillframe why` prints it. */
export const AgentExplanation = z.object({
  agentId: z.string(),
  agent: z.string(),
  connected: z.boolean(),
  state: AgentActionState,
  links: z.array(Link),
  counts: ActionCounts,
  resolved: ResolvedLocation.optional(),
  lastError: z.string().optional(),
  lastValues: z.array(SeenValue).optional(),
});
export type AgentExplanation = z.infer<typeof AgentExplanation>;

export const Explanation = z.object({
  actionId: ActionId,
  /** One sentence: the state of the whole, or the first broken link with what to do. */
  summary: z.string(),
  agents: z.array(AgentExplanation),
});
export type Explanation = z.infer<typeof Explanation>;

/** One time an action fired and was captured. */
import { z } from 'zod';
import { ActionId, LogLevel } from './action.ts';
import { CapturedValue, MissingReason, ValueIndex, Variable } from './values.ts';

export const ScopeKind = z.enum(['arguments', 'locals', 'closure', 'this', 'module', 'return']);
export type ScopeKind = z.infer<typeof ScopeKind>;

export const Scope = z.object({ kind: ScopeKind, variables: z.array(Variable).max(1000) });
export type Scope = z.infer<typeof Scope>;

/** `path` and `line` are in deployed source, after source maps. */
export const Frame = z.object({
  function: z.string().max(500),
  path: z.string().max(4096).optional(),
  line: z.int().min(1).optional(),
  column: z.int().min(1).optional(),
  /** SHA-256 of the deployed source the line refers to, where the agent has it. */
  sha256: z.string().optional(),
  generated: z.object({ path: z.string(), line: z.int().min(1), column: z.int().min(1).optional() }).optional(),
  /** `library`: node_modules, site-packages, jars; `runtime`: the platform itself; `async`: reached through an await. */
  origin: z.enum(['application', 'library', 'runtime']).optional(),
  asyncCaller: z.boolean().optional(),
  scopes: z.array(Scope).max(20).optional(),
});
export type Frame = z.infer<typeof Frame>;

export const WatchResult = z.object({
  text: z.string(),
  value: ValueIndex.optional(),
  error: z.string().max(500).optional(),
});
export type WatchResult = z.infer<typeof WatchResult>;

/** What the capture cost and what it left out. */
export const CaptureReport = z.object({
  /** Time the service was held up by this hit, microseconds, measured in the agent. */
  heldUpMicros: z.number().min(0),
  nodes: z.int().min(0),
  /** Reasons for which something is missing, with how often. */
  missing: z.partialRecord(MissingReason, z.int().min(1)).optional(),
});
export type CaptureReport = z.infer<typeof CaptureReport>;

/** As an agent sends it. */
export const AgentHit = z.object({
  /** Grows by one per hit over the life of the agent process; with the agent's id it names the hit. */
  sequence: z.int().min(1),
  actionId: ActionId,
  revision: z.int().min(1),
  /** Milliseconds since the epoch, agent's clock. */
  at: z.number(),
  thread: z.string().max(200).optional(),
  /** W3C `traceparent` of the request, when the service has one. */
  traceparent: z.string().max(100).optional(),
  /** Log actions: the formatted text and its level. */
  message: z.string().max(65_536).optional(),
  level: LogLevel.optional(),
  /** Top frame first; the first frame is where the action is. */
  frames: z.array(Frame).max(64),
  watches: z.array(WatchResult).max(20),
  values: z.array(CapturedValue).max(20_000),
  capture: CaptureReport,
});
export type AgentHit = z.infer<typeof AgentHit>;

export const HitId = z.string().min(1).max(64);

/** As the server stores it and editors read it. */
export const Hit = AgentHit.extend({
  id: HitId,
  agentId: z.string(),
  agentName: z.string(),
  /** 1-based place among the stored hits of its action. */
  ordinal: z.int().min(1),
  receivedAt: z.number(),
});
export type Hit = z.infer<typeof Hit>;

/** Enough for a list, a lens and a log line. */
export const HitHead = z.object({
  id: HitId,
  actionId: ActionId,
  agentId: z.string(),
  agentName: z.string(),
  ordinal: z.int().min(1),
  at: z.number(),
  message: z.string().optional(),
  level: LogLevel.optional(),
  traceparent: z.string().optional(),
  /** The top frame without its variables. */
  path: z.string().optional(),
  line: z.int().optional(),
  function: z.string().optional(),
});
export type HitHead = z.infer<typeof HitHead>;

/**
 * `/agent`: an agent to its server. The agent opens the WebSocket with `Authorization: Bearer <agent key>`, says
 * `agent/hello`, and from then on is told its desired state. All other messages before `hello` are answered `outOfOrder`.
 */
import { NotificationType, RequestType } from 'vscode-jsonrpc';
import { z } from 'zod';
import { Action } from '../action.ts';
import { AgentDescription, LoadedFile } from '../agent.ts';
import type { ErrorData } from '../errors.ts';
import { AgentHit } from '../hit.ts';
import { MetricPoint } from '../metric.ts';
import { Policy } from '../policy.ts';
import { ActionStatus } from '../status.ts';

export const ProtocolRange = z.object({ min: z.int().min(1), max: z.int().min(1) });

export const AgentHelloParams = z.object({ protocol: ProtocolRange, agent: AgentDescription });
export type AgentHelloParams = z.infer<typeof AgentHelloParams>;

export const AgentHelloResult = z.object({
  protocol: z.int().min(1),
  serverVersion: z.string(),
  serverTime: z.number(),
  policy: Policy,
  /** Highest hit sequence of this agent that is stored; the agent forgets up to it and sends the rest again. */
  acknowledged: z.int().min(0),
  /** The same for `agent/metrics`. */
  metricsAcknowledged: z.int().min(0).optional(),
});
export type AgentHelloResult = z.infer<typeof AgentHelloResult>;
export const AgentHello = new RequestType<AgentHelloParams, AgentHelloResult, ErrorData>('agent/hello');

/** Server → agent. The whole of what this agent should carry out; an older or equal revision is ignored. */
export const DesiredStateParams = z.object({
  revision: z.int().min(1),
  actions: z.array(Action).max(1000),
  policy: Policy.optional(),
});
export type DesiredStateParams = z.infer<typeof DesiredStateParams>;
export const DesiredState = new NotificationType<DesiredStateParams>('agent/desiredState');

/** Agent → server, as files load; `added` replaces entries of the same path. In chunks of at most 500. */
export const FilesParams = z.object({
  added: z.array(LoadedFile).max(500),
  removed: z.array(z.string()).max(500),
});
export type FilesParams = z.infer<typeof FilesParams>;
export const Files = new NotificationType<FilesParams>('agent/files');

/** Agent → server: what changed in the agent's part of the explanation chains. */
export const StatusesParams = z.object({ statuses: z.array(ActionStatus).max(1000) });
export type StatusesParams = z.infer<typeof StatusesParams>;
export const Statuses = new NotificationType<StatusesParams>('agent/statuses');

/** Agent → server. Hits in rising sequence; the answer comes after they are stored. */
export const HitsParams = z.object({ hits: z.array(AgentHit).min(1).max(100) });
export type HitsParams = z.infer<typeof HitsParams>;
export const HitsResult = z.object({
  /** All hits up to this sequence are settled: stored, or refused because the action had its last hit already. */
  acknowledged: z.int().min(0),
});
export type HitsResult = z.infer<typeof HitsResult>;
export const Hits = new RequestType<HitsParams, HitsResult, ErrorData>('agent/hits');

/** Agent → server, about once a second while something was measured. Batches in rising sequence; stored once each. */
export const MetricsParams = z.object({ sequence: z.int().min(1), points: z.array(MetricPoint).min(1).max(500) });
export type MetricsParams = z.infer<typeof MetricsParams>;
export const MetricsResult = z.object({ acknowledged: z.int().min(0) });
export type MetricsResult = z.infer<typeof MetricsResult>;
export const Metrics = new RequestType<MetricsParams, MetricsResult, ErrorData>('agent/metrics');

/** Server → agent: the deployed text of a loaded file. Error `notFound` when the agent does not have it (any more). */
export const SourceParams = z.object({ path: z.string().max(4096), sha256: z.string().optional() });
export type SourceParams = z.infer<typeof SourceParams>;
export const SourceResult = z.object({ text: z.string(), sha256: z.string() });
export type SourceResult = z.infer<typeof SourceResult>;
export const Source = new RequestType<SourceParams, SourceResult, ErrorData>('agent/source');

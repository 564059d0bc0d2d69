/**
 * `/ide`: an editor, a debug adapter or a terminal to the server. Opened with `Authorization: Bearer <token>`, then
 * `ide/hello`, then `view/open` by clients that want to be told of changes.
 */
import { NotificationType, RequestType } from 'vscode-jsonrpc';
import { z } from 'zod';
import { Action, ActionDraft, ActionId, ActionState, CustomSource } from '../action.ts';
import { AgentInfo, LoadedFile } from '../agent.ts';
import type { ErrorData } from '../errors.ts';
import { type Hit, HitHead, HitId } from '../hit.ts';
import { MetricSummary, MetricUnit } from '../metric.ts';
import { AgentExplanation, type Explanation } from '../status.ts';
import { ProtocolRange } from './agent-connection.ts';

export const IdeHelloParams = z.object({
  protocol: ProtocolRange,
  client: z.object({ name: z.string().max(100), version: z.string().max(50) }),
});
export type IdeHelloParams = z.infer<typeof IdeHelloParams>;
export const IdeHelloResult = z.object({
  protocol: z.int().min(1),
  serverVersion: z.string(),
  serverTime: z.number(),
  user: z.string(),
});
export type IdeHelloResult = z.infer<typeof IdeHelloResult>;
export const IdeHello = new RequestType<IdeHelloParams, IdeHelloResult, ErrorData>('ide/hello');

/** `choosing`: waits for enough matching agents. Names of agents; `until` is when it is decided, server's clock. */
export const CanaryState = z.object({
  state: z.enum(['choosing', 'watching', 'widened', 'withdrawn']),
  agents: z.array(z.string()).max(100),
  until: z.number().optional(),
  /** A sentence for a person: what is waited for, or why it was widened or withdrawn. */
  reason: z.string().max(1000),
});
export type CanaryState = z.infer<typeof CanaryState>;

/** An action with how it is doing. */
export const ActionInfo = Action.extend({
  state: ActionState,
  /** Stored hits, over all agents. */
  hits: z.int().min(0),
  lastHitAt: z.number().optional(),
  endedAt: z.number().optional(),
  /** `Explanation.summary`, kept current. */
  summary: z.string(),
  /** What counters, timers and metrics measured over all agents so far. */
  metric: MetricSummary.optional(),
  /** How the canary is doing; absent when there is none. */
  canaryState: CanaryState.optional(),
  /** One entry per agent the target matches (connected, or with a status), 50 at most. */
  agents: z.array(AgentExplanation).max(50),
});
export type ActionInfo = z.infer<typeof ActionInfo>;

/** A file that agents have loaded, merged over the agents that run the same text under the same path. */
export const DeployedFile = LoadedFile.extend({ agentIds: z.array(z.string()) });
export type DeployedFile = z.infer<typeof DeployedFile>;

/**
 * The whole picture now; afterwards `view/changed` tells what changed, and what did not fit into this one answer. Opening
 * again is harmless.
 */
export const ViewOpenParams = z.object({});
export type ViewOpenParams = z.infer<typeof ViewOpenParams>;
export const ViewOpenResult = z.object({
  agents: z.array(AgentInfo),
  actions: z.array(ActionInfo),
  /** Changes whenever any agent's files do; clients then ask `file/list`. */
  filesRevision: z.int().min(0),
  sources: z.array(CustomSource).optional(),
});
export type ViewOpenResult = z.infer<typeof ViewOpenResult>;
export const ViewOpen = new RequestType<ViewOpenParams, ViewOpenResult, ErrorData>('view/open');

/** Server → client; coalesced over some milliseconds. Entries replace those of the same id. */
export const ViewChangedParams = z.object({
  agents: z.array(AgentInfo).optional(),
  removedAgents: z.array(z.string()).optional(),
  actions: z.array(ActionInfo).optional(),
  removedActions: z.array(ActionId).optional(),
  /** New hits, oldest first. */
  hits: z.array(HitHead).optional(),
  filesRevision: z.int().min(0).optional(),
  /** All saved sources, when any of them changed. */
  sources: z.array(CustomSource).optional(),
});
export type ViewChangedParams = z.infer<typeof ViewChangedParams>;
export const ViewChanged = new NotificationType<ViewChangedParams>('view/changed');

export const FileListParams = z.object({ agentId: z.string().optional() });
export type FileListParams = z.infer<typeof FileListParams>;
export const FileListResult = z.object({ filesRevision: z.int(), files: z.array(DeployedFile) });
export type FileListResult = z.infer<typeof FileListResult>;
export const FileList = new RequestType<FileListParams, FileListResult, ErrorData>('file/list');

/** The deployed text, asked from an agent that has it. `sha256` picks the version. */
export const FileReadParams = z.object({
  path: z.string(),
  sha256: z.string().optional(),
  agentId: z.string().optional(),
});
export type FileReadParams = z.infer<typeof FileReadParams>;
export const FileReadResult = z.object({ text: z.string(), sha256: z.string(), agentId: z.string() });
export type FileReadResult = z.infer<typeof FileReadResult>;
export const FileRead = new RequestType<FileReadParams, FileReadResult, ErrorData>('file/read');

export const ActionCreateParams = ActionDraft;
export type ActionCreateParams = z.infer<typeof ActionCreateParams>;
export const ActionCreate = new RequestType<ActionCreateParams, ActionInfo, ErrorData>('action/create');

/** Fields that are present replace; `null` takes an optional one away. The revision grows and hits go on counting. */
export const ActionUpdateParams = z.object({
  id: ActionId,
  condition: ActionDraft.shape.condition.nullable(),
  template: ActionDraft.shape.template,
  watches: ActionDraft.shape.watches,
  level: ActionDraft.shape.level,
  maxHits: ActionDraft.shape.maxHits,
  lifetimeMs: ActionDraft.shape.lifetimeMs,
});
export type ActionUpdateParams = z.infer<typeof ActionUpdateParams>;
export const ActionUpdate = new RequestType<ActionUpdateParams, ActionInfo, ErrorData>('action/update');

/** Takes actions out of all agents; their hits stay readable until retention. Unknown ids are listed, not an error. */
export const ActionRemoveParams = z.object({ ids: z.array(ActionId).min(1).max(1000) });
export type ActionRemoveParams = z.infer<typeof ActionRemoveParams>;
export const ActionRemoveResult = z.object({ removed: z.array(ActionId), unknown: z.array(ActionId) });
export type ActionRemoveResult = z.infer<typeof ActionRemoveResult>;
export const ActionRemove = new RequestType<ActionRemoveParams, ActionRemoveResult, ErrorData>('action/remove');

/** Without `states`: active ones only, or with `ids` those whatever their state. Newest first. */
export const ActionListParams = z.object({
  states: z.array(ActionState).optional(),
  ids: z.array(ActionId).max(1000).optional(),
});
export type ActionListParams = z.infer<typeof ActionListParams>;
/** `total` counts those that did not fit into one message as well. */
export const ActionListResult = z.object({ actions: z.array(ActionInfo), total: z.int().min(0) });
export type ActionListResult = z.infer<typeof ActionListResult>;
export const ActionList = new RequestType<ActionListParams, ActionListResult, ErrorData>('action/list');

export const ActionWhyParams = z.object({ id: ActionId });
export type ActionWhyParams = z.infer<typeof ActionWhyParams>;
export const ActionWhy = new RequestType<ActionWhyParams, Explanation, ErrorData>('action/why');

/** Oldest first from `afterOrdinal` (0 = from the first), or newest first below `beforeOrdinal`. */
export const HitListParams = z.object({
  actionId: ActionId,
  afterOrdinal: z.int().min(0).optional(),
  beforeOrdinal: z.int().min(1).optional(),
  limit: z.int().min(1).max(1000).optional(),
});
export type HitListParams = z.infer<typeof HitListParams>;
export const HitListResult = z.object({ hits: z.array(HitHead), total: z.int().min(0) });
export type HitListResult = z.infer<typeof HitListResult>;
export const HitList = new RequestType<HitListParams, HitListResult, ErrorData>('hit/list');

export const HitReadParams = z.object({ id: HitId });
export type HitReadParams = z.infer<typeof HitReadParams>;
export const HitRead = new RequestType<HitReadParams, Hit, ErrorData>('hit/read');

/** Figures of a metric action over time, merged over agents. Without `from` the last hour; `stepMs` is widened to 500 steps at most. */
export const MetricReadParams = z.object({
  actionId: ActionId,
  from: z.number().optional(),
  to: z.number().optional(),
  stepMs: z.int().min(1000).optional(),
  /** Only this group of a counter. */
  group: z.string().max(200).optional(),
});
export type MetricReadParams = z.infer<typeof MetricReadParams>;
export const MetricReadResult = z.object({
  unit: MetricUnit,
  stepMs: z.int(),
  /** Since the action was placed. */
  total: MetricSummary,
  /** The largest groups of a counter first, 100 at most. */
  groups: z.array(z.object({ group: z.string(), summary: MetricSummary })),
  /** Steps in which something was measured, oldest first; `at` is where the step begins. */
  series: z.array(MetricSummary.extend({ at: z.number() })),
});
export type MetricReadResult = z.infer<typeof MetricReadResult>;
export const MetricRead = new RequestType<MetricReadParams, MetricReadResult, ErrorData>('metric/read');

/** Saves under its name, replacing what was there; live actions that target it follow at once. */
export const SourceSaveParams = z.object({ source: CustomSource });
export type SourceSaveParams = z.infer<typeof SourceSaveParams>;
export const SourceSaveResult = z.object({ source: CustomSource });
export type SourceSaveResult = z.infer<typeof SourceSaveResult>;
export const SourceSave = new RequestType<SourceSaveParams, SourceSaveResult, ErrorData>('source/save');

/** Error `conflict` while active actions target it, `notFound` when there is none of the name. */
export const SourceRemoveParams = z.object({ name: z.string().min(1).max(200) });
export type SourceRemoveParams = z.infer<typeof SourceRemoveParams>;
export const SourceRemoveResult = z.object({ removed: z.string() });
export type SourceRemoveResult = z.infer<typeof SourceRemoveResult>;
export const SourceRemove = new RequestType<SourceRemoveParams, SourceRemoveResult, ErrorData>('source/remove');

export const SourceListParams = z.object({});
export type SourceListParams = z.infer<typeof SourceListParams>;
export const SourceListResult = z.object({ sources: z.array(CustomSource) });
export type SourceListResult = z.infer<typeof SourceListResult>;
export const SourceList = new RequestType<SourceListParams, SourceListResult, ErrorData>('source/list');

export const AgentListParams = z.object({ includeDisconnected: z.boolean().optional() });
export type AgentListParams = z.infer<typeof AgentListParams>;
/** `total` counts those that did not fit into one message as well. */
export const AgentListResult = z.object({ agents: z.array(AgentInfo), total: z.int().min(0) });
export type AgentListResult = z.infer<typeof AgentListResult>;
export const AgentList = new RequestType<AgentListParams, AgentListResult, ErrorData>('agent/list');

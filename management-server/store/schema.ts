/** The tables as TypeScript sees them; `migrations.ts` makes them. Times are milliseconds since the epoch, server's clock. */
import type { ActionKind, ActionState } from '@stillframe/protocol/action';
import type { Generated, Kysely } from 'kysely';

export type Database = Kysely<Schema>;

export interface Schema {
  actions: ActionRow;
  hits: HitRow;
  agents: AgentRow;
  statuses: StatusRow;
  metric_totals: MetricTotalRow;
  metric_steps: MetricStepRow;
  sources: SourceRow;
}

export interface ActionRow {
  id: string;
  state: ActionState;
  max_hits: number;
  /** Stored hits; the next one gets this plus one as its ordinal. */
  hits: number;
  /** Of its stored hits. */
  bytes: number;
  created_at: number;
  expires_at: number;
  ended_at: number | null;
  last_hit_at: number | null;
  /** JSON of the action without its remaining time. */
  definition: string;
  /** A metric kind is not completed by its hits. */
  kind: ActionKind;
  /** JSON of the `CanaryRecord`, for an action that has one. */
  canary: string | null;
}

export interface HitRow {
  action_id: string;
  ordinal: number;
  agent_id: string;
  sequence: number;
  received_at: number;
  /** JSON of the `HitHead`; before `body`, so that lists do not read through captures. */
  head: string;
  /** JSON of the hit as the agent sent it. */
  body: string;
}

export interface AgentRow {
  id: string;
  /** JSON of the `AgentInfo`. */
  info: string;
  /** Highest sequence that is settled. */
  acknowledged: number;
  /** Highest sequence of its measurements that is settled. */
  metrics_acknowledged: Generated<number>;
  last_seen_at: number;
}

export interface StatusRow {
  action_id: string;
  agent_id: string;
  /** JSON of the `ActionStatus`. */
  status: string;
}

export interface MetricTotalRow {
  action_id: string;
  /** JSON of the `Sketch` over all agents, scaled up where executions were passed over. */
  sketch: string;
  /** JSON of group → count. */
  groups: string;
  /** 1 when anything in it was scaled up. */
  estimated: number;
}

export interface MetricStepRow {
  action_id: string;
  /** Where the step begins. */
  at: number;
  /** 0: `FINE_STEP_MS` long; 1: `COARSE_STEP_MS`. */
  coarse: number;
  sketch: string;
  groups: string;
  estimated: number;
}

export interface SourceRow {
  name: string;
  /** JSON of the `CustomSource`. */
  definition: string;
}

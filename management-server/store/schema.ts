/** The tables as TypeScript sees them; `migrations.ts` makes them. Times are milliseconds since the epoch, server's clock. */
import type { ActionState } from '@stillframe/protocol/action';
import type { Kysely } from 'kysely';

export type Database = Kysely<Schema>;

export interface Schema {
  actions: ActionRow;
  hits: HitRow;
  agents: AgentRow;
  statuses: StatusRow;
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
  last_seen_at: number;
}

export interface StatusRow {
  action_id: string;
  agent_id: string;
  /** JSON of the `ActionStatus`. */
  status: string;
}

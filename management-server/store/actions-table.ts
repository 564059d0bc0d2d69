/** Actions as rows: the definition as JSON, and beside it what the server itself changes. */

import { summarise } from '@stillframe/core/metric/sketch';
import { unitOf } from '@stillframe/core/metric/unit-of';
import type { Action, ActionId, ActionState } from '@stillframe/protocol/action';
import type { CanaryState } from '@stillframe/protocol/messages/ide-connection';
import type { MetricSummary } from '@stillframe/protocol/metric';
import { deleteMetrics, type Measured, readTotals } from './metrics-table.ts';
import type { ActionRow, Database } from './schema.ts';

/** An action without the remaining time, which is only true at the moment of sending. */
export type StoredAction = Omit<Action, 'remainingMs'>;

/** An action with how far it has come. Replaced, never changed, so that whoever holds one may go on reading it. */
export interface ActionRecord {
  readonly action: StoredAction;
  readonly state: ActionState;
  readonly hits: number;
  /** Of the stored hits. */
  readonly bytes: number;
  readonly lastHitAt?: number;
  readonly endedAt?: number;
  /** Why the latest hit was not stored; only while the server lives. */
  readonly refused?: 'full' | 'tooLarge';
  /** Over all agents, for kinds that measure. */
  readonly metric?: MetricSummary;
  readonly canary?: CanaryRecord;
}

/** How the canary of an action is doing. */
export interface CanaryRecord {
  readonly state: CanaryState['state'];
  /** Ids of the agents it is tried on. */
  readonly agentIds: readonly string[];
  /** When it is decided; set once all of them are armed. */
  readonly until?: number;
  readonly reason: string;
}

export async function readActions(database: Database): Promise<ActionRecord[]> {
  const rows = await database.selectFrom('actions').selectAll().orderBy('created_at').execute();
  const totals = await readTotals(database);
  return rows.map((row) => {
    const record = recordOf(row);
    const total = totals.get(row.id);
    return total === undefined ? record : { ...record, metric: summaryOf(record.action, total) };
  });
}

export async function insertAction(database: Database, record: ActionRecord): Promise<void> {
  await database.insertInto('actions').values(rowOf(record)).execute();
}

/** The figures of an action that measures. */
export function summaryOf(action: Pick<StoredAction, 'kind'>, { sketch, estimated }: Measured): MetricSummary {
  return { ...summarise(sketch, unitOf(action.kind)), estimated };
}

/** Replaces how an active action's canary is doing; false when it is no longer active. */
export async function updateCanary(database: Database, id: ActionId, canary: CanaryRecord): Promise<boolean> {
  const { numUpdatedRows } = await database
    .updateTable('actions')
    .set({ canary: JSON.stringify(canary) })
    .where('id', '=', id)
    .where('state', '=', 'active')
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Replaces the definition of an action that is still active; false when it no longer is. */
export async function updateDefinition(database: Database, action: StoredAction): Promise<boolean> {
  const { numUpdatedRows } = await database
    .updateTable('actions')
    .set({ definition: JSON.stringify(action), max_hits: action.maxHits, expires_at: action.expiresAt })
    .where('id', '=', action.id)
    .where('state', '=', 'active')
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Ends actions that are in one of the states `from`; the ids of those that were. */
export async function endActions(
  database: Database,
  ids: readonly ActionId[],
  end: { from: readonly ActionState[]; to: ActionState; at: number },
): Promise<ActionId[]> {
  return database.transaction().execute(async (transaction) => {
    const rows = await transaction
      .selectFrom('actions')
      .select(['id', 'ended_at'])
      .where('id', 'in', ids)
      .where('state', 'in', end.from)
      .execute();
    for (const row of rows) {
      await transaction
        .updateTable('actions')
        .set({ state: end.to, ended_at: row.ended_at ?? end.at })
        .where('id', '=', row.id)
        .execute();
    }
    return rows.map((row) => row.id);
  });
}

/** Rows of hits deleted by one statement, so that no sweep holds up the connections for long. */
const DELETE_SLICE = 500;

/** Deletes an action with its hits and statuses, the hits slice by slice; `pause` lets others in between. */
export async function deleteAction(database: Database, id: ActionId, pause: () => Promise<void>): Promise<void> {
  for (;;) {
    const slice = await database
      .selectFrom('hits')
      .select('ordinal')
      .where('action_id', '=', id)
      .orderBy('ordinal')
      .limit(DELETE_SLICE)
      .execute();
    const last = slice.at(-1);
    if (last === undefined) break;
    await database.deleteFrom('hits').where('action_id', '=', id).where('ordinal', '<=', last.ordinal).execute();
    await pause();
  }
  await deleteMetrics(database, id);
  await database.deleteFrom('statuses').where('action_id', '=', id).execute();
  await database.deleteFrom('actions').where('id', '=', id).execute();
}

function recordOf(row: ActionRow): ActionRecord {
  return {
    action: JSON.parse(row.definition) as StoredAction,
    state: row.state,
    hits: row.hits,
    bytes: row.bytes,
    ...(row.last_hit_at !== null && { lastHitAt: row.last_hit_at }),
    ...(row.ended_at !== null && { endedAt: row.ended_at }),
    ...(row.canary !== null && { canary: JSON.parse(row.canary) as CanaryRecord }),
  };
}

function rowOf({ action, state, hits, bytes, lastHitAt, endedAt, canary }: ActionRecord): ActionRow {
  return {
    id: action.id,
    state,
    max_hits: action.maxHits,
    hits,
    bytes,
    created_at: action.createdAt,
    expires_at: action.expiresAt,
    ended_at: endedAt ?? null,
    last_hit_at: lastHitAt ?? null,
    definition: JSON.stringify(action),
    kind: action.kind,
    canary: canary === undefined ? null : JSON.stringify(canary),
  };
}

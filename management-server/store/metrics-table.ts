/**
 * What was measured, kept as sketches: one running total per action, and one row per step of time. Both are merged over
 * agents; what an agent measured only in part counts scaled up. A batch of an agent is taken once, in one transaction.
 */
import { emptySketch, mergeSketches, scaleSketch } from '@stillframe/core/metric/sketch';
import type { ActionId } from '@stillframe/protocol/action';
import { MAX_METRIC_GROUPS, type MetricPoint, MORE_GROUPS, type Sketch } from '@stillframe/protocol/metric';
import type { Transaction } from 'kysely';
import type { Database, Schema } from './schema.ts';

/** Milliseconds of a step as it is stored, and of those older than `FINE_FOR_MS`. */
export const FINE_STEP_MS = 10_000;
export const COARSE_STEP_MS = 60_000;
export const FINE_FOR_MS = 3_600_000;

/** Everything of one action, or of one step of it. `groups` are counts by a counter's grouping. */
export interface Measured {
  sketch: Sketch;
  groups: Record<string, number>;
  estimated: boolean;
}

export interface MetricBatch {
  agentId: string;
  sequence: number;
  points: readonly MetricPoint[];
  /** Server's clock; points of an agent whose clock is ahead are put here. */
  receivedAt: number;
}

const NOTHING: Measured = { sketch: emptySketch(), groups: {}, estimated: false };

/** The new totals of the actions that are still here; empty when the batch was taken before. */
export async function storeMetrics(database: Database, batch: MetricBatch): Promise<Map<ActionId, Measured>> {
  return database.transaction().execute(async (transaction) => {
    const agent = await transaction
      .selectFrom('agents')
      .select('metrics_acknowledged')
      .where('id', '=', batch.agentId)
      .executeTakeFirstOrThrow();
    const totals = new Map<ActionId, Measured>();
    if (batch.sequence <= agent.metrics_acknowledged) return totals;
    const known = await knownActions(transaction, new Set(batch.points.map((point) => point.actionId)));
    const steps = new Map<string, { actionId: ActionId; at: number; measured: Measured }>();
    for (const point of batch.points) {
      if (!known.has(point.actionId)) continue;
      const measured = measuredOf(point);
      totals.set(point.actionId, merged(totals.get(point.actionId) ?? NOTHING, measured));
      const at = stepOf(Math.min(point.to, batch.receivedAt), FINE_STEP_MS);
      const key = `${point.actionId} ${at}`;
      steps.set(key, {
        actionId: point.actionId,
        at,
        measured: merged(steps.get(key)?.measured ?? NOTHING, measured),
      });
    }
    for (const [actionId, measured] of totals) {
      const total = merged((await readTotal(transaction, actionId)) ?? NOTHING, measured);
      totals.set(actionId, total);
      await transaction
        .insertInto('metric_totals')
        .values({ action_id: actionId, ...columns(total) })
        .onConflict((conflict) => conflict.column('action_id').doUpdateSet(columns(total)))
        .execute();
    }
    for (const { actionId, at, measured } of steps.values()) await addToStep(transaction, actionId, at, measured);
    await transaction
      .updateTable('agents')
      .set({ metrics_acknowledged: batch.sequence })
      .where('id', '=', batch.agentId)
      .execute();
    return totals;
  });
}

export async function readTotal(
  database: Database | Transaction<Schema>,
  actionId: ActionId,
): Promise<Measured | undefined> {
  const row = await database
    .selectFrom('metric_totals')
    .select(['sketch', 'groups', 'estimated'])
    .where('action_id', '=', actionId)
    .executeTakeFirst();
  return row && measuredRow(row);
}

export async function readTotals(database: Database): Promise<Map<ActionId, Measured>> {
  const rows = await database.selectFrom('metric_totals').selectAll().execute();
  return new Map(rows.map((row) => [row.action_id, measuredRow(row)]));
}

/** Steps of `stepMs`, a multiple of what is stored, oldest first. `from` and `to` are milliseconds since the epoch. */
export async function readSteps(
  database: Database,
  query: { actionId: ActionId; from: number; to: number; stepMs: number },
): Promise<{ at: number; measured: Measured }[]> {
  const rows = await database
    .selectFrom('metric_steps')
    .selectAll()
    .where('action_id', '=', query.actionId)
    .where('at', '>=', stepOf(query.from, query.stepMs))
    .where('at', '<=', query.to)
    .orderBy('at')
    .execute();
  const steps = new Map<number, Measured>();
  for (const row of rows) {
    const at = stepOf(row.at, query.stepMs);
    steps.set(at, merged(steps.get(at) ?? NOTHING, measuredRow(row)));
  }
  return Array.from(steps, ([at, measured]) => ({ at, measured }));
}

/** Joins steps older than `before` into coarse ones, at most `most` of them at a time; how many were joined. */
export async function coarsenSteps(database: Database, before: number, most: number): Promise<number> {
  return database.transaction().execute(async (transaction) => {
    const rows = await transaction
      .selectFrom('metric_steps')
      .selectAll()
      .where('coarse', '=', 0)
      .where('at', '<', stepOf(before, COARSE_STEP_MS))
      .orderBy('at')
      .limit(most)
      .execute();
    for (const row of rows) {
      await transaction
        .deleteFrom('metric_steps')
        .where('action_id', '=', row.action_id)
        .where('at', '=', row.at)
        .where('coarse', '=', 0)
        .execute();
      await addToStep(transaction, row.action_id, stepOf(row.at, COARSE_STEP_MS), measuredRow(row), 1);
    }
    return rows.length;
  });
}

export async function deleteMetrics(database: Database, actionId: ActionId): Promise<void> {
  await database.deleteFrom('metric_steps').where('action_id', '=', actionId).execute();
  await database.deleteFrom('metric_totals').where('action_id', '=', actionId).execute();
}

async function addToStep(
  transaction: Transaction<Schema>,
  actionId: ActionId,
  at: number,
  measured: Measured,
  coarse = 0,
): Promise<void> {
  const row = await transaction
    .selectFrom('metric_steps')
    .select(['sketch', 'groups', 'estimated'])
    .where('action_id', '=', actionId)
    .where('at', '=', at)
    .where('coarse', '=', coarse)
    .executeTakeFirst();
  const step = columns(merged(row === undefined ? NOTHING : measuredRow(row), measured));
  await transaction
    .insertInto('metric_steps')
    .values({ action_id: actionId, at, coarse, ...step })
    .onConflict((conflict) => conflict.columns(['action_id', 'at', 'coarse']).doUpdateSet(step))
    .execute();
}

async function knownActions(
  transaction: Transaction<Schema>,
  ids: ReadonlySet<ActionId>,
): Promise<ReadonlySet<ActionId>> {
  const rows = await transaction
    .selectFrom('actions')
    .select('id')
    .where('id', 'in', [...ids])
    // What was measured before an agent could hear of the end still counts; a removed action takes no more.
    .where('state', '!=', 'removed')
    .execute();
  return new Set(rows.map((row) => row.id));
}

function measuredOf({ sketch, group, sampledBy = 1 }: MetricPoint): Measured {
  const scaled = scaleSketch(sketch, sampledBy);
  return { sketch: scaled, groups: group === undefined ? {} : { [group]: scaled.count }, estimated: sampledBy > 1 };
}

function merged(a: Measured, b: Measured): Measured {
  return {
    sketch: mergeSketches(a.sketch, b.sketch),
    groups: mergedGroups(a.groups, b.groups),
    estimated: a.estimated || b.estimated,
  };
}

/** Each agent keeps its own number of groups apart; what exceeds it over all of them joins the rest, the smallest first. */
function mergedGroups(a: Record<string, number>, b: Record<string, number>): Record<string, number> {
  const groups = new Map(Object.entries(a));
  for (const [group, count] of Object.entries(b)) groups.set(group, (groups.get(group) ?? 0) + count);
  if (groups.size <= MAX_METRIC_GROUPS + 1) return Object.fromEntries(groups);
  let rest = groups.get(MORE_GROUPS) ?? 0;
  groups.delete(MORE_GROUPS);
  const bySize = [...groups].sort((one, other) => other[1] - one[1]);
  for (const [, count] of bySize.splice(MAX_METRIC_GROUPS)) rest += count;
  return { ...Object.fromEntries(bySize), [MORE_GROUPS]: rest };
}

function columns(measured: Measured): { sketch: string; groups: string; estimated: number } {
  return {
    sketch: JSON.stringify(measured.sketch),
    groups: JSON.stringify(measured.groups),
    estimated: measured.estimated ? 1 : 0,
  };
}

function measuredRow(row: { sketch: string; groups: string; estimated: number }): Measured {
  return {
    sketch: JSON.parse(row.sketch) as Sketch,
    groups: JSON.parse(row.groups) as Record<string, number>,
    estimated: row.estimated === 1,
  };
}

function stepOf(at: number, stepMs: number): number {
  return Math.floor(at / stepMs) * stepMs;
}

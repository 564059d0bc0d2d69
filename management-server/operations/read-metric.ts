import { unitOf } from '@stillframe/core/metric/unit-of';
import { METRIC_KINDS } from '@stillframe/protocol/action';
import { requestError } from '@stillframe/protocol/errors';
import type { MetricReadParams, MetricReadResult } from '@stillframe/protocol/messages/ide-connection';
import type { MetricSummary } from '@stillframe/protocol/metric';
import type { ServerContext } from '../server-context.ts';
import { summaryOf } from '../store/actions-table.ts';
import {
  COARSE_STEP_MS,
  FINE_FOR_MS,
  FINE_STEP_MS,
  type Measured,
  readSteps,
  readTotal,
} from '../store/metrics-table.ts';

const DEFAULT_SPAN_MS = 3_600_000;
const MOST_STEPS = 500;

/** Figures of one action over time, merged over its agents. */
export async function readMetric(context: ServerContext, params: MetricReadParams): Promise<MetricReadResult> {
  const { actionId, group } = params;
  const record = context.actions.get(actionId);
  if (record === undefined) throw requestError('notFound', `Cannot find the action "${actionId}"`);
  const { action } = record;
  if (!METRIC_KINDS.has(action.kind)) {
    throw requestError('invalidParams', `Ask for its hits instead: a ${action.kind} measures nothing`);
  }
  const now = context.clock();
  const to = params.to ?? now;
  const from = Math.max(params.from ?? to - DEFAULT_SPAN_MS, action.createdAt - COARSE_STEP_MS);
  const stepMs = stepFor(params.stepMs, from, to, now);
  const total = await readTotal(context.database, actionId);
  const steps = await readSteps(context.database, { actionId, from, to, stepMs });
  const summary = (measured: Measured): MetricSummary => summaryOf(action, ofGroup(measured, group));
  const groups = Object.entries(total?.groups ?? {})
    .sort((a, b) => b[1] - a[1])
    .map(([name]) => ({ group: name, summary: summaryOf(action, ofGroup(total as Measured, name)) }));
  return {
    unit: unitOf(action.kind),
    stepMs,
    total: summary(total ?? { sketch: { count: 0 }, groups: {}, estimated: false }),
    groups: groups.slice(0, 100),
    series: steps.map(({ at, measured }) => ({ at, ...summary(measured) })).filter(({ count }) => count > 0),
  };
}

/** A multiple of what is stored, wide enough for `MOST_STEPS`; older steps are stored in minutes. */
function stepFor(wanted: number | undefined, from: number, to: number, now: number): number {
  const stored = from < now - FINE_FOR_MS ? COARSE_STEP_MS : FINE_STEP_MS;
  const least = Math.max(wanted ?? stored, stored, (to - from) / MOST_STEPS);
  return Math.ceil(least / stored) * stored;
}

/** Groups are counts alone. */
function ofGroup(measured: Measured, group: string | undefined): Measured {
  if (group === undefined) return measured;
  return { ...measured, sketch: { count: measured.groups[group] ?? 0 } };
}

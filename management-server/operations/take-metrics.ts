import type { AgentInfo } from '@stillframe/protocol/agent';
import type { MetricsParams, MetricsResult } from '@stillframe/protocol/messages/agent-connection';
import type { ServerContext } from '../server-context.ts';
import { summaryOf } from '../store/actions-table.ts';
import { storeMetrics } from '../store/metrics-table.ts';

/** Stores a batch of measurements and answers only then. */
export async function takeMetrics(
  context: ServerContext,
  agent: Pick<AgentInfo, 'id'>,
  { sequence, points }: MetricsParams,
): Promise<MetricsResult> {
  const totals = await storeMetrics(context.database, {
    agentId: agent.id,
    sequence,
    points,
    receivedAt: context.clock(),
  });
  const ids: string[] = [];
  for (const [id, total] of totals) {
    const record = context.actions.get(id);
    if (record === undefined) continue;
    context.actions.put({ ...record, metric: summaryOf(record.action, total) });
    ids.push(id);
  }
  context.metrics.metricPoints.inc(points.length);
  if (ids.length > 0) context.bus.publish({ type: 'statusesChanged', ids });
  return { acknowledged: sequence };
}

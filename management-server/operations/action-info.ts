/** An action as editors see it: its definition, its progress, and what each agent says of it. */
import { explain, type KnownAgent } from '@stillframe/core/action/explain';
import type { Action } from '@stillframe/protocol/action';
import type { ActionInfo, CanaryState } from '@stillframe/protocol/messages/ide-connection';
import type { Explanation } from '@stillframe/protocol/status';
import type { ServerContext } from '../server-context.ts';
import type { ActionRecord, CanaryRecord, StoredAction } from '../store/actions-table.ts';

/** Agents that one `ActionInfo` lists; `action/why` has them all. */
const AGENTS_LISTED = 50;

export function actionInfo(context: ServerContext, record: ActionRecord): ActionInfo {
  const { summary, agents } = explanationOf(context, record);
  return {
    ...withRemaining(record.action, context.clock()),
    state: record.state,
    hits: record.hits,
    ...(record.lastHitAt !== undefined && { lastHitAt: record.lastHitAt }),
    ...(record.endedAt !== undefined && { endedAt: record.endedAt }),
    ...(record.metric && { metric: record.metric }),
    ...(record.canary && { canaryState: canaryState(context, record.canary) }),
    summary,
    agents: agents.slice(0, AGENTS_LISTED),
  };
}

export function explanationOf(
  context: ServerContext,
  { action, state, hits, metric, canary, refused }: ActionRecord,
): Explanation {
  const now = context.clock();
  const agents = Array.from(context.agents.all(), (agent): KnownAgent => {
    const status = agent.statuses.get(action.id);
    return { info: agent.info, delivered: agent.delivered.get(action.id) === action.revision, status };
  });
  return explain({
    action: withRemaining(action, now),
    state,
    hits,
    agents,
    now,
    sources: context.sources,
    ...(metric && { metric }),
    ...(canary && { canary }),
    ...(refused && { refused }),
  });
}

function canaryState(context: ServerContext, { state, agentIds, until, reason }: CanaryRecord): CanaryState {
  const agents = agentIds.map((id) => context.agents.get(id)?.info.name ?? id);
  return { state, agents, reason, ...(until !== undefined && { until }) };
}

/** The remaining time is only true at the moment of sending. */
export function withRemaining(action: StoredAction, now: number): Action {
  return { ...action, remainingMs: Math.max(0, action.expiresAt - now) };
}

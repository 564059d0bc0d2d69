import type { ViewOpenResult } from '@stillframe/protocol/messages/ide-connection';
import type { ServerContext } from '../server-context.ts';
import type { ActionRecord } from '../store/actions-table.ts';
import { actionInfo } from './action-info.ts';

/** The whole picture: all agents, all active actions, and the ended ones a person may still want to look at. */
export function openView(context: ServerContext): ViewOpenResult {
  const shown = [...context.actions.all()].filter(({ state }) => state !== 'removed');
  const active = shown.filter(({ state }) => state === 'active');
  const ended = shown.filter(({ state }) => state !== 'active').sort(newestFirst);
  const records = [...active, ...ended.slice(0, context.limits.endedActionsInView)];
  return {
    agents: Array.from(context.agents.all(), (agent) => agent.info),
    actions: records.map((record) => actionInfo(context, record)),
    filesRevision: context.files.revision,
  };
}

function newestFirst(a: ActionRecord, b: ActionRecord): number {
  return (b.endedAt ?? 0) - (a.endedAt ?? 0);
}

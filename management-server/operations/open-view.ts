import type { ViewOpenResult } from '@stillframe/protocol/messages/ide-connection';
import type { ServerContext } from '../server-context.ts';
import type { ActionRecord } from '../store/actions-table.ts';
import { actionInfo } from './action-info.ts';
import { fitting } from './fitting.ts';
import { listSources } from './list-sources.ts';

export interface OpenedView {
  view: ViewOpenResult;
  /** What did not fit into one message; it is told as changes are. */
  left: { agents: string[]; actions: string[] };
}

/** The whole picture: all agents, all active actions, and the ended ones a person may still want to look at. */
export function openView(context: ServerContext): OpenedView {
  const { limits } = context;
  const shown = [...context.actions.all()].filter(({ state }) => state !== 'removed');
  const active = shown.filter(({ state }) => state === 'active');
  const ended = shown.filter(({ state }) => state !== 'active').sort(newestFirst);
  const records = [...active, ...ended.slice(0, limits.endedActionsInView)];
  const infos = Array.from(context.agents.all(), (agent) => agent.info);
  const actions = fitting(records, limits.chunkBytes / 2, (record) => actionInfo(context, record));
  const agents = fitting(infos, limits.chunkBytes / 2, (info) => info);
  return {
    view: { agents, actions, filesRevision: context.files.revision, ...listSources(context) },
    left: {
      agents: infos.slice(agents.length).map(({ id }) => id),
      actions: records.slice(actions.length).map(({ action }) => action.id),
    },
  };
}

function newestFirst(a: ActionRecord, b: ActionRecord): number {
  return (b.endedAt ?? 0) - (a.endedAt ?? 0);
}

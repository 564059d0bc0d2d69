import type { ActionListParams, ActionListResult } from '@stillframe/protocol/messages/ide-connection';
import type { ServerContext } from '../server-context.ts';
import { actionInfo } from './action-info.ts';
import { fitting } from './fitting.ts';

/** The newest come first; what does not fit into one answer is only counted. */
export function listActions(context: ServerContext, { states, ids }: ActionListParams): ActionListResult {
  const wanted = states ?? (ids === undefined ? ['active'] : undefined);
  const records = Array.from(ids?.flatMap((id) => context.actions.get(id) ?? []) ?? context.actions.all())
    .filter(({ state }) => wanted === undefined || wanted.includes(state))
    .reverse();
  const actions = fitting(records, context.limits.chunkBytes, (record) => actionInfo(context, record));
  return { actions, total: records.length };
}

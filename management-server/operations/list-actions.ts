import type { ActionListParams, ActionListResult } from '@stillframe/protocol/messages/ide-connection';
import type { ServerContext } from '../server-context.ts';
import { actionInfo } from './action-info.ts';
import { fitting } from './fitting.ts';

/** The newest come first; what does not fit into one answer is only counted. */
export function listActions(context: ServerContext, { states = ['active'] }: ActionListParams): ActionListResult {
  const records = [...context.actions.all()].filter(({ state }) => states.includes(state)).reverse();
  const actions = fitting(records, context.limits.chunkBytes, (record) => actionInfo(context, record));
  return { actions, total: records.length };
}

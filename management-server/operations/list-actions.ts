import type { ActionListParams, ActionListResult } from '@stillframe/protocol/messages/ide-connection';
import type { ServerContext } from '../server-context.ts';
import { actionInfo } from './action-info.ts';

/** Entries of one answer; the newest come first. */
const MOST = 2000;

export function listActions(context: ServerContext, { states = ['active'] }: ActionListParams): ActionListResult {
  const records = [...context.actions.all()].filter(({ state }) => states.includes(state));
  return {
    actions: records
      .reverse()
      .slice(0, MOST)
      .map((record) => actionInfo(context, record)),
  };
}

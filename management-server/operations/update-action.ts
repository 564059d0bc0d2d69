import { dialectOf as dialectOfFile } from '@stillframe/core/expression/dialect-of';
import { requestError } from '@stillframe/protocol/errors';
import type { Dialect } from '@stillframe/protocol/expression';
import { MAXIMUM_LIFETIME_MS } from '@stillframe/protocol/limits';
import type { ActionInfo, ActionUpdateParams } from '@stillframe/protocol/messages/ide-connection';
import type { ServerContext } from '../server-context.ts';
import { type StoredAction, updateDefinition } from '../store/actions-table.ts';
import { actionInfo } from './action-info.ts';
import { parseDraft } from './parse-draft.ts';

export async function updateAction(context: ServerContext, params: ActionUpdateParams): Promise<ActionInfo> {
  const record = context.actions.get(params.id);
  if (record === undefined)
    throw requestError('notFound', `Cannot find the action "${params.id}"; it may have been removed`);
  const { action: before, state, hits } = record;
  if (state !== 'active') throw conflict(params.id, state);
  const parsed = parseDraft(params, dialectOf(before));
  const { condition: oldCondition, ...rest } = before;
  const condition = params.condition === undefined ? oldCondition : parsed.condition;
  if (params.maxHits !== undefined && params.maxHits <= hits) {
    throw requestError('invalidParams', `Allow more than ${hits} hits, or remove the action: it has ${hits} already`);
  }
  const action: StoredAction = {
    ...rest,
    revision: before.revision + 1,
    ...(condition && { condition }),
    ...(parsed.template && { template: parsed.template }),
    ...(parsed.watches && { watches: parsed.watches }),
    ...(params.level !== undefined && { level: params.level }),
    ...(params.maxHits !== undefined && { maxHits: params.maxHits }),
    ...(params.lifetimeMs !== undefined && { expiresAt: expiry(before, context.clock() + params.lifetimeMs) }),
  };
  if (!(await updateDefinition(context.database, action))) throw conflict(params.id, 'ended');
  // Hits may have been stored in the meantime; they stay counted.
  const updated = { ...(context.actions.get(params.id) ?? record), action };
  context.actions.put(updated);
  context.bus.publish({ type: 'actionsChanged', ids: [action.id] });
  return actionInfo(context, updated);
}

/** Prolonging again and again must not leave anything in production for ever. */
function expiry(action: StoredAction, wanted: number): number {
  return Math.min(wanted, action.createdAt + MAXIMUM_LIFETIME_MS);
}

/** That of the expressions it has, else that of its file. */
function dialectOf({ condition, watches, template, expression, location }: StoredAction): Dialect {
  const inTemplate = template?.parts.find((part) => typeof part !== 'string');
  const known = condition ?? expression ?? watches[0] ?? inTemplate;
  return known?.dialect ?? dialectOfFile(location.path) ?? 'javascript';
}

function conflict(id: string, state: string): Error {
  return requestError('conflict', `Place the action anew: "${id}" is ${state} and cannot be edited any more`);
}

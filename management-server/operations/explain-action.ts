import { requestError } from '@stillframe/protocol/errors';
import type { ActionWhyParams } from '@stillframe/protocol/messages/ide-connection';
import type { Explanation } from '@stillframe/protocol/status';
import type { ServerContext } from '../server-context.ts';
import { explanationOf } from './action-info.ts';

export function explainAction(context: ServerContext, { id }: ActionWhyParams): Explanation {
  const record = context.actions.get(id);
  if (record === undefined)
    throw requestError('notFound', `Cannot find the action "${id}"; it may be past its retention`);
  return explanationOf(context, record);
}

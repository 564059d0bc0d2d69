import { requestError } from '@stillframe/protocol/errors';
import type { SourceRemoveParams, SourceRemoveResult } from '@stillframe/protocol/messages/ide-connection';
import type { ServerContext } from '../server-context.ts';
import { deleteSourceRow } from '../store/sources-table.ts';
import { actionsOfSource } from './save-source.ts';

export async function removeSource(context: ServerContext, { name }: SourceRemoveParams): Promise<SourceRemoveResult> {
  if (!context.sources.has(name)) throw requestError('notFound', `Cannot find a source called "${name}"`);
  const users = actionsOfSource(context, name);
  if (users.length > 0) {
    throw requestError('conflict', `Remove its actions first: ${users.join(', ')} go to the source "${name}"`);
  }
  await deleteSourceRow(context.database, name);
  context.sources.delete(name);
  context.bus.publish({ type: 'sourcesChanged' });
  return { removed: name };
}

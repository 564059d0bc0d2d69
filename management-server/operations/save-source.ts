import { requestError } from '@stillframe/protocol/errors';
import type { SourceSaveParams, SourceSaveResult } from '@stillframe/protocol/messages/ide-connection';
import type { ServerContext } from '../server-context.ts';
import { saveSourceRow } from '../store/sources-table.ts';

/** Saves under its name; live actions that target it follow at once. */
export async function saveSource(context: ServerContext, { source }: SourceSaveParams): Promise<SourceSaveResult> {
  if (!context.sources.has(source.name) && context.sources.size >= context.limits.sources) {
    throw requestError('limitExceeded', `Remove sources that nobody uses: ${context.sources.size} are saved`);
  }
  await saveSourceRow(context.database, source);
  context.sources.set(source.name, source);
  context.bus.publish({ type: 'sourcesChanged' });
  const ids = actionsOfSource(context, source.name);
  if (ids.length > 0) context.bus.publish({ type: 'actionsChanged', ids });
  return { source };
}

/** Active actions that target it. */
export function actionsOfSource({ actions }: ServerContext, name: string): string[] {
  return Array.from(actions.active(), ({ action }) => action)
    .filter(({ target }) => target.by === 'source' && target.source === name)
    .map(({ id }) => id);
}

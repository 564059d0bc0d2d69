import type { ActionRemoveParams, ActionRemoveResult } from '@stillframe/protocol/messages/ide-connection';
import type { ServerContext } from '../server-context.ts';
import { endActions } from '../store/actions-table.ts';

/** Takes actions out of all agents. Their hits stay readable until retention; removing twice is harmless. */
export async function removeActions(context: ServerContext, { ids }: ActionRemoveParams): Promise<ActionRemoveResult> {
  const known = [...new Set(ids)].filter((id) => context.actions.get(id) !== undefined);
  const at = context.clock();
  const from = ['active', 'completed', 'expired', 'withdrawn'] as const;
  const ended = known.length === 0 ? [] : await endActions(context.database, known, { from, to: 'removed', at });
  for (const id of ended) {
    const record = context.actions.get(id);
    if (record !== undefined) context.actions.put({ ...record, state: 'removed', endedAt: record.endedAt ?? at });
  }
  if (ended.length > 0) context.bus.publish({ type: 'actionsChanged', ids: ended });
  return { removed: known, unknown: ids.filter((id) => !known.includes(id)) };
}

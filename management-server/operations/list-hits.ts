import { requestError } from '@stillframe/protocol/errors';
import type { HitHead } from '@stillframe/protocol/hit';
import type { HitListParams, HitListResult } from '@stillframe/protocol/messages/ide-connection';
import type { ServerContext } from '../server-context.ts';
import { type HeadQuery, readHeads } from '../store/hits-table.ts';

const DEFAULT_LIMIT = 100;

export async function listHits(context: ServerContext, params: HitListParams): Promise<HitListResult> {
  const record = context.actions.get(params.actionId);
  if (record === undefined) throw requestError('notFound', `Cannot find the action "${params.actionId}"`);
  const query: HeadQuery = { actionId: params.actionId, limit: params.limit ?? DEFAULT_LIMIT };
  if (params.afterOrdinal !== undefined) query.after = params.afterOrdinal;
  if (params.beforeOrdinal !== undefined) query.before = params.beforeOrdinal;
  const hits: HitHead[] = [];
  let bytes = 0;
  for (const text of await readHeads(context.database, query)) {
    bytes += text.length;
    if (bytes > context.limits.chunkBytes && hits.length > 0) break;
    hits.push(JSON.parse(text) as HitHead);
  }
  return { hits, total: record.hits };
}

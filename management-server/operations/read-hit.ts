import { requestError } from '@stillframe/protocol/errors';
import type { Hit } from '@stillframe/protocol/hit';
import type { HitReadParams } from '@stillframe/protocol/messages/ide-connection';
import type { ServerContext } from '../server-context.ts';
import { readHit as readStoredHit } from '../store/hits-table.ts';

export async function readHit(context: ServerContext, { id }: HitReadParams): Promise<Hit> {
  const hit = await readStoredHit(context.database, id);
  if (hit === undefined) throw requestError('notFound', `Cannot find the hit "${id}"; it may be past its retention`);
  return hit;
}

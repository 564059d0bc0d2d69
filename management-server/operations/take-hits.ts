import type { AgentInfo } from '@stillframe/protocol/agent';
import type { AgentHit } from '@stillframe/protocol/hit';
import type { HitsResult } from '@stillframe/protocol/messages/agent-connection';
import type { ServerContext } from '../server-context.ts';
import { storeHits } from '../store/hits-table.ts';

/** Stores a batch and answers only then. An action that has its last hit is disarmed everywhere at once. */
export async function takeHits(
  context: ServerContext,
  agent: Pick<AgentInfo, 'id' | 'name'>,
  hits: readonly AgentHit[],
): Promise<HitsResult> {
  const stop = context.metrics.hitBatchSeconds.startTimer();
  const { acknowledged, heads, progress, refused } = await storeHits(context.database, {
    agent,
    hits,
    receivedAt: context.clock(),
    bytesPerHit: context.limits.bytesPerHit,
    bytesLeft: context.limits.hitBytes - context.actions.hitBytes,
  });
  stop();
  context.metrics.hitsStored.inc(heads.length);
  for (const { reason } of refused) context.metrics.hitsRefused.inc({ reason });
  const ended = progress.filter((each) => context.actions.advance(each)).map(({ id }) => id);
  if (ended.length > 0) context.bus.publish({ type: 'actionsChanged', ids: ended });
  if (heads.length > 0) context.bus.publish({ type: 'hitsStored', heads });
  // After what was stored, since that is what takes an earlier refusal back.
  const lost = refused.flatMap(({ id, reason }) =>
    (reason === 'full' || reason === 'tooLarge') && context.actions.refuse(id, reason) ? [id] : [],
  );
  if (lost.length > 0) context.bus.publish({ type: 'statusesChanged', ids: lost });
  return { acknowledged };
}

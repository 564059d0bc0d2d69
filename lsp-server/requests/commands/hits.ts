/** `stillframe.hit.list` and `stillframe.hit.open`. */
import { describeAction } from '@stillframe/core/action/describe-action';
import { renderHit } from '@stillframe/core/values/render-hit';
import { requestError } from '@stillframe/protocol/errors';
import type { HitHead } from '@stillframe/protocol/hit';
import { HitList } from '@stillframe/protocol/messages/ide-connection';
import { z } from 'zod';
import type { EditorFace } from '../../state/editor-face.ts';
import type { Session } from '../../state/session.ts';
import { showText } from './show-text.ts';

export const HitListShape = z.object({
  actionId: z.string().max(64),
  before: z.int().min(1).optional(),
  limit: z.int().min(1).max(1000).optional(),
});

/** Newest first; `next` is what to give as `before` for older ones. */
export async function listHits(
  session: Session,
  { actionId, before, limit = 100 }: z.infer<typeof HitListShape>,
): Promise<{ hits: HitHead[]; total: number; next?: number }> {
  const range = { actionId, limit, ...(before !== undefined && { beforeOrdinal: before }) };
  const { hits, total } = await session.link.request(HitList, range);
  const oldest = hits.at(-1)?.ordinal ?? 1;
  return { hits, total, ...(oldest > 1 && { next: oldest }) };
}

export const HitOpenShape = z.object({ actionId: z.string().max(64), hitId: z.string().max(64).optional() });

/** As a read-only text, which every editor can show. */
export async function openHit(
  session: Session,
  editor: EditorFace,
  { actionId, hitId }: z.infer<typeof HitOpenShape>,
): Promise<{ uri: string }> {
  const info = await session.actionOf(actionId);
  const id = hitId ?? (info && (await session.lastHits(info))[0]?.id);
  if (id === undefined) throw requestError('notFound', 'There is no hit yet; the hover on the line says why');
  const hit = await session.link.hit(id);
  const title = info === undefined ? '' : `${describeAction(info)}\n`;
  const text = `${title}${renderHit(hit, { formatTime: (at) => new Date(at).toLocaleString() })}`;
  return { uri: await showText(editor, { kind: 'hits', path: `hit-${hit.ordinal}.txt`, text }) };
}

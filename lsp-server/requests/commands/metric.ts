/** `stillframe.metric.read` and `stillframe.metric.show`: the figures of an action, as data or as a text over time. */
import { renderMetric } from '@stillframe/core/metric/render-metric';
import { requestError } from '@stillframe/protocol/errors';
import { MetricRead, MetricReadParams, type MetricReadResult } from '@stillframe/protocol/messages/ide-connection';
import { z } from 'zod';
import { editorAction } from '../../convert/editor-action.ts';
import type { EditorFace } from '../../state/editor-face.ts';
import type { Session } from '../../state/session.ts';
import { showText } from './show-text.ts';

export const MetricReadShape = MetricReadParams;

export function readMetric(session: Session, params: MetricReadParams): Promise<MetricReadResult> {
  return session.link.request(MetricRead, params);
}

export const MetricShowShape = z.object({ id: z.string().max(64) });

export async function showMetric(
  session: Session,
  editor: EditorFace,
  { id }: z.infer<typeof MetricShowShape>,
): Promise<{ uri: string }> {
  const info = await session.actionOf(id);
  if (info === undefined) throw requestError('notFound', `Cannot find the action "${id}"; it may have been removed`);
  const result = await readMetric(session, { actionId: id });
  const { label, summary } = await editorAction(session, info);
  const heading = [label, summary];
  const text = renderMetric(result, { heading, formatTime: (at) => new Date(at).toLocaleTimeString() });
  return { uri: await showText(editor, { kind: 'hits', path: `${info.kind}-${id}.txt`, text }) };
}

/**
 * `stillframe.action.measure`: what can be measured at a function or a line, as a menu of the dialog every editor has. Our
 * own extensions ask in input boxes instead.
 */
import { z } from 'zod';
import { pathOfUri } from '../../convert/uri.ts';
import type { EditorFace } from '../../state/editor-face.ts';
import type { Session } from '../../state/session.ts';
import { createAction } from './create-action.ts';

export const MeasureShape = z.object({
  uri: z.string().max(8192),
  line: z.int().min(0),
  character: z.int().min(0).optional(),
  functionName: z.string().max(300).optional(),
});

export async function measure(
  session: Session,
  editor: EditorFace,
  { uri, line, character, functionName }: z.infer<typeof MeasureShape>,
): Promise<{ id: string } | null> {
  const at = { uri, line, ...(character !== undefined && { character }) };
  const place = `line ${line + 1} of ${(pathOfUri(uri) ?? '').split(/[\\/]/).at(-1)}`;
  const { text } = await session.defaultTarget();
  const target = text === 'all' ? 'every agent that runs it' : text;
  const what = functionName ?? 'the function';
  const duration = { ...at, kind: 'duration', ...(functionName !== undefined && { functionName }) } as const;
  const choices = [
    { title: `Duration of ${what}`, spec: duration },
    {
      title: `Duration of ${what}, with snapshots of its slowest calls`,
      spec: { ...duration, sampling: { by: 'slowest' } } as const,
    },
    {
      title: functionName === undefined ? 'How often this line runs' : `Calls of ${what}`,
      spec: { ...at, kind: 'counter' } as const,
    },
  ];
  const titles = [...choices.map(({ title }) => title), 'Cancel'];
  const chosen = await editor.ask(`Measure what at ${place} on ${target}?`, titles);
  const spec = choices.find(({ title }) => title === chosen)?.spec;
  return spec === undefined ? null : createAction(session, editor, spec);
}

/**
 * `stillframe.action.compose`: placing in editors without an input box of ours. The selection is the input; what is left to
 * say is asked with the one dialog every editor has.
 */
import { dialectOf } from '@stillframe/core/expression/dialect-of';
import { parseCondition } from '@stillframe/core/expression/parse-expression';
import { z } from 'zod';
import { pathOfUri } from '../../convert/uri.ts';
import type { EditorFace } from '../../state/editor-face.ts';
import { variablesIn } from '../../state/open-document.ts';
import type { Session } from '../../state/session.ts';
import { createAction } from './create-action.ts';

export const ComposeShape = z.object({
  uri: z.string().max(8192),
  line: z.int().min(0),
  character: z.int().min(0).optional(),
  kind: z.enum(['snapshot', 'log']).optional(),
  selection: z.string().max(2048).optional(),
  functionName: z.string().max(300).optional(),
});

export async function composeAction(
  session: Session,
  editor: EditorFace,
  spec: z.infer<typeof ComposeShape>,
): Promise<{ id: string } | null> {
  const { uri, line, character, selection, kind = 'snapshot' } = spec;
  const at = { uri, line, ...(character !== undefined && { character }) };
  const path = pathOfUri(uri) ?? '';
  const dialect = dialectOf(path) ?? 'javascript';
  const place = `line ${line + 1} of ${path.split(/[\\/]/).at(-1)}`;
  const { text } = await session.defaultTarget();
  const target = text === 'all' ? 'every agent that runs it' : text;
  if (kind === 'log') {
    const names = selection ? [selection] : variablesIn(session.documentAt(uri, path)?.line(line) ?? '').slice(0, 3);
    const logMessage = names.map((name) => `${name} = {${name}}`).join(', ') || `reached ${spec.functionName ?? place}`;
    const choice = await editor.ask(`Log "${logMessage}" at ${place} on ${target}?`, ['Place log', 'Cancel']);
    return choice === 'Place log' ? createAction(session, editor, { ...at, kind, logMessage }) : null;
  }
  const condition =
    selection !== undefined && parseCondition(selection, dialect).tree !== undefined ? selection : undefined;
  const guarded = `Snapshot when ${condition}`;
  const choices = ['Place snapshot', ...(condition === undefined ? [] : [guarded]), 'Cancel'];
  const choice = await editor.ask(`Place a snapshot at ${place} on ${target}?`, choices);
  if (choice === 'Place snapshot') return createAction(session, editor, { ...at, kind });
  if (choice === guarded && condition !== undefined) return createAction(session, editor, { ...at, kind, condition });
  return null;
}

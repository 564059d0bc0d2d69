import { formatValue } from '@stillframe/core/values/format-value';
import { z } from 'zod';
import { insideOf } from '../convert/variable.ts';
import type { AdapterSession, FrameRef } from '../state/adapter-session.ts';
import { Problem } from '../state/problem.ts';
import { evaluated } from '../state/value-table.ts';
import { consoleWord } from './console.ts';
import { type Answer, Format, Text } from './request.ts';

export const EvaluateShape = z.object({
  expression: Text,
  frameId: z.int().optional(),
  context: z.string().max(50).optional(),
  format: Format,
});

const LINE_LENGTH = 300;
const CLIPBOARD_LENGTH = 100_000;

/** Over captured data only; nothing is ever run in the service. */
export async function evaluate(
  session: AdapterSession,
  { expression, frameId, context, format }: z.infer<typeof EvaluateShape>,
): Promise<Answer> {
  // Clients with a single box to type into do not name its purpose.
  if (context === 'repl' || context === undefined) {
    const answer = await consoleWord(session, expression.trim(), frameId);
    if (answer !== undefined) {
      return { body: { result: answer.text, variablesReference: 0 }, ...(answer.after && { after: answer.after }) };
    }
  }
  const { hitId, frame } = await frameFor(session, frameId);
  const { table, value: index } = evaluated(await session.link.hit(hitId), frame, expression);
  const value = table.values[index];
  const isCopy = context === 'clipboard';
  const maxLength = isCopy ? CLIPBOARD_LENGTH : LINE_LENGTH;
  const plain = isCopy && typeof value?.literal === 'string' ? value.literal : undefined;
  return {
    body: {
      result: plain ?? formatValue(table.values, index, { maxLength, hex: format?.hex ?? false }),
      type: value?.type ?? '',
      ...insideOf(session, table, index, expression),
    },
  };
}

/** Without a frame, the top one of the thread that was shown last. */
export async function frameFor(session: AdapterSession, frameId: number | undefined): Promise<FrameRef> {
  if (frameId !== undefined) {
    const ref = session.frames.get(frameId);
    if (ref === undefined) throw new Problem('This frame is of another session; select it again', { quiet: true });
    return ref;
  }
  const hit = await session.hitOf(session.latestThread());
  return { hitId: hit.id, actionId: hit.actionId, frame: 0 };
}

import { dialectOf } from '@stillframe/core/expression/dialect-of';
import { evaluateOnHit } from '@stillframe/core/expression/evaluate-on-hit';
import { formatValue } from '@stillframe/core/values/format-value';
import type { Hit } from '@stillframe/protocol/hit';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { referenceOf } from '../convert/variable.ts';
import type { AdapterSession } from '../state/adapter-session.ts';
import { Problem } from '../state/problem.ts';
import { replCommand } from './repl.ts';

export interface Evaluation {
  body: DebugProtocol.EvaluateResponse['body'];
  /** To be done once the answer is on its way. */
  after?: () => Promise<void>;
}

/** Over captured data only; nothing is ever run in the service. */
export async function evaluate(
  session: AdapterSession,
  { expression, frameId, context, format }: DebugProtocol.EvaluateArguments,
): Promise<Evaluation> {
  if (context === 'repl') {
    const answer = await replCommand(session, expression.trim(), frameId);
    if (answer !== undefined)
      return { body: { result: answer.text, variablesReference: 0 }, ...(answer.after && { after: answer.after }) };
  }
  const { hit, frame } = await frameFor(session, frameId);
  const dialect = dialectOf(hit.frames[frame]?.path ?? '') ?? 'javascript';
  const result = evaluateOnHit(expression, hit, frame, dialect);
  if ('problem' in result) throw new Problem(result.problem, { quiet: true });
  const table: Hit = result.values === hit.values ? hit : { ...hit, values: result.values };
  const whole = context === 'clipboard';
  const value = result.values[result.value];
  return {
    body: {
      result:
        whole && typeof value?.literal === 'string'
          ? value.literal
          : formatValue(result.values, result.value, { maxLength: whole ? 100_000 : 300, hex: format?.hex ?? false }),
      type: value?.type ?? '',
      variablesReference: referenceOf(session, table, result.value, expression),
    },
  };
}

/** Without a frame, the one that was stopped at last. */
async function frameFor(session: AdapterSession, frameId: number | undefined): Promise<{ hit: Hit; frame: number }> {
  const ref = frameId === undefined ? undefined : session.frames.get(frameId);
  if (ref !== undefined) return { hit: await session.link.hit(ref.hitId), frame: ref.frame };
  const [latest] = [...session.threads.values()].sort((a, b) => b.lastStopAt - a.lastStopAt);
  if (latest === undefined) throw new Problem('There is no hit yet to look into', { quiet: true });
  return { hit: await session.hitOf(latest), frame: 0 };
}

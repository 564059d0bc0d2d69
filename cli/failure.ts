/** What a command could not do, in one line. */
import type { ExpressionProblem } from '@stillframe/protocol/errors';

/** A mistake of the person at the terminal. */
export class UsageError extends Error {}

/** Problems of an expression are shown with the place in what was typed. */
export function failureText(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const [problem] = problemsOf(error);
  const where = problem === undefined ? '' : ` (at character ${problem.start + 1})`;
  return `${message}${where}`.replaceAll(/\s*\n\s*/g, ' ');
}

function problemsOf(error: unknown): readonly ExpressionProblem[] {
  const { data } = Object(error) as { data?: { problems?: readonly ExpressionProblem[] } };
  return data?.problems ?? [];
}

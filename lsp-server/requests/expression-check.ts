/** `stillframe/expressionCheck`: what is wrong with an expression while it is typed. */
import { dialectOf } from '@stillframe/core/expression/dialect-of';
import { parseCondition, parseExpression } from '@stillframe/core/expression/parse-expression';
import { parseTemplate } from '@stillframe/core/expression/parse-template';
import { requestError } from '@stillframe/protocol/errors';
import type { ExpressionCheckResult } from '@stillframe/protocol/messages/editor-extensions';
import { z } from 'zod';
import { pathOfUri } from '../convert/uri.ts';

const PARSERS = { condition: parseCondition, expression: parseExpression, template: parseTemplate };

const Params = z.object({
  uri: z.string().max(8192),
  text: z.string().max(100_000),
  kind: z.enum(['condition', 'expression', 'template']),
});

export function checkExpression(raw: unknown): ExpressionCheckResult {
  const params = Params.safeParse(raw);
  if (!params.success) throw requestError('invalidParams', z.prettifyError(params.error));
  const { uri, text, kind } = params.data;
  const dialect = dialectOf(pathOfUri(uri) ?? '') ?? 'javascript';
  const [problem] = PARSERS[kind](text, dialect).problems;
  if (problem === undefined) return {};
  const { message, start, end } = problem;
  return { problem: { message, start, end } };
}

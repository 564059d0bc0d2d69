/** `stillframe/expressionCheck`: what is wrong with an expression while it is typed. */
import { dialectOf } from '@stillframe/core/expression/dialect-of';
import { parseCondition, parseExpression } from '@stillframe/core/expression/parse-expression';
import { parseTemplate } from '@stillframe/core/expression/parse-template';
import type { ExpressionCheckParams, ExpressionCheckResult } from '@stillframe/protocol/messages/editor-extensions';
import { pathOfUri } from '../convert/uri.ts';

const PARSERS = { condition: parseCondition, expression: parseExpression, template: parseTemplate };

export function checkExpression({ uri, text, kind }: ExpressionCheckParams): ExpressionCheckResult {
  const dialect = dialectOf(pathOfUri(uri) ?? '') ?? 'javascript';
  const [problem] = PARSERS[kind](text, dialect).problems;
  if (problem === undefined) return {};
  const { message, start, end } = problem;
  return { problem: { message, start, end } };
}

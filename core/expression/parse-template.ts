/** Log texts: literal parts and `{expression}` parts; `{{` and `}}` stand for the braces themselves. */
import type { ExpressionProblem } from '@stillframe/protocol/errors';
import type { Dialect, Expression, Template } from '@stillframe/protocol/expression';
import { MAX_EXPRESSION_LENGTH } from '@stillframe/protocol/limits';
import { parseExpression } from './parse-expression.ts';

const MAX_PARTS = 100;

export function parseTemplate(text: string, dialect: Dialect): { template?: Template; problems: ExpressionProblem[] } {
  if (text.length > MAX_EXPRESSION_LENGTH) {
    const message = `Shorten the text: it has ${text.length} characters, ${MAX_EXPRESSION_LENGTH} are allowed`;
    return { problems: [{ message, start: MAX_EXPRESSION_LENGTH, end: text.length }] };
  }
  const parts: (string | Expression)[] = [];
  const problems: ExpressionProblem[] = [];
  let literal = '';
  let at = 0;
  while (at < text.length) {
    const character = text[at];
    if ((character === '{' || character === '}') && text[at + 1] === character) {
      literal += character;
      at += 2;
    } else if (character === '{') {
      const end = closingBrace(text, at + 1);
      if (end === undefined) {
        problems.push({
          message: 'Close the expression with "}"; write {{ for a plain brace',
          start: at,
          end: text.length,
        });
        break;
      }
      const source = text.slice(at + 1, end);
      const { tree, problems: inner } = parseExpression(source, dialect);
      for (const problem of inner)
        problems.push({ ...problem, start: problem.start + at + 1, end: problem.end + at + 1 });
      if (literal !== '') parts.push(literal);
      literal = '';
      if (tree !== undefined) parts.push({ text: source, dialect, tree });
      at = end + 1;
    } else if (character === '}') {
      problems.push({ message: 'Write }} for a plain brace', start: at, end: at + 1 });
      at += 1;
    } else {
      literal += character;
      at += 1;
    }
  }
  if (literal !== '') parts.push(literal);
  if (parts.length > MAX_PARTS) {
    problems.push({ message: `Use fewer expressions: ${MAX_PARTS} parts are allowed`, start: 0, end: text.length });
  }
  return problems.length > 0 ? { problems } : { template: { text, parts }, problems: [] };
}

/** The offset of the brace that ends an expression; braces in strings do not count. */
function closingBrace(text: string, start: number): number | undefined {
  let quote: string | undefined;
  for (let at = start; at < text.length; at++) {
    const character = text[at];
    if (quote !== undefined) {
      if (character === '\\') at += 1;
      else if (character === quote) quote = undefined;
    } else if (character === '"' || character === "'") quote = character;
    else if (character === '}') return at;
  }
  return undefined;
}

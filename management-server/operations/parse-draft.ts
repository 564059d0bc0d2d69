/** The expressions of a draft, parsed; their problems name the field they are in. */
import { parseCondition, parseExpression } from '@stillframe/core/expression/parse-expression';
import { parseTemplate } from '@stillframe/core/expression/parse-template';
import type { ActionDraft, Sampling } from '@stillframe/protocol/action';
import { type ExpressionProblem, requestError } from '@stillframe/protocol/errors';
import type { Dialect, Expression, Template } from '@stillframe/protocol/expression';

export interface ParsedDraft {
  condition?: Expression;
  watches?: Expression[];
  template?: Template;
  expression?: Expression;
  sampling?: Sampling;
}

type Texts = Pick<ActionDraft, 'condition' | 'watches' | 'template' | 'expression' | 'sampling'>;

/** Throws `invalidExpression` with all problems of all fields. */
export function parseDraft(texts: { [K in keyof Texts]?: Texts[K] | null }, dialect: Dialect): ParsedDraft {
  const problems: ExpressionProblem[] = [];
  const note = (field: string, found: readonly ExpressionProblem[]) =>
    problems.push(...found.map((problem) => ({ ...problem, field })));
  const parsed: ParsedDraft = {};
  if (typeof texts.condition === 'string') {
    const { tree, problems: found } = parseCondition(texts.condition, dialect);
    note('condition', found);
    if (tree !== undefined) parsed.condition = { text: texts.condition, dialect, tree };
  }
  if (typeof texts.expression === 'string') {
    const { tree, problems: found } = parseExpression(texts.expression, dialect);
    note('expression', found);
    if (tree !== undefined) parsed.expression = { text: texts.expression, dialect, tree };
  }
  if (typeof texts.template === 'string') {
    const { template, problems: found } = parseTemplate(texts.template, dialect);
    note('template', found);
    if (template !== undefined) parsed.template = template;
  }
  if (texts.sampling?.by === 'distinct') {
    const { tree, problems: found } = parseExpression(texts.sampling.expression, dialect);
    note('sampling', found);
    if (tree !== undefined)
      parsed.sampling = { by: 'distinct', expression: { text: texts.sampling.expression, dialect, tree } };
  } else if (texts.sampling) parsed.sampling = texts.sampling;
  if (texts.watches) parsed.watches = [];
  for (const [at, text] of (texts.watches ?? []).entries()) {
    const { tree, problems: found } = parseExpression(text, dialect);
    note(`watches[${at}]`, found);
    if (tree !== undefined) parsed.watches?.push({ text, dialect, tree });
  }
  const [first] = problems;
  if (first !== undefined) {
    throw requestError('invalidExpression', `Change the ${first.field}: ${first.message}`, { problems });
  }
  return parsed;
}

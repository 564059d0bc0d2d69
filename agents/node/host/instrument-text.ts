/**
 * Puts a site before each statement that begins a line, where the statement is carried out exactly once when it is reached:
 * loops that look at their condition again and declarations without a value are left alone. A text that does not parse,
 * that is minified or too large stays as it is.
 */
import { type AnyNode, type Program, parse, type Statement } from 'acorn';
import { SITES_NAME, siteText } from '../shared/instrumentation.ts';

export type Instrumented = { text: string; problem?: undefined } | { text?: undefined; problem: string };

/** Parsing is part of the service's start. */
const MAX_LENGTH = 2_097_152;
/** Columns of such lines matter to source maps, and no person counts there. */
const LONGEST_LINE = 2_000;

/** `takeSites` gives the first of that many numbers, -1 when there are no more. */
export function instrumentText(
  text: string,
  isModule: boolean | undefined,
  takeSites: (count: number) => number,
): Instrumented {
  if (text.length > MAX_LENGTH) return { problem: 'it is larger than 2 MB' };
  if (text.includes(SITES_NAME)) return { problem: `it mentions ${SITES_NAME}` };
  if (text.split('\n').some(({ length }) => length > LONGEST_LINE)) return { problem: 'it is minified' };
  const program = parsed(text, isModule);
  if (program === undefined) return { problem: 'it does not parse as JavaScript' };
  const starts = siteStarts(program);
  if (starts.length === 0) return { problem: 'it has no statements' };
  const first = takeSites(starts.length);
  if (first === -1) return { problem: 'there is no room for more sites' };
  let rewritten = '';
  let copied = 0;
  for (const [at, start] of starts.entries()) {
    rewritten += text.slice(copied, start) + siteText(first + at);
    copied = start;
  }
  return { text: rewritten + text.slice(copied) };
}

function parsed(text: string, isModule: boolean | undefined): Program | undefined {
  const types = isModule === undefined ? (['script', 'module'] as const) : ([isModule ? 'module' : 'script'] as const);
  for (const sourceType of types) {
    try {
      return parse(text, {
        ecmaVersion: 'latest',
        sourceType,
        allowHashBang: true,
        allowReturnOutsideFunction: sourceType === 'script',
        locations: true,
      });
    } catch {
      // The other kind is tried.
    }
  }
  return undefined;
}

/** Offsets, ascending: of the first statement of each line, where it can carry a site. */
function siteStarts(program: Program): number[] {
  const firstOnLine = new Map<number, { start: number; fits: boolean }>();
  const open: AnyNode[] = [program];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    for (const statement of statementsIn(node)) {
      const line = statement.loc?.start.line ?? 0;
      const known = firstOnLine.get(line);
      if (known === undefined || statement.start < known.start)
        firstOnLine.set(line, { start: statement.start, fits: carries(statement) });
    }
    open.push(...childrenOf(node));
  }
  return [...firstOnLine.values()]
    .filter(({ fits }) => fits)
    .map(({ start }) => start)
    .sort((a, b) => a - b);
}

type Listed = Statement | Program['body'][number];

/** Only in lists of statements: elsewhere braces would be needed. */
function statementsIn(node: AnyNode): readonly Listed[] {
  switch (node.type) {
    case 'Program':
    case 'BlockStatement':
    case 'StaticBlock':
      return node.body;
    case 'SwitchCase':
      return node.consequent;
    default:
      return [];
  }
}

function carries(node: Listed): boolean {
  switch (node.type) {
    case 'ExpressionStatement':
      // `'use strict'` has to stay first.
      return node.directive === undefined;
    case 'VariableDeclaration':
      return node.declarations.some(({ init }) => init != null);
    case 'ExportNamedDeclaration':
      return node.declaration?.type === 'VariableDeclaration' && carries(node.declaration);
    case 'ForStatement':
      return node.init != null && (node.init.type !== 'VariableDeclaration' || carries(node.init));
    case 'ReturnStatement':
    case 'IfStatement':
    case 'SwitchStatement':
    case 'ThrowStatement':
    case 'BreakStatement':
    case 'ContinueStatement':
      return true;
    default:
      return false;
  }
}

function childrenOf(node: AnyNode): AnyNode[] {
  const children: AnyNode[] = [];
  for (const [key, value] of Object.entries(node)) {
    if (key === 'loc') continue;
    if (Array.isArray(value)) children.push(...value.filter(isNode));
    else if (isNode(value)) children.push(value);
  }
  return children;
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';
}

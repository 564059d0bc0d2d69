/** Where the functions of a file are, and the first statement of each: the place an action on a function goes to. */
import type { Node } from 'web-tree-sitter';
import type { GrammarName } from './load-grammar.ts';

/** Lines and columns 0-based, UTF-16 units. */
export interface FunctionPosition {
  /** `total`, `Pricing.total`, `post("/orders") callback`. */
  name: string;
  /** Where the function begins: its header's line. */
  line: number;
  column: number;
  endLine: number;
  /** Its first statement. */
  bodyLine: number;
  /** Set where the body is an expression on a line with other code. */
  bodyColumn?: number;
}

/** A function with the rows its syntax takes up. */
export interface FoundFunction {
  position: FunctionPosition;
  firstRow: number;
  lastRow: number;
}

/** In the order of the text; those that touch these rows, or all. */
export function collectFunctions(
  root: Node,
  grammar: GrammarName,
  rows: { first: number; last: number } = { first: 0, last: root.endPosition.row },
): FoundFunction[] {
  const from = { row: rows.first, column: 0 };
  const to = { row: rows.last + 1, column: 0 };
  return root
    .descendantsOfType(FUNCTION_TYPES[grammar], from, to)
    .flatMap((node) => (node === null ? [] : (found(node, grammar) ?? [])))
    .sort((a, b) => a.position.line - b.position.line || a.position.column - b.position.column);
}

const FUNCTION_TYPES: Record<GrammarName, string[]> = {
  javascript: [
    'function_declaration',
    'generator_function_declaration',
    'method_definition',
    'function_expression',
    'generator_function',
    'arrow_function',
  ],
  typescript: [],
  tsx: [],
  python: ['function_definition'],
  java: ['method_declaration', 'constructor_declaration', 'compact_constructor_declaration'],
  kotlin: ['function_declaration', 'secondary_constructor'],
};
FUNCTION_TYPES.typescript = FUNCTION_TYPES.javascript;
FUNCTION_TYPES.tsx = FUNCTION_TYPES.javascript;

function found(node: Node, grammar: GrammarName): FoundFunction | undefined {
  const name = nameOf(node);
  const body = bodyOf(node);
  if (name === undefined || body === undefined) return undefined;
  const first = firstStatement(body, grammar);
  const { row, column } = headerOf(node).startPosition;
  const lastRow = node.endPosition.row;
  const position: FunctionPosition = {
    name: qualified(name, node, grammar),
    line: row,
    column,
    endLine: lastRow,
    bodyLine: first.line,
    ...(first.column !== undefined && { bodyColumn: first.column }),
  };
  return { position, firstRow: node.startPosition.row, lastRow };
}

/** The line a person reads as the function's: that of its name, below decorators and annotations. */
function headerOf(node: Node): Node {
  return node.childForFieldName('name') ?? holderOf(node)?.childForFieldName('name') ?? node;
}

/** Functions without a name of their own get that of what they are assigned to or passed to. */
function nameOf(node: Node): string | undefined {
  const own = node.childForFieldName('name')?.text ?? identifierChild(node);
  if (own !== undefined) return own;
  if (node.type === 'secondary_constructor') return 'constructor';
  const holder = holderOf(node);
  if (holder === undefined) return callbackName(node);
  const name = holder.childForFieldName('name') ?? holder.childForFieldName('key') ?? holder.childForFieldName('left');
  return name?.text ?? holder.childForFieldName('property')?.text;
}

function identifierChild(node: Node): string | undefined {
  if (node.type !== 'function_declaration') return undefined;
  return node.namedChildren.find((child) => child?.type === 'simple_identifier' || child?.type === 'identifier')?.text;
}

const HOLDERS = new Set([
  'variable_declarator',
  'assignment_expression',
  'pair',
  'public_field_definition',
  'field_definition',
]);

function holderOf(node: Node): Node | undefined {
  const parent = node.parent?.type === 'parenthesized_expression' ? node.parent.parent : node.parent;
  return parent !== null && parent !== undefined && HOLDERS.has(parent.type) ? parent : undefined;
}

/** `app.post('/orders', async (req) => { … })`: the handlers of most web services. One-line callbacks are left alone. */
function callbackName(node: Node): string | undefined {
  const call = node.parent?.type === 'arguments' ? node.parent.parent : undefined;
  const callee = call?.type === 'call_expression' ? call.childForFieldName('function') : undefined;
  if (!callee || node.childForFieldName('body')?.type !== 'statement_block') return undefined;
  if (node.endPosition.row - node.startPosition.row < 2) return undefined;
  const label = call?.childForFieldName('arguments')?.namedChildren[0];
  const text = label?.type === 'string' ? label.text.slice(0, 40) : '';
  const name = callee.childForFieldName('property')?.text ?? callee.text.slice(0, 40);
  return `${name}(${text}) callback`;
}

const OWNERS = new Set([
  'class',
  'class_declaration',
  'abstract_class_declaration',
  'class_definition',
  'interface_declaration',
  'enum_declaration',
  'record_declaration',
  'object_declaration',
]);

/** With the name of the class it is a member of; functions inside functions have only their own. */
function qualified(name: string, node: Node, grammar: GrammarName): string {
  for (let parent = node.parent; parent !== null; parent = parent.parent) {
    if (FUNCTION_TYPES[grammar].includes(parent.type)) return name;
    if (!OWNERS.has(parent.type)) continue;
    const owner =
      parent.childForFieldName('name') ?? parent.namedChildren.find((child) => child?.type.endsWith('identifier'));
    return owner ? `${owner.text}.${name}` : name;
  }
  return name;
}

/** Abstract and declared functions have none. */
function bodyOf(node: Node): Node | undefined {
  const body = node.childForFieldName('body');
  if (body !== null) return body;
  return node.namedChildren.find((child) => child?.type === 'function_body' || child?.type === 'block') ?? undefined;
}

function firstStatement(body: Node, grammar: GrammarName): { line: number; column?: number } {
  const block = blockOf(body);
  if (block === undefined) {
    const { row, column } = expressionIn(body).startPosition;
    return { line: row, column };
  }
  const statements = block.namedChildren.filter((child): child is Node => child !== null && !isSilent(child, grammar));
  const first = statements[0];
  if (first === undefined) return { line: body.endPosition.row };
  const { row, column } = first.startPosition;
  // `() => { return 1 }` on the function's own line needs the column to mean the body.
  return row === body.startPosition.row ? { line: row, column } : { line: row };
}

function blockOf(body: Node): Node | undefined {
  if (/^(statement_block|block|constructor_body)$/.test(body.type)) {
    const inner = body.namedChildren[0];
    return inner?.type === 'statements' ? inner : body;
  }
  const inner = body.namedChildren[0];
  if (body.type !== 'function_body' || !inner) return undefined;
  if (inner.type === 'block' || inner.type === 'statements') return blockOf(inner) ?? inner;
  return body.text.trimStart().startsWith('{') ? body : undefined;
}

/** The value of an expression body, inside the parentheses of `() => ({ … })`. */
function expressionIn(body: Node): Node {
  if (body.type !== 'parenthesized_expression' && body.type !== 'function_body') return body;
  return body.namedChildren.find((child) => child !== null && !isComment(child)) ?? body;
}

function isComment({ type }: Node): boolean {
  return type.endsWith('comment');
}

/** Comments, directives and docstrings: nothing runs there. */
function isSilent(node: Node, grammar: GrammarName): boolean {
  if (isComment(node)) return true;
  if (node.type !== 'expression_statement') return false;
  const only = node.namedChildren[0];
  if (only?.type !== 'string') return false;
  return grammar === 'python' || /^['"]use /.test(only.text);
}

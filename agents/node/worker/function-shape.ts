/**
 * Functions of a script as a person points at them (their name, the line they begin on, a line inside), and where one begins
 * and ends to be executed.
 */
import type { AnyNode, Program, ReturnStatement } from 'acorn';
import { type AnyFunction, childrenOf, isFunction, pathTo } from './scope-analysis.ts';

export interface NamedFunction {
  node: AnyFunction;
  /** `name`, or `Class.name` for what stands in a class; undefined where nothing names it. */
  name: string | undefined;
  /** Where its name is written, for a source map that knows the author's. */
  nameAt: number | undefined;
  /** From its name or keyword on: `const total = async () => …` begins at `total`. */
  start: number;
  end: number;
}

/** Outermost first, in the order of the text. */
export function functionsOf(program: Program): NamedFunction[] {
  const found: NamedFunction[] = [];
  const open: { node: AnyNode; parent: AnyNode | undefined; owner: string | undefined }[] = [
    { node: program, parent: undefined, owner: undefined },
  ];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { node, parent, owner } = next;
    if (isFunction(node)) found.push(named(node, parent, owner));
    const inner =
      node.type === 'ClassDeclaration' || node.type === 'ClassExpression' ? className(node, parent) : undefined;
    const passed = inner ?? (isFunction(node) ? undefined : owner);
    for (const child of childrenOf(node)) {
      // A method is `MethodDefinition` → `FunctionExpression`: the class's name goes through to it.
      open.push({ node: child, parent: node, owner: passed });
    }
  }
  return found.sort((a, b) => a.start - b.start || b.end - a.end);
}

function className(node: AnyNode & { type: 'ClassDeclaration' | 'ClassExpression' }, parent: AnyNode | undefined) {
  return (
    node.id?.name ??
    (parent?.type === 'VariableDeclarator' && parent.id.type === 'Identifier' ? parent.id.name : undefined)
  );
}

function named(node: AnyFunction, parent: AnyNode | undefined, owner: string | undefined): NamedFunction {
  const holder = nameOf(node, parent);
  const start = Math.min(node.start, holder?.from ?? node.start);
  const name = holder?.name;
  const isMember = parent?.type === 'MethodDefinition' || parent?.type === 'PropertyDefinition';
  return {
    node,
    name: name !== undefined && isMember && owner !== undefined ? `${owner}.${name}` : name,
    nameAt: holder?.at,
    start,
    end: node.end,
  };
}

function nameOf(
  node: AnyFunction,
  parent: AnyNode | undefined,
): { name: string; at: number; from: number } | undefined {
  switch (parent?.type) {
    case 'MethodDefinition':
    case 'PropertyDefinition':
    case 'Property': {
      if (parent.value !== node) break;
      const { key } = parent;
      if (key.type === 'Identifier' && !parent.computed) return { name: key.name, at: key.start, from: parent.start };
      if (key.type === 'PrivateIdentifier') return { name: `#${key.name}`, at: key.start, from: parent.start };
      if (key.type === 'Literal') return { name: String(key.value), at: key.start, from: parent.start };
      break;
    }
    case 'VariableDeclarator':
      if (parent.id.type === 'Identifier') return { name: parent.id.name, at: parent.id.start, from: parent.start };
      break;
    case 'AssignmentExpression': {
      const { left } = parent;
      if (left.type === 'Identifier') return { name: left.name, at: left.start, from: parent.start };
      if (left.type === 'MemberExpression' && left.property.type === 'Identifier')
        return { name: left.property.name, at: left.property.start, from: parent.start };
      break;
    }
    case 'AssignmentPattern':
      if (parent.left.type === 'Identifier')
        return { name: parent.left.name, at: parent.left.start, from: parent.start };
  }
  if (node.type === 'ArrowFunctionExpression' || node.id == null) return undefined;
  return { name: node.id.name, at: node.id.start, from: node.start };
}

/** Whether a loop inside the function repeats what stands at the offset. */
export function isRepeated(fn: AnyFunction, offset: number): boolean {
  const path = pathTo(fn as unknown as Program, offset);
  return path.some((node, at) => {
    const inner = path[at + 1];
    if (node.type === 'WhileStatement' || node.type === 'DoWhileStatement') return true;
    if (node.type === 'ForStatement') return inner !== node.init;
    if (node.type === 'ForInStatement' || node.type === 'ForOfStatement') return inner !== node.right;
    return false;
  });
}

/** The function's own `return` statements, not those of functions inside it. */
export function returnsOf(fn: AnyFunction): ReturnStatement[] {
  const found: ReturnStatement[] = [];
  const open: AnyNode[] = [fn.body];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (isFunction(node) || node.type === 'ClassBody') continue;
    if (node.type === 'ReturnStatement') found.push(node);
    open.push(...childrenOf(node));
  }
  return found.sort((a, b) => a.start - b.start);
}

const RUNS_CODE = new Set([
  'CallExpression',
  'NewExpression',
  'AwaitExpression',
  'YieldExpression',
  'TaggedTemplateExpression',
  'ImportExpression',
]);

/** Nothing is called to work out what is returned. */
export function returnsAtOnce(statement: ReturnStatement): boolean {
  const open: AnyNode[] = statement.argument == null ? [] : [statement.argument];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (RUNS_CODE.has(node.type)) return false;
    if (!isFunction(node)) open.push(...childrenOf(node));
  }
  return true;
}

/** The innermost function round an offset, its head not counted; undefined outside of all. */
export function functionAround(program: Program, offset: number): AnyFunction | undefined {
  return pathTo(program, offset).findLast(
    (node): node is AnyFunction => isFunction(node) && node.body.start <= offset && offset < node.body.end,
  );
}

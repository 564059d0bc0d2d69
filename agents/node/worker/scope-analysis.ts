/**
 * Which variables are visible at a position, from the text V8 executes. Parameters and locals of the innermost function are
 * always readable there; a variable of an enclosing function or of the module only when the function itself mentions it,
 * because V8 keeps no others.
 */
import { type AnyNode, type Class, type Pattern, type Program, parse } from 'acorn';
import type { VisibleName } from '../shared/probe-messages.ts';

export interface ScopeAt {
  names: ScopedName[];
  /** `this` can be read without changing its meaning. */
  hasThis: boolean;
  /** Names of private fields of the enclosing class, with `#`. */
  privateFields: string[];
  /** Lines of the innermost function: V8's cost of one condition grows with it. */
  functionLines: number;
}

export interface ScopedName {
  name: string;
  kind: VisibleName['kind'];
  /** Offset of its declaration, for a source map that knows the author's name. */
  declaredAt: number;
  /** V8 has left its block already. */
  lost: boolean;
}

export type AnyFunction = Extract<
  AnyNode,
  { type: 'FunctionDeclaration' | 'FunctionExpression' | 'ArrowFunctionExpression' }
>;

/** Undefined when the text is not JavaScript that this parser knows; then only expressions' own names are read. */
export function parseScript(text: string, isModule: boolean): Program | undefined {
  const options = {
    ecmaVersion: 'latest',
    allowHashBang: true,
    allowReturnOutsideFunction: true,
    allowAwaitOutsideFunction: true,
    allowSuperOutsideMethod: true,
    locations: true,
  } as const;
  for (const sourceType of isModule ? (['module'] as const) : (['script', 'module'] as const)) {
    try {
      return parse(text, { ...options, sourceType });
    } catch {
      // The other kind is tried; after that the caller goes on without.
    }
  }
  return undefined;
}

/**
 * With `atReturn` the position is a `return` of something already computed, where V8 shows the function's own scope only:
 * no inner block, and with destructured, default or rest parameters not even the body.
 */
export function scopeAt(program: Program, offset: number, atReturn: boolean): ScopeAt {
  const path = pathTo(program, offset);
  const functionAt = path.findLastIndex((node) => isFunction(node) && isInside(node, offset));
  const inner = functionAt === -1 ? program : (path[functionAt] as AnyFunction);
  const mentioned = mentionedIn(inner);
  const seen = new Set<string>();
  const names: ScopedName[] = [];
  for (let at = path.length - 1; at >= 0; at--) {
    const node = path[at] as AnyNode;
    for (const declared of declarationsOf(node, path[at + 1])) {
      if (seen.has(declared.name)) continue;
      seen.add(declared.name);
      const kind = kindOf(at, functionAt, node, declared);
      if (kind === undefined) continue;
      if ((kind === 'closure' || kind === 'module') && !mentioned.names.has(declared.name)) continue;
      const lost = atReturn && kind === 'locals' && isLeftAtReturn(node, inner, declared);
      names.push({ name: declared.name, kind, declaredAt: declared.at, lost });
    }
  }
  const owner = thisOwner(path, functionAt);
  const hasThis =
    owner !== undefined && (owner === inner || inner.type !== 'ArrowFunctionExpression' || mentioned.usesThis);
  return {
    names: names.sort((a, b) => a.declaredAt - b.declaredAt),
    hasThis,
    privateFields: hasThis ? privateFields(path, owner) : [],
    functionLines: (inner.loc?.end.line ?? 1) - (inner.loc?.start.line ?? 1) + 1,
  };
}

/**
 * Offset at which the innermost function round an offset begins, -1 outside of all. With `whole`, its parameters and head
 * count as inside: whoever points at an arrow's parameter means the arrow.
 */
export function functionStart(program: Program, offset: number, whole: boolean): number {
  const path = pathTo(program, offset);
  return path.findLast((node) => isFunction(node) && (whole || isInside(node, offset)))?.start ?? -1;
}

interface Declared {
  name: string;
  at: number;
  role: 'parameter' | 'variable' | 'function' | 'class' | 'import';
}

function isLeftAtReturn(node: AnyNode, inner: AnyNode, declared: Declared): boolean {
  if (!isFunction(inner) || declared.role === 'parameter') return false;
  const isSimple = inner.params.every((parameter) => parameter.type === 'Identifier');
  return !isSimple || (node !== inner && node !== inner.body);
}

/** Module-level functions, classes and imports are not state; they would only fill the view. */
function kindOf(at: number, functionAt: number, node: AnyNode, declared: Declared): VisibleName['kind'] | undefined {
  if (at >= functionAt && functionAt !== -1) return declared.role === 'parameter' ? 'arguments' : 'locals';
  if (node.type !== 'Program') return 'closure';
  if (declared.role !== 'variable') return undefined;
  return functionAt === -1 ? 'locals' : 'module';
}

/** The nodes that contain the offset, outermost first. */
export function pathTo(program: Program, offset: number): AnyNode[] {
  const path: AnyNode[] = [];
  let node: AnyNode | undefined = program;
  while (node !== undefined) {
    path.push(node);
    node = childrenOf(node).find((child) => child.start <= offset && offset < child.end);
  }
  return path;
}

/** In the parameters or the body; the name of a method or the keyword `function` is still outside. */
export function isInside(node: AnyNode, offset: number): boolean {
  const { body } = node as AnyFunction;
  return body !== null && body.start <= offset && offset < body.end;
}

export function isFunction(node: AnyNode): node is AnyFunction {
  return (
    node.type === 'FunctionDeclaration' || node.type === 'FunctionExpression' || node.type === 'ArrowFunctionExpression'
  );
}

/** What a node brings into scope for `inner`, the next node on the way to the position. */
function declarationsOf(node: AnyNode, inner: AnyNode | undefined): Declared[] {
  switch (node.type) {
    case 'FunctionDeclaration':
    case 'FunctionExpression':
    case 'ArrowFunctionExpression': {
      if (inner !== node.body && !node.params.includes(inner as Pattern)) return [];
      const parameters = node.params.flatMap((pattern) => namesInPattern(pattern, 'parameter'));
      return [...hoistedVariables(node.body), ...parameters];
    }
    case 'Program':
    case 'BlockStatement':
    case 'StaticBlock':
      return [...node.body.flatMap(lexicalNames), ...(node.type === 'Program' ? hoistedVariables(node) : [])];
    case 'SwitchStatement':
      return node.cases.flatMap((branch) => branch.consequent.flatMap(lexicalNames));
    case 'CatchClause':
      return node.param == null ? [] : namesInPattern(node.param, 'variable');
    case 'ForStatement':
      return node.init?.type === 'VariableDeclaration' ? lexicalNames(node.init) : [];
    case 'ForInStatement':
    case 'ForOfStatement':
      return node.left.type === 'VariableDeclaration' && inner !== node.right ? lexicalNames(node.left) : [];
    default:
      return [];
  }
}

function lexicalNames(node: AnyNode): Declared[] {
  switch (node.type) {
    case 'VariableDeclaration':
      return node.kind === 'var'
        ? []
        : node.declarations.flatMap((declarator) => namesInPattern(declarator.id, 'variable'));
    case 'FunctionDeclaration':
      return node.id === null ? [] : [{ name: node.id.name, at: node.id.start, role: 'function' }];
    case 'ClassDeclaration':
      return node.id === null ? [] : [{ name: node.id.name, at: node.id.start, role: 'class' }];
    case 'ImportDeclaration':
      return node.specifiers.map(({ local }) => ({ name: local.name, at: local.start, role: 'import' }));
    case 'ExportNamedDeclaration':
      return node.declaration == null ? [] : lexicalNames(node.declaration);
    case 'ExportDefaultDeclaration':
      return lexicalNames(node.declaration);
    default:
      return [];
  }
}

/** `var` declarations anywhere in a function, but not in functions inside it. */
function hoistedVariables(root: AnyNode): Declared[] {
  const found: Declared[] = [];
  const open: AnyNode[] = [root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (node !== root && (isFunction(node) || node.type === 'ClassBody')) continue;
    if (node.type === 'VariableDeclaration' && node.kind === 'var') {
      found.push(...node.declarations.flatMap((declarator) => namesInPattern(declarator.id, 'variable')));
    }
    open.push(...childrenOf(node));
  }
  return found;
}

function namesInPattern(pattern: Pattern, role: Declared['role']): Declared[] {
  switch (pattern.type) {
    case 'Identifier':
      return [{ name: pattern.name, at: pattern.start, role }];
    case 'ObjectPattern':
      return pattern.properties.flatMap((property) =>
        namesInPattern(property.type === 'RestElement' ? property.argument : property.value, role),
      );
    case 'ArrayPattern':
      return pattern.elements.flatMap((element) => (element === null ? [] : namesInPattern(element, role)));
    case 'AssignmentPattern':
      return namesInPattern(pattern.left, role);
    case 'RestElement':
      return namesInPattern(pattern.argument, role);
    default:
      return [];
  }
}

function mentionedIn(root: AnyNode): { names: Set<string>; usesThis: boolean } {
  const names = new Set<string>();
  let usesThis = false;
  const open: AnyNode[] = [root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (node.type === 'Identifier') names.add(node.name);
    if (node.type === 'ThisExpression' || node.type === 'Super') usesThis = true;
    open.push(...childrenOf(node));
  }
  return { names, usesThis };
}

/** The function or field whose `this` is seen at the position; undefined at the top of a module. */
function thisOwner(path: readonly AnyNode[], functionAt: number): AnyNode | undefined {
  for (let at = functionAt; at >= 0; at--) {
    const node = path[at] as AnyNode;
    if (node.type === 'FunctionDeclaration' || node.type === 'FunctionExpression') return node;
    if (node.type === 'PropertyDefinition' || node.type === 'StaticBlock') return node;
  }
  return undefined;
}

/** Only when the function belongs to the class itself and is not static: elsewhere `this` may be anything. */
function privateFields(path: readonly AnyNode[], owner: AnyNode | undefined): string[] {
  const ownerAt = path.indexOf(owner as AnyNode);
  const member = owner?.type === 'PropertyDefinition' ? owner : path[ownerAt - 1];
  const body = owner?.type === 'PropertyDefinition' ? path[ownerAt - 1] : path[ownerAt - 2];
  if (member?.type !== 'MethodDefinition' && member?.type !== 'PropertyDefinition') return [];
  if (member.static || body?.type !== 'ClassBody') return [];
  return (body as Class['body']).body.flatMap((part) =>
    part.type === 'PropertyDefinition' && !part.static && part.key.type === 'PrivateIdentifier'
      ? [`#${part.key.name}`]
      : [],
  );
}

export function childrenOf(node: AnyNode): AnyNode[] {
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

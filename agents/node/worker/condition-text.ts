/**
 * The text V8 runs at a breakpoint: a call of the host's one function with a guarded reader per variable. Nothing a person
 * typed stands in it except variable names that are valid identifiers; expressions travel as trees.
 */
import type { ExpressionNode } from '@stillframe/protocol/expression';
import type { VisibleName } from '../shared/probe-messages.ts';
import type { ScopeAt } from './scope-analysis.ts';

export interface ConditionScope {
  names: VisibleName[];
  hasThis: boolean;
  /** Shown name → what the executed code calls it; differs behind a source map that renames. */
  readers: ReadonlyMap<string, string>;
}

const LEFT_AT_RETURN = 'V8 has left its block at a plain return; place the action a line above';
const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*$/u;
/** Words that cannot be read as a variable in some or all code, and `arguments`, which an arrow would take from elsewhere. */
const UNREADABLE = new Set(
  (
    'arguments await break case catch class const continue debugger default delete do else enum export extends false ' +
    'finally for function if implements import in instanceof interface let new null package private protected public ' +
    'return static super switch this throw true try typeof var void while with yield'
  ).split(' '),
);

export function conditionScope(
  scope: ScopeAt | undefined,
  trees: readonly ExpressionNode[],
  authorsName: (declaredAt: number) => string | undefined,
  /** Whether the scope itself is captured, or only what the expressions name is read. */
  wholeScope = true,
): ConditionScope {
  const names: VisibleName[] = [];
  const readers = new Map<string, string>();
  const wanted = new Set(trees.flatMap(namesIn));
  for (const { name, kind, declaredAt, lost } of scope?.names ?? []) {
    const shown = authorsName(declaredAt) ?? name;
    if (!isReadable(name) || readers.has(shown)) continue;
    if (!wholeScope && !wanted.has(shown)) continue;
    names.push(lost ? { name: shown, kind, unavailable: LEFT_AT_RETURN } : { name: shown, kind });
    if (!lost) readers.set(shown, name);
  }
  for (const name of wanted) {
    if (isReadable(name) && !readers.has(name)) readers.set(name, name);
  }
  for (const field of scope?.privateFields ?? []) names.push({ name: `this.${field}`, kind: 'locals' });
  return { names, hasThis: scope?.hasThis ?? false, readers };
}

export function conditionText(entryName: string, probeId: number, scope: ConditionScope): string {
  const readers = [...scope.readers].map(([shown, name]) => `${JSON.stringify(shown)}:()=>${name}`);
  const fields = scope.names
    .filter(({ name }) => name.startsWith('this.#'))
    .map(({ name }) => `${JSON.stringify(name)}:()=>${name}`);
  const self = scope.hasThis ? ',()=>this' : '';
  return `globalThis.${entryName}?.(${probeId},{__proto__:null,${[...readers, ...fields].join()}}${self})`;
}

function isReadable(name: string): boolean {
  return IDENTIFIER.test(name) && !UNREADABLE.has(name);
}

/** Every variable a tree reads. The tree is plain data of known shape, so a walk over its objects finds them all. */
function namesIn(tree: ExpressionNode): string[] {
  const names: string[] = [];
  const open: unknown[] = [tree];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (typeof node !== 'object' || node === null) continue;
    const { op, name } = node as { op?: unknown; name?: unknown };
    if (op === 'name' && typeof name === 'string') names.push(name);
    open.push(...Object.values(node));
  }
  return names;
}

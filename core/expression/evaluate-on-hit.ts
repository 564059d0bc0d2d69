/** Evaluates an expression over what a hit captured. What was not captured is a problem, never a guess. */
import type { Dialect } from '@stillframe/protocol/expression';
import type { Hit } from '@stillframe/protocol/hit';
import type { CapturedValue, ValueIndex, ValueKind } from '@stillframe/protocol/values';
import { type Evaluated, EvaluationProblem, evaluate, type Scalar, sameScalar, type ValueReader } from './evaluate.ts';
import { parseExpression } from './parse-expression.ts';

/** `values` is the hit's own table, longer by what the expression made. */
export type HitEvaluation = { values: CapturedValue[]; value: ValueIndex } | { problem: string };

/** Of other kinds, `size` counts fields, which is no length. */
const COUNTED: ReadonlySet<ValueKind> = new Set(['array', 'map', 'set', 'string', 'binary']);

export function evaluateOnHit(text: string, hit: Hit, frameIndex: number, dialect: Dialect): HitEvaluation {
  // Watches were evaluated in the first frame; in a caller the same words mean its own variables.
  const watched = frameIndex === 0 ? hit.watches.find((watch) => watch.text === text.trim()) : undefined;
  if (watched?.value !== undefined) return { values: hit.values, value: watched.value };
  const { tree, problems } = parseExpression(text, dialect);
  if (tree === undefined) return { problem: problems[0]?.message ?? 'Type an expression' };
  const result = evaluate(tree, hitReader(hit, frameIndex));
  if (!result.ok) return { problem: result.error };
  const values = [...hit.values];
  return { values, value: place(result.value, values) };
}

function hitReader(hit: Hit, frameIndex: number): ValueReader<ValueIndex> {
  const { values } = hit;
  const scopes = hit.frames[frameIndex]?.scopes;
  const find = (name: string) =>
    scopes?.flatMap((scope) => scope.variables).find((variable) => variable.name === name)?.value;
  const of = (index: ValueIndex): Evaluated<ValueIndex> => evaluatedOf(values, index);
  const captured = (index: ValueIndex): CapturedValue => values[index] ?? notCaptured();
  return {
    variable(name) {
      const index = find(name);
      if (index !== undefined) return of(index);
      if (scopes === undefined) throw new EvaluationProblem('The variables of this frame were not captured');
      throw new EvaluationProblem(`"${name}" was not captured; add it as a watch`);
    },
    self() {
      const index = find('this');
      return index === undefined ? undefined : of(index);
    },
    member(object, name) {
      const value = captured(object);
      const child = value.children?.find(
        ({ name: own, role }) => own === name && role !== 'index' && role !== 'internal',
      );
      if (child !== undefined) return of(child.value);
      // Private fields are captured beside `this`, since no reflection lists them.
      const beside = name.startsWith('#') && object === find('this') ? find(name) : undefined;
      if (beside !== undefined) return of(beside);
      // How many there are is known, however few of them are here.
      const isCount = (name === 'length' || name === 'size') && COUNTED.has(value.kind);
      if (value.missing !== undefined && !isCount) notCaptured(name);
      return undefined;
    },
    element(object, key) {
      const value = captured(object);
      const child =
        value.kind === 'map'
          ? entryOf(values, value, key)
          : value.children?.find(({ name }) => name === String(position(value, key)));
      if (child !== undefined) return of(child.value);
      if (value.missing !== undefined) notCaptured(String(key));
      return undefined;
    },
    length(object) {
      const { kind, size } = captured(object);
      return COUNTED.has(kind) ? size : undefined;
    },
    members(object) {
      const value = captured(object);
      if (value.missing !== undefined) notCaptured();
      if (value.kind === 'map') {
        return (value.children ?? []).filter(({ role }) => role === 'entryKey').map((child) => of(child.value));
      }
      if (value.kind === 'array' || value.kind === 'set') {
        return (value.children ?? []).filter(({ role }) => role === 'index').map((child) => of(child.value));
      }
      return (value.children ?? []).map((child) => ({ scalar: child.name }));
    },
    slice(object, from, to) {
      const value = captured(object);
      if (value.missing !== undefined) notCaptured();
      return value.kind === 'array'
        ? { list: (value.children ?? []).slice(from, to).map((child) => of(child.value)) }
        : undefined;
    },
    same: (a, b) => a === b,
    typeName: (object) => (captured(object).kind === 'function' ? 'function' : 'object'),
  };
}

function notCaptured(name?: string): never {
  throw new EvaluationProblem(`${name === undefined ? 'This' : `"${name}"`} was not captured; add it as a watch`);
}

function position(value: CapturedValue, key: Scalar): Scalar {
  return typeof key === 'number' && key < 0 && value.size !== undefined ? value.size + key : key;
}

function entryOf(values: readonly CapturedValue[], map: CapturedValue, key: Scalar) {
  const children = map.children ?? [];
  const at = children.findIndex(({ value, role }) => {
    if (role !== 'entryKey') return false;
    const own = evaluatedOf(values, value);
    return 'scalar' in own && sameScalar(own.scalar, key);
  });
  return at < 0 ? undefined : children[at + 1];
}

function evaluatedOf(values: readonly CapturedValue[], index: ValueIndex): Evaluated<ValueIndex> {
  const value = values[index];
  if (value === undefined || value.kind === 'missing' || isRedactedScalar(value)) {
    throw new EvaluationProblem(
      value?.missing?.reason === 'redacted' ? 'The value is redacted' : 'The value was not captured',
    );
  }
  if (value.kind === 'null' || value.kind === 'undefined') return { scalar: null };
  if (value.kind === 'number')
    return { scalar: typeof value.literal === 'number' ? value.literal : Number(value.preview) };
  if (value.kind === 'bigint') return { scalar: BigInt(value.preview.replace(/n$/, '')) };
  if (value.literal !== undefined && value.missing === undefined) return { scalar: value.literal };
  return { object: index };
}

/** Redacted by its look: what stands there now is not the value. */
function isRedactedScalar({ kind, missing }: CapturedValue): boolean {
  return missing?.reason === 'redacted' && (kind === 'string' || kind === 'number' || kind === 'bigint');
}

/** Puts a result into the table, unless it is there already. */
function place(result: Evaluated<ValueIndex>, values: CapturedValue[]): ValueIndex {
  if ('object' in result) return result.object;
  if ('scalar' in result) return values.push(scalarValue(result.scalar)) - 1;
  const children = result.list.map((item, index) => ({
    name: String(index),
    value: place(item, values),
    role: 'index' as const,
  }));
  const { length } = children;
  return values.push({ kind: 'array', type: 'Array', preview: `Array(${length})`, size: length, children }) - 1;
}

function scalarValue(value: Scalar): CapturedValue {
  if (value === null) return { kind: 'null', type: 'null', preview: 'null', literal: null };
  if (typeof value === 'bigint') return { kind: 'bigint', type: 'bigint', preview: `${value}n` };
  const kind = typeof value as 'boolean' | 'number' | 'string';
  const literal = typeof value === 'number' && !Number.isFinite(value) ? {} : { literal: value };
  return {
    kind,
    type: kind,
    preview: String(value),
    ...literal,
    ...(typeof value === 'string' && { size: value.length }),
  };
}

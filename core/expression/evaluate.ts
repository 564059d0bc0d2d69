/**
 * The reference evaluator: the meaning of every tree node over values it cannot see into. Plain data in the
 * conformance tables and captured values in the debug adapter both come through a `ValueReader`. Agents have evaluators
 * of their own for live values; the conformance tables keep all of them alike.
 */
import type { CompareOperator, ExpressionNode } from '@stillframe/protocol/expression';

export type Scalar = null | boolean | number | bigint | string;

/** What an expression yields: a scalar, one of the reader's objects, or a list written in the expression. */
export type Evaluated<V> = { scalar: Scalar } | { object: V } | { list: Evaluated<V>[] };

/** Reads values without running anything. `undefined` means "is not there"; `problem` ends the evaluation. */
export interface ValueReader<V> {
  variable(name: string): Evaluated<V> | undefined;
  self(): Evaluated<V> | undefined;
  member(object: V, name: string): Evaluated<V> | undefined;
  /** By position, or by key for maps and plain objects. Negative positions count from the end. */
  element(object: V, key: Scalar): Evaluated<V> | undefined;
  /** Elements, entries or characters; undefined for what has no length. */
  length(object: V): number | undefined;
  /** What `in` and `contains` look through: elements, or the keys of a map or object. */
  members(object: V): Iterable<Evaluated<V>> | undefined;
  slice(object: V, from: number, to: number | undefined): Evaluated<V> | undefined;
  same(a: V, b: V): boolean;
  typeName(object: V): string;
}

/** Thrown by readers and by the evaluator, caught by `evaluate`. */
export class EvaluationProblem extends Error {}

/** Steps an evaluation may take; a step is one node or one element looked at. */
const DEFAULT_STEPS = 10_000;

export function evaluate<V>(
  tree: ExpressionNode,
  reader: ValueReader<V>,
  steps: number = DEFAULT_STEPS,
): { ok: true; value: Evaluated<V> } | { ok: false; error: string } {
  try {
    return { ok: true, value: new Evaluation(reader, steps).value(tree) };
  } catch (error) {
    if (error instanceof EvaluationProblem) return { ok: false, error: error.message };
    throw error;
  }
}

/** false, null, 0, NaN and '' are false; everything else is true. */
export function isTrue<V>(value: Evaluated<V>): boolean {
  return 'scalar' in value ? Boolean(value.scalar) : true;
}

class Evaluation<V> {
  readonly #reader: ValueReader<V>;
  #steps: number;

  constructor(reader: ValueReader<V>, steps: number) {
    this.#reader = reader;
    this.#steps = steps;
  }

  value(node: ExpressionNode): Evaluated<V> {
    this.#step();
    switch (node.op) {
      case 'literal':
        return { scalar: node.value };
      case 'bigint':
        return { scalar: BigInt(node.digits) };
      case 'name':
        return this.#reader.variable(node.name) ?? fail(`There is no variable "${node.name}" here`);
      case 'this':
        return this.#reader.self() ?? fail('There is no "this" here');
      case 'list':
        return { list: node.items.map((item) => this.value(item)) };
      case 'member':
        return this.#member(this.value(node.object), node.name, node.optional === true);
      case 'index':
        return this.#element(this.value(node.object), this.value(node.index), node.optional === true);
      case 'slice':
        return this.#slice(node);
      case 'not':
        return { scalar: !isTrue(this.value(node.operand)) };
      case 'negate':
      case 'plus':
        return { scalar: signed(this.value(node.operand), node.op) };
      case 'nonEmpty':
        return this.#nonEmpty(this.value(node.operand));
      case 'length':
        return { scalar: this.#length(this.value(node.operand)) };
      case 'typeof':
        return { scalar: this.#typeOf(this.value(node.operand)) };
      case 'and': {
        const left = this.value(node.left);
        return isTrue(left) ? this.value(node.right) : left;
      }
      case 'or': {
        const left = this.value(node.left);
        return isTrue(left) ? left : this.value(node.right);
      }
      case 'coalesce': {
        const left = this.value(node.left);
        return isNull(left) ? this.value(node.right) : left;
      }
      case 'conditional':
        return this.value(isTrue(this.value(node.test)) ? node.consequent : node.alternate);
      case 'compare':
        return { scalar: this.#compare(node.operator, this.value(node.left), this.value(node.right)) };
      case 'in': {
        const found = this.#isIn(this.value(node.item), this.value(node.container));
        return { scalar: node.negated ? !found : found };
      }
      case 'binary':
        return { scalar: arithmetic(node.operator, this.value(node.left), this.value(node.right)) };
      case 'call':
        return this.#call(node);
    }
  }

  #step(): void {
    this.#steps -= 1;
    if (this.#steps < 0) fail('The expression takes too long');
  }

  #member(object: Evaluated<V>, name: string, optional: boolean): Evaluated<V> {
    if (isNull(object)) return optional ? { scalar: null } : fail(`Cannot read "${name}" of null`);
    if ('object' in object) {
      const found = this.#reader.member(object.object, name);
      if (found !== undefined) return found;
    }
    if (name === 'length' || name === 'size') {
      const length = this.#lengthOf(object);
      if (length !== undefined) return { scalar: length };
    }
    return { scalar: null };
  }

  #element(object: Evaluated<V>, key: Evaluated<V>, optional: boolean): Evaluated<V> {
    if (isNull(object)) return optional ? { scalar: null } : fail('Cannot read an element of null');
    if (!('scalar' in key)) return fail('An index is a number or a string');
    if ('object' in object) return this.#reader.element(object.object, key.scalar) ?? { scalar: null };
    const items: readonly Evaluated<V>[] = 'list' in object ? object.list : charactersOf(object.scalar);
    const at = typeof key.scalar === 'number' ? key.scalar : fail('An index is a number');
    return items[at < 0 ? items.length + at : at] ?? { scalar: null };
  }

  #slice(node: ExpressionNode & { op: 'slice' }): Evaluated<V> {
    const object = this.value(node.object);
    const from = node.from === undefined ? 0 : integer(this.value(node.from));
    const to = node.to === undefined ? undefined : integer(this.value(node.to));
    if ('scalar' in object && typeof object.scalar === 'string') return { scalar: object.scalar.slice(from, to) };
    if ('list' in object) return { list: object.list.slice(from, to) };
    const sliced = 'object' in object ? this.#reader.slice(object.object, from, to) : undefined;
    return sliced ?? fail('Only strings and lists can be sliced');
  }

  #nonEmpty(value: Evaluated<V>): Evaluated<V> {
    return !('scalar' in value) && this.#lengthOf(value) === 0 ? { scalar: false } : value;
  }

  #lengthOf(value: Evaluated<V>): number | undefined {
    if ('list' in value) return value.list.length;
    if ('object' in value) return this.#reader.length(value.object);
    return typeof value.scalar === 'string' ? value.scalar.length : undefined;
  }

  #length(value: Evaluated<V>): number {
    return this.#lengthOf(value) ?? fail(`${this.#typeOf(value)} has no length`);
  }

  #typeOf(value: Evaluated<V>): string {
    if ('list' in value) return 'object';
    if ('object' in value) return this.#reader.typeName(value.object);
    return value.scalar === null ? 'null' : typeof value.scalar;
  }

  #compare(operator: CompareOperator, left: Evaluated<V>, right: Evaluated<V>): boolean {
    if (operator === '==') return this.#equal(left, right);
    if (operator === '!=') return !this.#equal(left, right);
    return ordered(operator, left, right);
  }

  #equal(left: Evaluated<V>, right: Evaluated<V>): boolean {
    if ('scalar' in left && 'scalar' in right) return sameScalar(left.scalar, right.scalar);
    return 'object' in left && 'object' in right && this.#reader.same(left.object, right.object);
  }

  #isIn(item: Evaluated<V>, container: Evaluated<V>): boolean {
    if ('scalar' in container && typeof container.scalar === 'string') {
      return 'scalar' in item && typeof item.scalar === 'string'
        ? container.scalar.includes(item.scalar)
        : fail('Only a string can be looked for in a string');
    }
    const members =
      'list' in container ? container.list : 'object' in container ? this.#reader.members(container.object) : undefined;
    if (members === undefined) return fail(`Cannot look into ${this.#typeOf(container)}`);
    for (const member of members) {
      this.#step();
      if (this.#equal(item, member)) return true;
    }
    return false;
  }

  #call(node: ExpressionNode & { op: 'call' }): Evaluated<V> {
    const object = this.value(node.object);
    const given = node.arguments.map((argument) => this.value(argument));
    const [first = { scalar: null }] = given;
    if (isNull(object)) return fail(`Cannot call ${node.method} on null`);
    switch (node.method) {
      case 'contains':
      case 'has':
        return { scalar: this.#isIn(first, object) };
      case 'get':
        return this.#element(object, first, false);
      case 'isEmpty':
        return { scalar: this.#length(object) === 0 };
      case 'indexOf':
        if (!('scalar' in object)) return { scalar: this.#indexOf(object, first) };
        break;
      default:
    }
    return { scalar: stringMethod(node.method, text(object, node.method), given) };
  }

  #indexOf(object: Evaluated<V>, item: Evaluated<V>): number {
    const members =
      'list' in object ? object.list : 'object' in object ? this.#reader.members(object.object) : undefined;
    let at = 0;
    for (const member of members ?? fail('Only strings and lists have indexOf')) {
      this.#step();
      if (this.#equal(member, item)) return at;
      at += 1;
    }
    return -1;
  }
}

function fail(message: string): never {
  throw new EvaluationProblem(message);
}

function isNull<V>(value: Evaluated<V>): boolean {
  return 'scalar' in value && value.scalar === null;
}

/** 1 == 1.0 and 1n == 1 hold; '1' == 1 does not; NaN equals nothing. */
export function sameScalar(left: Scalar, right: Scalar): boolean {
  if (isNumeric(left) && isNumeric(right)) {
    // biome-ignore lint/suspicious/noDoubleEquals: the one comparison that knows bigint and number by value
    return left == right;
  }
  return left === right;
}

function isNumeric(value: Scalar): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}

function ordered<V>(operator: CompareOperator, left: Evaluated<V>, right: Evaluated<V>): boolean {
  const a = 'scalar' in left ? left.scalar : undefined;
  const b = 'scalar' in right ? right.scalar : undefined;
  const comparable =
    (typeof a === 'string' && typeof b === 'string') ||
    (a !== undefined && b !== undefined && isNumeric(a) && isNumeric(b));
  if (!comparable) return fail(`Cannot compare ${describe(left)} with ${describe(right)} by ${operator}`);
  const [x, y] = [a as number, b as number];
  switch (operator) {
    case '<':
      return x < y;
    case '<=':
      return x <= y;
    case '>':
      return x > y;
    default:
      return x >= y;
  }
}

function describe<V>(value: Evaluated<V>): string {
  if (!('scalar' in value)) return 'an object';
  return value.scalar === null ? 'null' : `a ${typeof value.scalar}`;
}

function signed<V>(value: Evaluated<V>, op: 'negate' | 'plus'): number | bigint {
  const scalar = 'scalar' in value ? value.scalar : undefined;
  if (typeof scalar === 'number') return op === 'negate' ? -scalar : scalar;
  if (typeof scalar === 'bigint') return op === 'negate' ? -scalar : scalar;
  return fail(`Cannot use ${describe(value)} as a number`);
}

function integer<V>(value: Evaluated<V>): number {
  const scalar = 'scalar' in value ? value.scalar : undefined;
  return typeof scalar === 'number' && Number.isInteger(scalar) ? scalar : fail('A slice takes whole numbers');
}

function charactersOf<V>(value: Scalar): Evaluated<V>[] {
  if (typeof value !== 'string') return fail(`Cannot read an element of ${describe({ scalar: value })}`);
  return Array.from({ length: value.length }, (_, index) => ({ scalar: value.charAt(index) }));
}

function text<V>(value: Evaluated<V>, method: string): string {
  const scalar = 'scalar' in value ? value.scalar : undefined;
  return typeof scalar === 'string' ? scalar : fail(`Only a string has ${method}`);
}

function stringMethod<V>(method: string, subject: string, given: Evaluated<V>[]): Scalar {
  switch (method) {
    case 'lower':
      return subject.toLowerCase();
    case 'upper':
      return subject.toUpperCase();
    case 'trim':
      return subject.trim();
    case 'startsWith':
      return subject.startsWith(text(given[0] ?? { scalar: null }, 'a prefix'));
    case 'endsWith':
      return subject.endsWith(text(given[0] ?? { scalar: null }, 'a suffix'));
    default:
      return subject.indexOf(text(given[0] ?? { scalar: null }, 'a part'));
  }
}

const MAX_JOINED = 65_536;

/** Also the table of what each operator does with two integers, two numbers, a bigint, and a string. */
function arithmetic<V>(operator: string, leftValue: Evaluated<V>, rightValue: Evaluated<V>): Scalar {
  const left = 'scalar' in leftValue ? leftValue.scalar : undefined;
  const right = 'scalar' in rightValue ? rightValue.scalar : undefined;
  if (
    operator === '+' &&
    left !== undefined &&
    right !== undefined &&
    (typeof left === 'string' || typeof right === 'string')
  ) {
    const joined = scalarText(left) + scalarText(right);
    return joined.length <= MAX_JOINED ? joined : fail('The text gets too long');
  }
  if (left === undefined || right === undefined || !isNumeric(left) || !isNumeric(right)) {
    return fail(`Cannot calculate ${describe(leftValue)} ${operator} ${describe(rightValue)}`);
  }
  if (typeof left === 'bigint' || typeof right === 'bigint') return bigArithmetic(operator, left, right);
  const integers = Number.isInteger(left) && Number.isInteger(right);
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return left / right;
    case '%':
      return left % right;
    case '**':
      return left ** right;
    case 'truncatingDivide':
      if (!integers) return left / right;
      return right === 0 ? fail('Division by zero') : Math.trunc(left / right);
    case 'floorDivide':
      return right === 0 ? fail('Division by zero') : floorDivide(left, right);
    default:
      return right === 0 ? fail('Division by zero') : floorModulo(left, right);
  }
}

/** The remainder with the sign of the divisor; taken from `%`, which is exact where a division rounds. */
function floorModulo(left: number, right: number): number {
  const rest = left % right;
  return rest !== 0 && rest < 0 !== right < 0 ? rest + right : rest;
}

/** Through the exact remainder, so that `1 // 0.1` is 9 as in Python. */
function floorDivide(left: number, right: number): number {
  const quotient = (left - floorModulo(left, right)) / right;
  const whole = Math.floor(quotient);
  return quotient - whole > 0.5 ? whole + 1 : whole;
}

function bigArithmetic(operator: string, left: number | bigint, right: number | bigint): Scalar {
  if (!isWhole(left) || !isWhole(right)) return fail('Cannot mix a bigint with a fraction');
  const [a, b] = [BigInt(left), BigInt(right)];
  if (b === 0n && !['+', '-', '*', '**'].includes(operator)) return fail('Division by zero');
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '**':
      return b >= 0n && b <= 64n ? a ** b : fail('The power is too large');
    case '%':
      return a % b;
    case 'floorDivide':
      return a / b - (a % b !== 0n && a < 0n !== b < 0n ? 1n : 0n);
    case 'floorModulo':
      return ((a % b) + b) % b;
    default:
      return a / b;
  }
}

function isWhole(value: number | bigint): boolean {
  return typeof value === 'bigint' || Number.isInteger(value);
}

/** A scalar inside a text, the same in all languages. */
export function scalarText(value: Scalar): string {
  return value === null ? 'null' : String(value);
}

/**
 * Evaluates expression trees over live values in the service's thread. The semantics are those of
 * `protocol/expression.ts`; the conformance tables hold this evaluator and the reference one to the same answers.
 * Runs no code of the service: members are read by descriptor, proxies and getters are refused, built-ins come from
 * `primordials.ts`. Bounded by steps and by time.
 */
import type { ExpressionNode } from '@stillframe/protocol/expression';
import {
  floor,
  getOwnPropertyDescriptor,
  getPrototypeOf,
  isArray,
  isInteger,
  isMap,
  isProxy,
  isSet,
  isTypedArray,
  mapEntries,
  mapGet,
  mapHas,
  mapIteratorNext,
  mapSize,
  monotonicMs,
  setHas,
  setIteratorNext,
  setSize,
  setValues,
  stringEndsWith,
  stringIncludes,
  stringIndexOf,
  stringSlice,
  stringStartsWith,
  stringToLowerCase,
  stringToUpperCase,
  stringTrim,
  toBigint,
  toText,
  trunc,
  typedArrayLength,
} from './primordials.ts';
import { isRedactedName } from './redaction.ts';

/** A failure that the author of the expression can do something about. Its message is all that is told. */
export class ExpressionFailure {
  readonly message: string;
  constructor(message: string) {
    this.message = message;
  }
}

/** Reads the variables of the line; each access may throw whatever V8 throws for it. */
export interface Environment {
  variable(name: string): unknown;
  self(): unknown;
}

const MAX_STEPS = 10_000;
const MAX_PROTOTYPES = 8;
const MAX_JOINED = 65_536;

let environment: Environment;
let stepsLeft = 0;
let deadline = 0;

/** Throws `ExpressionFailure`. Not re-entrant, and never needs to be: nothing here runs other code. */
export function evaluateLive(tree: ExpressionNode, over: Environment, budgetMs: number): unknown {
  environment = over;
  stepsLeft = MAX_STEPS;
  deadline = monotonicMs() + budgetMs;
  return valueAt(tree);
}

/** false, null, undefined, 0, NaN and '' are false; everything else is true. */
export function isTrue(value: unknown): boolean {
  return typeof value === 'object' || typeof value === 'function' || typeof value === 'symbol'
    ? value !== null
    : Boolean(value);
}

function step(): void {
  stepsLeft -= 1;
  if (stepsLeft < 0) fail('The expression takes too many steps');
  if ((stepsLeft & 63) === 0 && monotonicMs() > deadline) fail('The expression takes too long');
}

function valueAt(node: ExpressionNode): unknown {
  step();
  switch (node.op) {
    case 'literal':
      return node.value;
    case 'bigint':
      return toBigint(node.digits);
    case 'name':
      if (isRedactedName(node.name)) return fail(`"${node.name}" is redacted`);
      return environment.variable(node.name);
    case 'this':
      return environment.self();
    case 'list': {
      const items: unknown[] = [];
      for (let at = 0; at < node.items.length; at++) items[at] = valueAt(node.items[at] as ExpressionNode);
      return items;
    }
    case 'member':
      return memberOf(valueAt(node.object), node.name, node.optional === true);
    case 'index':
      return elementOf(valueAt(node.object), valueAt(node.index), node.optional === true);
    case 'slice':
      return sliceOf(node);
    case 'not':
      return !isTrue(valueAt(node.operand));
    case 'negate':
      return signed(valueAt(node.operand), true);
    case 'plus':
      return signed(valueAt(node.operand), false);
    case 'nonEmpty': {
      const value = valueAt(node.operand);
      return typeof value === 'object' && value !== null && lengthOf(value) === 0 ? false : value;
    }
    case 'length': {
      const value = valueAt(node.operand);
      return lengthOf(value) ?? fail(`${kindOf(value)} has no length`);
    }
    case 'typeof':
      return typeNameOf(valueAt(node.operand));
    case 'and': {
      const left = valueAt(node.left);
      return isTrue(left) ? valueAt(node.right) : left;
    }
    case 'or': {
      const left = valueAt(node.left);
      return isTrue(left) ? left : valueAt(node.right);
    }
    case 'coalesce': {
      const left = valueAt(node.left);
      return left === null || left === undefined ? valueAt(node.right) : left;
    }
    case 'conditional':
      return valueAt(isTrue(valueAt(node.test)) ? node.consequent : node.alternate);
    case 'compare':
      return compare(node.operator, valueAt(node.left), valueAt(node.right));
    case 'in': {
      const found = isIn(valueAt(node.item), valueAt(node.container));
      return node.negated ? !found : found;
    }
    case 'binary':
      return arithmetic(node.operator, valueAt(node.left), valueAt(node.right));
    case 'call':
      return call(node);
  }
}

function fail(message: string): never {
  throw new ExpressionFailure(message);
}

/** Own or inherited data property; null for what is not there. Getters and proxies are refused. */
function memberOf(object: unknown, name: string, optional: boolean): unknown {
  if (object === null || object === undefined)
    return optional ? null : fail(`Cannot read "${name}" of ${toText(object)}`);
  if (isRedactedName(name)) return fail(`"${name}" is redacted`);
  if (name === 'length' || name === 'size') {
    const length = builtInLength(object);
    if (length !== undefined) return length;
  }
  if (typeof object !== 'object' && typeof object !== 'function') return null;
  if (stringStartsWith(name, '#')) return environment.variable(`this.${name}`);
  return dataProperty(object, name);
}

function dataProperty(object: object, name: string): unknown {
  let holder: object | null = object;
  for (let depth = 0; holder !== null && depth < MAX_PROTOTYPES; depth++) {
    step();
    if (isProxy(holder)) return fail(`Reading "${name}" would run code of the service (a proxy)`);
    if (name === 'stack' && hasUserStackFormatter()) return fail('Reading "stack" would run code of the service');
    const descriptor = getOwnPropertyDescriptor(holder, name);
    if (descriptor !== undefined) {
      if ('value' in descriptor) return descriptor.value;
      return descriptor.get === undefined ? null : fail(`Reading "${name}" would run code of the service (a getter)`);
    }
    holder = getPrototypeOf(holder);
  }
  return null;
}

/** An own `stack` is formatted when it is first read, by the service's formatter if it has one. */
export function hasUserStackFormatter(): boolean {
  const descriptor = getOwnPropertyDescriptor(Error, 'prepareStackTrace');
  return descriptor !== undefined && descriptor.value !== undefined;
}

function elementOf(object: unknown, key: unknown, optional: boolean): unknown {
  if (object === null || object === undefined)
    return optional ? null : fail(`Cannot read an element of ${toText(object)}`);
  if (typeof object === 'string') {
    const at = typeof key === 'number' ? key : fail('An index is a number');
    return object[at < 0 ? object.length + at : at] ?? null;
  }
  if (typeof object !== 'object' && typeof object !== 'function')
    return fail(`Cannot read an element of ${kindOf(object)}`);
  if (isProxy(object)) return fail('Reading an element would run code of the service (a proxy)');
  if (isMap(object)) return fromMap(object, key);
  if (typeof key !== 'number' && typeof key !== 'string' && typeof key !== 'bigint')
    return fail('An index is a number or a string');
  if (isTypedArray(object)) {
    const length = typedArrayLength(object);
    const at = typeof key === 'number' && key < 0 ? length + key : Number(key);
    return isInteger(at) && at >= 0 && at < length ? (object as unknown as Record<number, unknown>)[at] : null;
  }
  if (isArray(object) && typeof key === 'number' && key < 0) return dataProperty(object, toText(object.length + key));
  const name = toText(key);
  return isRedactedName(name) ? fail(`"${name}" is redacted`) : dataProperty(object, name);
}

function fromMap(map: Map<unknown, unknown>, key: unknown): unknown {
  if (typeof key === 'string' && isRedactedName(key)) return fail(`"${key}" is redacted`);
  return mapGet(map, key) ?? null;
}

function sliceOf(node: ExpressionNode & { op: 'slice' }): unknown {
  const object = valueAt(node.object);
  const from = node.from === undefined ? 0 : wholeNumber(valueAt(node.from));
  const to = node.to === undefined ? undefined : wholeNumber(valueAt(node.to));
  if (typeof object === 'string') return stringSlice(object, from, to);
  if (typeof object !== 'object' || object === null || isProxy(object) || !isArray(object)) {
    return fail('Only strings and lists can be sliced');
  }
  const { length } = object;
  const start = from < 0 ? (length + from > 0 ? length + from : 0) : from;
  const wanted = to === undefined ? length : to < 0 ? length + to : to;
  const end = wanted < length ? wanted : length;
  const items: unknown[] = [];
  for (let at = start; at < end; at++) items[items.length] = dataProperty(object, toText(at));
  return items;
}

function wholeNumber(value: unknown): number {
  return typeof value === 'number' && isInteger(value) ? value : fail('A slice takes whole numbers');
}

function builtInLength(value: unknown): number | undefined {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null || isProxy(value)) return undefined;
  if (isArray(value)) return value.length;
  if (isMap(value)) return mapSize(value);
  if (isSet(value)) return setSize(value);
  return isTypedArray(value) ? typedArrayLength(value) : undefined;
}

function lengthOf(value: unknown): number | undefined {
  return builtInLength(value);
}

function typeNameOf(value: unknown): string {
  return value === null || value === undefined ? 'null' : typeof value;
}

function kindOf(value: unknown): string {
  const type = typeNameOf(value);
  return type === 'null' ? 'null' : type === 'object' ? 'an object' : `a ${type}`;
}

function isNumeric(value: unknown): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}

/** By value for scalars, by identity for objects; null and undefined are the same; never converts. */
function same(left: unknown, right: unknown): boolean {
  if (left === null || left === undefined) return right === null || right === undefined;
  // biome-ignore lint/suspicious/noDoubleEquals: the one comparison that knows bigint and number by value
  if (isNumeric(left) && isNumeric(right)) return left == right;
  return left === right;
}

function compare(operator: string, left: unknown, right: unknown): boolean {
  if (operator === '==') return same(left, right);
  if (operator === '!=') return !same(left, right);
  const comparable = (typeof left === 'string' && typeof right === 'string') || (isNumeric(left) && isNumeric(right));
  if (!comparable) return fail(`Cannot compare ${kindOf(left)} with ${kindOf(right)} by ${operator}`);
  const a = left as number;
  const b = right as number;
  if (operator === '<') return a < b;
  if (operator === '<=') return a <= b;
  return operator === '>' ? a > b : a >= b;
}

function isIn(item: unknown, container: unknown): boolean {
  if (typeof container === 'string') {
    return typeof item === 'string'
      ? stringIncludes(container, item)
      : fail('Only a string can be looked for in a string');
  }
  if (typeof container !== 'object' || container === null) return fail(`Cannot look into ${kindOf(container)}`);
  if (isProxy(container)) return fail('Looking into it would run code of the service (a proxy)');
  if (isMap(container))
    return mapHas(container, item) || isNumericKey(item, mapEntries(container), mapIteratorNext, true);
  if (isSet(container))
    return setHas(container, item) || isNumericKey(item, setValues(container), setIteratorNext, false);
  if (isArray(container)) return positionIn(container, item) >= 0;
  return typeof item === 'string' && getOwnPropertyDescriptor(container, item) !== undefined;
}

/** `1n in set` finds 1: the lookup by hash does not know that, a walk does. */
function isNumericKey<T>(
  item: unknown,
  iterator: Iterator<T>,
  next: (iterator: Iterator<T>) => IteratorResult<T>,
  pairs: boolean,
): boolean {
  if (typeof item !== 'bigint' && !(typeof item === 'number' && isInteger(item))) return false;
  for (let entry = next(iterator); !entry.done; entry = next(iterator)) {
    step();
    if (same(pairs ? (entry.value as unknown as [unknown])[0] : entry.value, item)) return true;
  }
  return false;
}

function positionIn(list: readonly unknown[], item: unknown): number {
  for (let at = 0; at < list.length; at++) {
    step();
    if (same(dataProperty(list, toText(at)), item)) return at;
  }
  return -1;
}

function call(node: ExpressionNode & { op: 'call' }): unknown {
  const object = valueAt(node.object);
  const first = node.arguments[0] === undefined ? null : valueAt(node.arguments[0]);
  if (object === null || object === undefined) return fail(`Cannot call ${node.method} on null`);
  switch (node.method) {
    case 'contains':
    case 'has':
      return isIn(first, object);
    case 'get':
      return elementOf(object, first, false);
    case 'isEmpty':
      return (lengthOf(object) ?? fail(`${kindOf(object)} has no length`)) === 0;
    case 'indexOf':
      if (typeof object === 'object' && !isProxy(object) && isArray(object)) return positionIn(object, first);
      return stringIndexOf(asString(object, 'indexOf'), asString(first, 'a part'));
    case 'startsWith':
      return stringStartsWith(asString(object, 'startsWith'), asString(first, 'a prefix'));
    case 'endsWith':
      return stringEndsWith(asString(object, 'endsWith'), asString(first, 'a suffix'));
    case 'lower':
      return stringToLowerCase(asString(object, 'lower'));
    case 'upper':
      return stringToUpperCase(asString(object, 'upper'));
    case 'trim':
      return stringTrim(asString(object, 'trim'));
  }
}

function asString(value: unknown, what: string): string {
  return typeof value === 'string' ? value : fail(`Only a string has ${what}`);
}

function signed(value: unknown, negative: boolean): number | bigint {
  if (typeof value === 'number') return negative ? -value : value;
  if (typeof value === 'bigint') return negative ? -value : value;
  return fail(`Cannot use ${kindOf(value)} as a number`);
}

/** A scalar inside a text, the same in all languages. */
export function scalarText(value: unknown): string {
  return value === undefined ? 'null' : toText(value);
}

function isScalar(value: unknown): boolean {
  return value === null || (typeof value !== 'object' && typeof value !== 'function' && typeof value !== 'symbol');
}

function arithmetic(operator: string, left: unknown, right: unknown): unknown {
  if (
    operator === '+' &&
    (typeof left === 'string' || typeof right === 'string') &&
    isScalar(left) &&
    isScalar(right)
  ) {
    const a = scalarText(left);
    const b = scalarText(right);
    return a.length + b.length <= MAX_JOINED ? a + b : fail('The text gets too long');
  }
  if (!isNumeric(left) || !isNumeric(right))
    return fail(`Cannot calculate ${kindOf(left)} ${operator} ${kindOf(right)}`);
  if (typeof left === 'bigint' || typeof right === 'bigint') return bigArithmetic(operator, left, right);
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
      if (!isInteger(left) || !isInteger(right)) return left / right;
      return right === 0 ? fail('Division by zero') : trunc(left / right);
    case 'floorDivide':
      return right === 0 ? fail('Division by zero') : floor(left / right);
    default:
      return right === 0 ? fail('Division by zero') : left - right * floor(left / right);
  }
}

/** Largest bigint that is calculated with; multiplying larger ones could hold the service up. */
const BIG_LIMIT = 2n ** 1024n;

function bigArithmetic(operator: string, left: number | bigint, right: number | bigint): unknown {
  if ((typeof left === 'number' && !isInteger(left)) || (typeof right === 'number' && !isInteger(right))) {
    return fail('Cannot mix a bigint with a fraction');
  }
  const a = toBigint(left);
  const b = toBigint(right);
  if (a > BIG_LIMIT || b > BIG_LIMIT || a < -BIG_LIMIT || b < -BIG_LIMIT) return fail('The number is too large');
  if (b === 0n && operator !== '+' && operator !== '-' && operator !== '*' && operator !== '**')
    return fail('Division by zero');
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

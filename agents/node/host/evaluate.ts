/**
 * Evaluates expression trees over live values in the service's thread. The semantics are those of
 * `protocol/expression.ts`; the conformance tables hold this evaluator and the reference one to the same answers.
 * Runs no code of the service: members are read by descriptor, proxies and getters are refused, built-ins come from
 * `primordials.ts`. Bounded by steps and by time.
 */
import type { ExpressionNode } from '@stillframe/protocol/expression';
import { arithmetic, isHuge, isNumeric, kindOf, signed, typeNameOf } from './arithmetic.ts';
import { isStackReadable } from './error-stack.ts';
import { fail } from './expression-failure.ts';
import {
  getOwnPropertyDescriptor,
  getPrototypeOf,
  hasOwn,
  isArray,
  isInteger,
  isMap,
  isProxy,
  isSet,
  isTypedArray,
  mapGet,
  mapHas,
  mapSize,
  monotonicMs,
  setHas,
  setSize,
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
  typedArrayLength,
} from './primordials.ts';
import { hasTypeRules, isRedactedName, isRedactedType } from './redaction.ts';
import { typeName } from './type-name.ts';

/** Reads the variables of the line; each access may throw whatever V8 throws for it. */
export interface Environment {
  variable(name: string): unknown;
  self(): unknown;
}

const MAX_STEPS = 10_000;
const MAX_PROTOTYPES = 8;
/** Characters of a text that is read, and pairs of characters a search may have to compare. */
const MAX_READ = 524_288;
const MAX_COMPARED = 33_554_432;

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

/**
 * Counts the reading of texts as steps and refuses what cannot be read in the budget: a rope is copied into one piece at
 * the first look, and a search may compare every pair of characters. Gives the first text back.
 */
function charge(text: string, other = ''): string {
  if (text.length > MAX_READ || other.length > MAX_READ || text.length * other.length > MAX_COMPARED) {
    fail('The text is too long for an expression');
  }
  stepsLeft -= (text.length + other.length) >> 8;
  if (stepsLeft < 0) fail('The expression takes too many steps');
  if (monotonicMs() > deadline) fail('The expression takes too long');
  return text;
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

/** Own or inherited data property; null for what is not there. Getters and proxies are refused. */
function memberOf(object: unknown, name: string, optional: boolean): unknown {
  if (object === null || object === undefined) return optional ? null : fail(`Cannot read "${name}" of null`);
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
  refuseRedactedType(object);
  let holder: object | null = object;
  for (let depth = 0; holder !== null && depth < MAX_PROTOTYPES; depth++) {
    step();
    if (isProxy(holder)) return fail(`Reading "${name}" would run code of the service (a proxy)`);
    if (name === 'stack' && !isStackReadable(object))
      return fail('Reading "stack" would format it, by code of the service');
    const descriptor = getOwnPropertyDescriptor(holder, name);
    if (descriptor !== undefined) {
      if (hasOwn(descriptor, 'value')) return descriptor.value;
      return descriptor.get === undefined ? null : fail(`Reading "${name}" would run code of the service (a getter)`);
    }
    holder = getPrototypeOf(holder);
  }
  return null;
}

function refuseRedactedType(object: object): void {
  if (!hasTypeRules() || isProxy(object)) return;
  const type = typeof object === 'function' ? 'function' : typeName(object);
  if (isRedactedType(type)) fail(`The type "${type}" is redacted`);
}

function elementOf(object: unknown, key: unknown, optional: boolean): unknown {
  if (object === null || object === undefined) return optional ? null : fail('Cannot read an element of null');
  if (typeof object === 'string') {
    const given = typeof key === 'number' ? key : fail('An index is a number');
    const at = given < 0 ? object.length + given : given;
    charge(object);
    // Only a position that exists: any other would be looked up along the prototypes of the service.
    return isInteger(at) && at >= 0 && at < object.length ? object[at] : null;
  }
  if (typeof object !== 'object' && typeof object !== 'function')
    return fail(`Cannot read an element of ${kindOf(object)}`);
  if (isProxy(object)) return fail('Reading an element would run code of the service (a proxy)');
  refuseRedactedType(object);
  if (isMap(object)) return fromMap(object, key);
  if (typeof key !== 'number' && typeof key !== 'string' && typeof key !== 'bigint')
    return fail('An index is a number or a string');
  if (isTypedArray(object)) {
    const length = typedArrayLength(object);
    const at = typeof key === 'number' && key < 0 ? length + key : Number(key);
    return isInteger(at) && at >= 0 && at < length ? (object as unknown as Record<number, unknown>)[at] : null;
  }
  if (isArray(object) && typeof key === 'number' && key < 0) return dataProperty(object, toText(object.length + key));
  if (typeof key === 'bigint' && isHuge(key)) return null;
  const name = typeof key === 'string' ? charge(key) : toText(key);
  return isRedactedName(name) ? fail(`"${name}" is redacted`) : dataProperty(object, name);
}

function fromMap(map: Map<unknown, unknown>, key: unknown): unknown {
  if (typeof key === 'string' && isRedactedName(key)) return fail(`"${key}" is redacted`);
  const held = heldKey(key, (candidate) => mapHas(map, candidate));
  return held === undefined ? null : (mapGet(map, held.key) ?? null);
}

/**
 * The key under which a map or set holds what equals the wanted one: it looks up 1 and 1n, null and undefined as
 * different, and finds NaN, where `==` does the opposite.
 */
function heldKey(wanted: unknown, has: (key: unknown) => boolean): { key: unknown } | undefined {
  if (typeof wanted === 'string') charge(wanted);
  // biome-ignore lint/suspicious/noSelfCompare: NaN, without a function of the service's `Number`
  if (wanted !== wanted) return undefined;
  if (has(wanted)) return { key: wanted };
  const twin = twinOf(wanted);
  return twin !== NO_TWIN && has(twin) ? { key: twin } : undefined;
}

const NO_TWIN = {};

function twinOf(key: unknown): unknown {
  if (key === null) return undefined;
  if (key === undefined) return null;
  if (typeof key === 'number' && isInteger(key)) return toBigint(key);
  if (typeof key !== 'bigint' || isHuge(key)) return NO_TWIN;
  const number = Number(key);
  return toBigint(number) === key ? number : NO_TWIN;
}

function sliceOf(node: ExpressionNode & { op: 'slice' }): unknown {
  const object = valueAt(node.object);
  if (typeof object === 'string') charge(object);
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

/** By value for scalars, by identity for objects; null and undefined are the same; never converts. */
function same(left: unknown, right: unknown): boolean {
  if (left === null || left === undefined) return right === null || right === undefined;
  // biome-ignore lint/suspicious/noDoubleEquals: the one comparison that knows bigint and number by value
  if (isNumeric(left) && isNumeric(right)) return left == right;
  if (typeof left === 'string' && typeof right === 'string' && left.length === right.length) charge(left);
  return left === right;
}

function compare(operator: string, left: unknown, right: unknown): boolean {
  if (operator === '==') return same(left, right);
  if (operator === '!=') return !same(left, right);
  const comparable = (typeof left === 'string' && typeof right === 'string') || (isNumeric(left) && isNumeric(right));
  if (!comparable) return fail(`Cannot compare ${kindOf(left)} with ${kindOf(right)} by ${operator}`);
  if (typeof left === 'string') {
    charge(left);
    charge(right as string);
  }
  const a = left as number;
  const b = right as number;
  if (operator === '<') return a < b;
  if (operator === '<=') return a <= b;
  return operator === '>' ? a > b : a >= b;
}

function isIn(item: unknown, container: unknown): boolean {
  if (typeof container === 'string') {
    return typeof item === 'string'
      ? stringIncludes(charge(container, item), item)
      : fail('Only a string can be looked for in a string');
  }
  if (typeof container !== 'object' || container === null) return fail(`Cannot look into ${kindOf(container)}`);
  if (isProxy(container)) return fail('Looking into it would run code of the service (a proxy)');
  refuseRedactedType(container);
  if (isMap(container)) return heldKey(item, (key) => mapHas(container, key)) !== undefined;
  if (isSet(container)) return heldKey(item, (key) => setHas(container, key)) !== undefined;
  if (isArray(container) || isTypedArray(container)) return positionIn(container, item) >= 0;
  if (typeof item !== 'string' || item === 'stack') return false;
  return getOwnPropertyDescriptor(container, charge(item)) !== undefined;
}

function positionIn(list: object, item: unknown): number {
  const length = builtInLength(list) ?? 0;
  for (let at = 0; at < length; at++) {
    step();
    if (same(dataProperty(list, toText(at)), item)) return at;
  }
  return -1;
}

function call(node: ExpressionNode & { op: 'call' }): unknown {
  const object = valueAt(node.object);
  const first = node.arguments.length === 0 ? null : valueAt(node.arguments[0] as ExpressionNode);
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
      if (typeof object === 'object' && !isProxy(object) && (isArray(object) || isTypedArray(object)))
        return positionIn(object, first);
      return search(stringIndexOf, asString(object, 'indexOf'), asString(first, 'a part'));
    case 'startsWith':
      return search(stringStartsWith, asString(object, 'startsWith'), asString(first, 'a prefix'));
    case 'endsWith':
      return search(stringEndsWith, asString(object, 'endsWith'), asString(first, 'a suffix'));
    case 'lower':
      return stringToLowerCase(charge(asString(object, 'lower')));
    case 'upper':
      return stringToUpperCase(charge(asString(object, 'upper')));
    case 'trim':
      return stringTrim(charge(asString(object, 'trim')));
  }
}

function search<R>(by: (text: string, part: string) => R, text: string, part: string): R {
  charge(text, part);
  return by(text, part);
}

function asString(value: unknown, what: string): string {
  return typeof value === 'string' ? value : fail(`Only a string has ${what}`);
}

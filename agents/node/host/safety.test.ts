/**
 * The safety contract in the service's thread: whatever the values are, nothing of the service runs, nothing of it
 * changes, nothing is thrown, and the capture stays within its limits and its time.
 */
import { types } from 'node:util';
import { runInNewContext } from 'node:vm';
import type { ExpressionNode } from '@stillframe/protocol/expression';
import { type CaptureLimits, DEFAULT_CAPTURE_LIMITS } from '@stillframe/protocol/limits';
import { CapturedValue } from '@stillframe/protocol/values';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { addValue, finishCapture, startCapture } from './capture.ts';
import { ExpressionFailure, evaluateLive, isTrue } from './evaluate.ts';
import { monotonicMs } from './primordials.ts';
import { setRedaction } from './redaction.ts';
import { takeStack } from './stack.ts';

/** What of the service ran; any entry is a failure. */
const ran: string[] = [];
const trip = (what: string) => () => {
  ran.push(what);
  throw new Error(`${what} ran`);
};
beforeEach(() => {
  ran.length = 0;
});
afterEach(() => {
  setRedaction([], []);
});

/** The budget is 5 ms; the rest is for a machine that does other things meanwhile. */
const HELD_UP_MS = 60;
const MILLION = 1_000_000;

function hostileProxy(target: object): object {
  const traps = Object.getOwnPropertyNames(Reflect).map((name) => [name, trip(`proxy.${name}`)]);
  return new Proxy(target, Object.fromEntries(traps));
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

const hostile = {
  get getter() {
    return trip('getter')();
  },
  toString: trip('toString'),
  valueOf: trip('valueOf'),
  toJSON: trip('toJSON'),
  [Symbol.toPrimitive]: trip('toPrimitive'),
  get [Symbol.toStringTag]() {
    return trip('toStringTag')();
  },
  [Symbol.iterator]: trip('iterator'),
  [Symbol.for('nodejs.util.inspect.custom')]: trip('inspect'),
};

class Secretive {
  #hidden = 1;
  static #count = 0;
  static get lazy() {
    return trip('static getter')();
  }
  get hidden() {
    Secretive.#count += this.#hidden;
    return trip('class getter')();
  }
}

class LoudMap extends Map<unknown, unknown> {
  override get size(): number {
    return trip('Map.size')();
  }
  override get = trip('Map.get');
  override has = trip('Map.has');
  override entries = trip('Map.entries');
  override forEach = trip('Map.forEach');
  override [Symbol.iterator] = trip('Map.iterator');
}

class LoudSet extends Set<unknown> {
  override get size(): number {
    return trip('Set.size')();
  }
  override has = trip('Set.has');
  override values = trip('Set.values');
  override [Symbol.iterator] = trip('Set.iterator');
}

function loudMap(): Map<unknown, unknown> {
  const map = new LoudMap();
  Map.prototype.set.call(map, 'a', hostile);
  return map;
}

function loudSet(): Set<unknown> {
  const set = new LoudSet();
  Set.prototype.add.call(set, hostile);
  return set;
}

function cycle(): object {
  const a: Record<string, unknown> = { name: 'a' };
  a.self = a;
  a.list = [a, { back: a }];
  return a;
}

function loudError(): Error {
  const error = new Error('visible');
  for (const key of ['stack', 'name', 'message', 'cause']) {
    Object.defineProperty(error, key, { get: trip(`error.${key}`), configurable: true });
  }
  return error;
}

/** Formatting its stack would read the getters: an error class of the old kind, no native error. */
function oldStyleError(): object {
  const made = Object.create(Error.prototype, {
    name: { get: trip('old error name') },
    message: { get: trip('old error message') },
  }) as object;
  Error.captureStackTrace(made);
  return made;
}

function detached(): Uint8Array {
  const array = new Uint8Array(16);
  structuredClone(array.buffer, { transfer: [array.buffer] });
  return array;
}

function rope(characters: number): string {
  // The longest text V8 can make is a little below 2 ** 29.
  let text = 'x'.repeat(15);
  while (text.length < characters) text += text;
  return text;
}

function sparse(): unknown[] {
  const list: unknown[] = [1];
  list[4_294_967_290] = 2;
  return list;
}

function* generator(): Generator<number> {
  ran.push('generator');
  yield 1;
}

async function* asyncGenerator(): AsyncGenerator<number> {
  ran.push('async generator');
  yield 1;
}

const exotic: Record<string, () => unknown> = {
  'an object whose every conversion throws': () => hostile,
  'a proxy': () => hostileProxy({ a: 1 }),
  'a proxy of a function': () => hostileProxy(trip('target')),
  'a proxy of an array': () => hostileProxy([1]),
  'a revoked proxy': revoked,
  'an object whose prototype is a proxy': () => Object.create(hostileProxy({})),
  'an object whose constructor is a proxy': () => ({ constructor: hostileProxy(class {}), a: 1 }),
  'a cycle': cycle,
  'a class with private fields': () => new Secretive(),
  'a class itself': () => Secretive,
  'a map with overridden methods': loudMap,
  'a set with overridden methods': loudSet,
  'an error with getters': loudError,
  'an error of the old kind': oldStyleError,
  'an ordinary error': () => new TypeError('no', { cause: hostile }),
  'an error of another realm': () => runInNewContext('new RangeError("far")'),
  'an array of another realm': () => runInNewContext('[1, {a: 2}]'),
  'an invalid date': () => new Date(Number.NaN),
  'a date with own methods': () => Object.assign(new Date(0), { getTime: trip('getTime'), toISOString: trip('iso') }),
  'a regular expression with own source': () =>
    Object.defineProperties(/a/gi, { source: { get: trip('source') }, flags: { get: trip('flags') } }),
  'a typed array': () => new Float64Array(MILLION),
  'a typed array over big integers': () => new BigInt64Array(4),
  'a typed array with a length of its own': () =>
    Object.defineProperty(new Uint8Array(2), 'length', { get: trip('length') }),
  'a detached buffer': detached,
  'a view of a detached buffer': () => {
    const view = new DataView(new ArrayBuffer(8));
    structuredClone(view.buffer, { transfer: [view.buffer] });
    return view;
  },
  'a shared buffer': () => new SharedArrayBuffer(8),
  'a sparse array': sparse,
  'an array with getters': () => Object.defineProperty([1, 2, 3], 1, { get: trip('element') }),
  'an object without a prototype': () => Object.assign(Object.create(null), { a: 1, __proto__: 2 }),
  'a bound function': () => trip('bound').bind(hostile),
  'a function with a name that is a getter': () => Object.defineProperty(() => {}, 'name', { get: trip('name') }),
  'a generator': generator,
  'an async generator': asyncGenerator,
  // biome-ignore lint/suspicious/noThenProperty: what a service may hold
  'a promise with own then': () => Object.assign(Promise.resolve(1), { then: trip('then') }),
  // biome-ignore lint/suspicious/noThenProperty: what a service may hold
  'a thenable': () => ({ then: trip('then') }),
  'a weak reference': () => new WeakRef(hostile),
  'a weak map': () => new WeakMap([[hostile, 1]]),
  'a boxed string': () => Object('boxed'),
  'a boxed long string': () => Object(rope(MILLION)),
  'a boxed symbol': () => Object(Symbol('boxed')),
  'a symbol with a long description': () => Symbol(rope(MILLION)),
  'a function with a long name': () => Object.defineProperty(() => {}, 'name', { value: rope(MILLION) }),
  'an error with a long message': () => new Error(rope(MILLION)),
  'a long regular expression': () => new RegExp('a'.repeat(20_000)),
  'a class with a long name': () =>
    new (Object.defineProperty(class {}, 'name', { value: rope(MILLION) }) as new () => object)(),
  'keys that are symbols': () => ({ [Symbol(rope(MILLION))]: 1, [Symbol.iterator]: trip('iterator') }),
  'a long key': () => ({ ['k'.repeat(100_000)]: 1 }),
  'a big integer': () => 2n ** 100_000n,
  arguments: () =>
    (function (..._given: unknown[]) {
      // biome-ignore lint/complexity/noArguments: the exotic object itself is what is captured
      return arguments;
    })(1, hostile),
  'a frozen object': () => Object.freeze({ a: Object.freeze([1]) }),
  'the global object': () => globalThis,
  'the environment': () => process.env,
  'a rope of 500 million characters': () => rope(500 * MILLION),
  'many long ropes': () => Array.from({ length: 100 }, () => rope(500_000)),
  'a million elements': () => new Array(MILLION).fill(hostile),
  'a map of a million': () => new Map(Array.from({ length: MILLION }, (_, at) => [at, at])),
  'a set of a million': () => new Set(Array.from({ length: MILLION }, (_, at) => at)),
  'a deep list': () => {
    let list: unknown = null;
    for (let at = 0; at < 100_000; at++) list = { next: list };
    return list;
  },
  'a wide tree': () => Array.from({ length: 500 }, () => Array.from({ length: 500 }, () => ({ a: { b: 1 } }))),
};

/** What `this` is in the expressions below. */
const SERVICE = { name: 'orders' };

const PATHS: ExpressionNode[] = [
  ...['getter', 'length', 'size', 'stack', 'message', 'name', 'then', 'constructor', '__proto__', 'a'].map(
    (name): ExpressionNode => ({ op: 'member', object: { op: 'name', name: 'v' }, name }),
  ),
  ...(['not', 'negate', 'plus', 'nonEmpty', 'length', 'typeof'] as const).map(
    (op): ExpressionNode => ({ op, operand: { op: 'name', name: 'v' } }),
  ),
  { op: 'index', object: { op: 'name', name: 'v' }, index: { op: 'literal', value: 0 } },
  { op: 'index', object: { op: 'list', items: [] }, index: { op: 'name', name: 'v' } },
  { op: 'slice', object: { op: 'name', name: 'v' } },
  { op: 'in', item: { op: 'name', name: 'v' }, container: { op: 'this' } },
  { op: 'binary', operator: '+', left: { op: 'name', name: 'v' }, right: { op: 'literal', value: '' } },
  { op: 'compare', operator: '==', left: { op: 'name', name: 'v' }, right: { op: 'literal', value: 'x' } },
  { op: 'compare', operator: '<', left: { op: 'name', name: 'v' }, right: { op: 'literal', value: 'x' } },
  { op: 'in', item: { op: 'literal', value: 'x' }, container: { op: 'name', name: 'v' } },
  ...(['contains', 'has', 'get', 'indexOf', 'startsWith'] as const).map(
    (method): ExpressionNode => ({
      op: 'call',
      method,
      object: { op: 'name', name: 'v' },
      arguments: [{ op: 'literal', value: 'x' }],
    }),
  ),
];

describe('values of every kind', () => {
  test.each(Object.entries(exotic))('%s', (_name, make) => {
    const value = make();
    const before = photograph(value);
    const values = capture({ value }, DEFAULT_CAPTURE_LIMITS);
    checkTable(values, DEFAULT_CAPTURE_LIMITS);
    for (const tree of PATHS) evaluateSafely(tree, { v: value });
    expect(ran).toEqual([]);
    expect(samePhotograph(before, photograph(value))).toBe(true);
  });
});

describe('arbitrary values', () => {
  const { graph } = fc.letrec<{ graph: Recipe; inner: Recipe }>((tie) => ({
    inner: fc.oneof(
      { maxDepth: 4 },
      fc
        .anything({
          withBigInt: true,
          withDate: true,
          withMap: true,
          withSet: true,
          withSparseArray: true,
          withTypedArray: true,
          withNullPrototype: true,
        })
        .map(
          (value): Recipe =>
            () =>
              value,
        ),
      fc.string({ maxLength: 600 }).map(
        (text): Recipe =>
          () =>
            text,
      ),
      fc.constantFrom(...HARMLESS).map(
        (name): Recipe =>
          () =>
            exotic[name]?.(),
      ),
      fc.constant<Recipe>((made) => made[0]),
      tie('graph'),
    ),
    graph: fc
      .tuple(
        fc.constantFrom('object', 'array', 'map', 'set', 'proxy', 'frozen'),
        fc.array(fc.tuple(fc.string({ maxLength: 8 }), tie('inner')), { maxLength: 12 }),
      )
      .map(
        ([kind, parts]): Recipe =>
          (made) =>
            build(kind, parts, made),
      ),
  }));
  const limits = fc.record({
    depth: fc.nat(6),
    collection: fc.nat(20),
    fields: fc.nat(20),
    string: fc.nat(300),
    nodes: fc.integer({ min: 1, max: 300 }),
    bytes: fc.integer({ min: 1024, max: 65_536 }),
  });

  test('are captured within exact limits and left as they were', () => {
    fc.assert(
      fc.property(graph, limits, (recipe, given) => {
        const value = recipe([]);
        const before = photograph(value);
        const wanted = { ...DEFAULT_CAPTURE_LIMITS, captureMs: 50, ...given };
        checkTable(capture({ value }, wanted), wanted);
        expect(ran).toEqual([]);
        expect(samePhotograph(before, photograph(value))).toBe(true);
      }),
      { numRuns: 400 },
    );
  });

  test('survive arbitrary expressions', () => {
    fc.assert(
      fc.property(graph, treeOf(), (recipe, tree) => {
        const value = recipe([]);
        const before = photograph(value);
        evaluateSafely(tree, { v: value, w: [value] });
        expect(ran).toEqual([]);
        expect(samePhotograph(before, photograph(value))).toBe(true);
      }),
      { numRuns: 1500 },
    );
  });
});

describe('a service that patches built-ins', () => {
  const patches: [name: string, holder: object, key: PropertyKey][] = [
    ['Array.prototype[Symbol.iterator]', Array.prototype, Symbol.iterator],
    ['Array.prototype.push', Array.prototype, 'push'],
    ['Array.prototype.map', Array.prototype, 'map'],
    ['Array.isArray', Array, 'isArray'],
    ['Map.prototype.forEach', Map.prototype, 'forEach'],
    ['Map.prototype.get', Map.prototype, 'get'],
    ['Map.prototype.entries', Map.prototype, 'entries'],
    ['Set.prototype.values', Set.prototype, 'values'],
    ['WeakSet.prototype.has', WeakSet.prototype, 'has'],
    ['Object.keys', Object, 'keys'],
    ['Object.hasOwn', Object, 'hasOwn'],
    ['Object.getOwnPropertyDescriptor', Object, 'getOwnPropertyDescriptor'],
    ['Object.defineProperty', Object, 'defineProperty'],
    ['Reflect.ownKeys', Reflect, 'ownKeys'],
    ['Reflect.apply', Reflect, 'apply'],
    ['Function.prototype.call', Function.prototype, 'call'],
    ['Function.prototype.apply', Function.prototype, 'apply'],
    ['Function.prototype.bind', Function.prototype, 'bind'],
    ['String.prototype.slice', String.prototype, 'slice'],
    ['Symbol.prototype.toString', Symbol.prototype, 'toString'],
    ['Date.prototype.toISOString', Date.prototype, 'toISOString'],
    ['Math.min', Math, 'min'],
    ['Number.isInteger', Number, 'isInteger'],
    ['performance.now', performance, 'now'],
    ['globalThis.String', globalThis, 'String'],
    ['globalThis.BigInt', globalThis, 'BigInt'],
    ['globalThis.Number', globalThis, 'Number'],
    ['globalThis.Map', globalThis, 'Map'],
    ['Error.captureStackTrace', Error, 'captureStackTrace'],
  ];

  test.each(patches)('%s', (name, holder, key) => {
    const value = () => ({
      list: [1, 'two', 3n],
      map: new Map([['k', { a: 1 }]]),
      set: new Set([1]),
      on: new Date(0),
      sy: Symbol('s'),
    });
    const expected = capture({ value: value() }, DEFAULT_CAPTURE_LIMITS);
    const subject = value();
    const result = patched(holder, key, trip(name), () => {
      const table = captureBare(subject);
      for (let at = 0; at < PATHS.length; at++) refusalOf(PATHS[at] as ExpressionNode, subject.list);
      takeStack(5);
      return table;
    });
    expect(ran).toEqual([]);
    expect(result).toEqual(expected);
  });

  test('fields of descriptors on Object.prototype', () => {
    const subject = {
      get lazy() {
        return trip('lazy')();
      },
      plain: 1,
    };
    const frames = patched(Object.prototype, 'get', trip('get'), () =>
      patched(Object.prototype, 'value', trip('value'), () => {
        const table = captureBare(subject);
        return { table, frames: takeStack(5) };
      }),
    );
    expect(ran).toEqual([]);
    expect(frames.table.map((value) => value.missing?.reason)).toContain('getter');
  });
});

describe('the stack', () => {
  const descriptor = (name: string) => Object.getOwnPropertyDescriptor(Error, name);
  const rows: [name: string, prepare: () => () => void][] = [
    ['no formatter', () => replaced('prepareStackTrace', undefined)],
    [
      'a formatter',
      () =>
        replaced('prepareStackTrace', {
          value: trip('formatter'),
          writable: true,
          configurable: true,
          enumerable: false,
        }),
    ],
    [
      'a formatter that is a getter',
      () =>
        replaced('prepareStackTrace', {
          get: trip('formatter getter'),
          set: trip('formatter setter'),
          configurable: true,
        }),
    ],
    [
      'a formatter that cannot be written',
      () => replaced('prepareStackTrace', { value: trip('formatter'), writable: false, configurable: true }),
    ],
    [
      'a limit of zero',
      () => replaced('stackTraceLimit', { value: 0, writable: true, configurable: true, enumerable: true }),
    ],
    ['a limit that is a getter', () => replaced('stackTraceLimit', { get: trip('limit'), configurable: true })],
    ['no limit', () => replaced('stackTraceLimit', undefined)],
  ];

  test.each(rows)('is taken with %s, and the state is as before', (_name, prepare) => {
    const restore = prepare();
    try {
      const before = [descriptor('prepareStackTrace'), descriptor('stackTraceLimit')];
      expect(Array.isArray(takeStack(5))).toBe(true);
      expect([descriptor('prepareStackTrace'), descriptor('stackTraceLimit')]).toEqual(before);
      const error = oldStyleError();
      expect(capture({ error }, DEFAULT_CAPTURE_LIMITS).some((value) => value.missing?.reason === 'getter')).toBe(true);
      evaluateSafely({ op: 'member', object: { op: 'name', name: 'v' }, name: 'stack' }, { v: { stack: 'ours' } });
    } finally {
      restore();
    }
    expect(ran).toEqual([]);
  });

  function replaced(name: string, wanted: PropertyDescriptor | undefined): () => void {
    const before = descriptor(name);
    Reflect.deleteProperty(Error, name);
    if (wanted !== undefined) Object.defineProperty(Error, name, wanted);
    return () => {
      Reflect.deleteProperty(Error, name);
      if (before !== undefined) Object.defineProperty(Error, name, before);
    };
  }
});

describe('redaction', () => {
  class Credentials extends Error {
    user = 'ada';
  }

  test('by name never reads the value', () => {
    const holder = {
      get password() {
        return trip('password')();
      },
      [Symbol('token')]: 'value-1',
      nested: new Map<string, unknown>([['api_key', 'value-2']]),
      secret: 'value-3',
    };
    const text = JSON.stringify(capture({ holder }, DEFAULT_CAPTURE_LIMITS));
    expect(text).not.toMatch(/value-/);
    expect(text.match(/"redacted"/g)?.length).toBe(4);
    expect(ran).toEqual([]);
  });

  test('by type shows nothing of the inside, in captures and in expressions', () => {
    setRedaction([], ['Credentials']);
    const value = new Credentials('for your eyes only');
    expect(JSON.stringify(capture({ value }, DEFAULT_CAPTURE_LIMITS))).not.toMatch(/eyes|ada/);
    for (const name of ['user', 'message']) {
      const tree: ExpressionNode = { op: 'member', object: { op: 'name', name: 'v' }, name };
      expect(refusalOf(tree, value)).toContain('redacted');
    }
  });
});

type Recipe = (made: unknown[]) => unknown;

/** Kinds that are cheap to make many of. */
const HARMLESS = Object.keys(exotic).filter(
  (name) => !/million|rope|deep list|wide tree|long|global|environment|typed array$|big integer$/.test(name),
);

function build(kind: string, parts: readonly (readonly [string, Recipe])[], made: unknown[]): unknown {
  const object: Record<string, unknown> = {};
  made.push(object);
  if (kind === 'array') return parts.map(([, part]) => part(made));
  if (kind === 'map') return new Map(parts.map(([key, part]) => [key, part(made)]));
  if (kind === 'set') return new Set(parts.map(([, part]) => part(made)));
  for (const [key, part] of parts) {
    Object.defineProperty(object, key, { value: part(made), enumerable: true, configurable: true });
  }
  if (kind === 'frozen') Object.freeze(object);
  return kind === 'proxy' ? hostileProxy(object) : object;
}

function treeOf(): fc.Arbitrary<ExpressionNode> {
  const { node } = fc.letrec<{ node: ExpressionNode }>((tie) => {
    const operand = tie('node');
    return {
      node: fc.oneof(
        { maxDepth: 5, withCrossShrink: true },
        fc.constantFrom<ExpressionNode>(
          { op: 'name', name: 'v' },
          { op: 'name', name: 'w' },
          { op: 'this' },
          { op: 'bigint', digits: '3' },
        ),
        fc
          .oneof(fc.string(), fc.double(), fc.boolean(), fc.constant(null))
          .map((value): ExpressionNode => ({ op: 'literal', value })),
        fc
          .tuple(
            operand,
            fc.oneof(
              fc.string({ minLength: 1 }),
              fc.constantFrom('stack', 'length', 'size', 'getter', 'then', '__proto__'),
            ),
          )
          .map(([object, name]): ExpressionNode => ({ op: 'member', object, name })),
        fc.tuple(operand, operand).map(([object, index]): ExpressionNode => ({ op: 'index', object, index })),
        fc
          .tuple(operand, operand, operand)
          .map(([object, from, to]): ExpressionNode => ({ op: 'slice', object, from, to })),
        fc
          .tuple(fc.constantFrom('not', 'negate', 'plus', 'nonEmpty', 'length', 'typeof'), operand)
          .map(([op, inner]): ExpressionNode => ({ op, operand: inner })),
        fc
          .tuple(
            fc.constantFrom('+', '-', '*', '/', '%', '**', 'truncatingDivide', 'floorDivide', 'floorModulo'),
            operand,
            operand,
          )
          .map(([operator, left, right]): ExpressionNode => ({ op: 'binary', operator, left, right })),
        fc
          .tuple(fc.constantFrom('==', '!=', '<', '<=', '>', '>='), operand, operand)
          .map(([operator, left, right]): ExpressionNode => ({ op: 'compare', operator, left, right })),
        fc
          .tuple(fc.constantFrom('and', 'or', 'coalesce'), operand, operand)
          .map(([op, left, right]): ExpressionNode => ({ op, left, right })),
        fc.tuple(operand, operand).map(([item, container]): ExpressionNode => ({ op: 'in', item, container })),
        fc
          .tuple(
            fc.constantFrom(
              'startsWith',
              'endsWith',
              'contains',
              'indexOf',
              'lower',
              'upper',
              'trim',
              'get',
              'has',
              'isEmpty',
            ),
            operand,
            fc.array(operand, { maxLength: 2 }),
          )
          .map(([method, object, given]): ExpressionNode => ({ op: 'call', method, object, arguments: given })),
        fc.array(operand, { maxLength: 3 }).map((items): ExpressionNode => ({ op: 'list', items })),
      ),
    };
  });
  return node;
}

function capture(variables: Record<string, unknown>, limits: CaptureLimits): CapturedValue[] {
  const started = monotonicMs();
  const table = startCapture(limits, started + limits.captureMs);
  for (const value of Object.values(variables)) addValue(table, value, 0);
  finishCapture(table);
  expect(monotonicMs() - started).toBeLessThan(HELD_UP_MS + limits.captureMs);
  return table.values;
}

/** Without anything a patched built-in could reach but the agent itself. */
function captureBare(value: unknown): CapturedValue[] {
  const table = startCapture(DEFAULT_CAPTURE_LIMITS, monotonicMs() + HELD_UP_MS);
  addValue(table, value, 0);
  finishCapture(table);
  return table.values;
}

/** What the expression is refused for; undefined when it has a value. Anything but a refusal is thrown on. */
function refusalOf(tree: ExpressionNode, v: unknown): string | undefined {
  try {
    evaluateLive(tree, { variable: () => v, self: () => SERVICE }, HELD_UP_MS);
    return undefined;
  } catch (error) {
    if (error instanceof ExpressionFailure) return error.message;
    throw error;
  }
}

function evaluateSafely(tree: ExpressionNode, variables: Record<string, unknown>): void {
  const started = monotonicMs();
  try {
    isTrue(evaluateLive(tree, { variable: (name) => variables[name], self: () => SERVICE }, 1));
  } catch (error) {
    expect(error).toBeInstanceOf(ExpressionFailure);
  }
  expect(monotonicMs() - started).toBeLessThan(HELD_UP_MS);
}

function patched<R>(holder: object, key: PropertyKey, value: unknown, run: () => R): R {
  const before = Reflect.getOwnPropertyDescriptor(holder, key);
  const { defineProperty, deleteProperty } = Reflect;
  defineProperty(holder, key, { __proto__: null, value, configurable: true, writable: true } as PropertyDescriptor);
  try {
    return run();
  } finally {
    deleteProperty(holder, key);
    if (before !== undefined) defineProperty(holder, key, before);
  }
}

/** What the wire accepts, every reference inside the table, and no limit exceeded. */
function checkTable(values: CapturedValue[], limits: CaptureLimits): void {
  expect(CapturedValue.array().safeParse(values).error).toBeUndefined();
  expect(values.length).toBeLessThanOrEqual(limits.nodes);
  const depths = new Map<number, number>([[0, 0]]);
  for (const [at, value] of values.entries()) {
    const children = value.children ?? [];
    const depth = depths.get(at) ?? 0;
    if (children.length > 0) expect(depth).toBeLessThan(limits.depth);
    for (const child of children) {
      expect(child.value).toBeLessThan(values.length);
      if (!depths.has(child.value)) depths.set(child.value, depth + 1);
    }
    const elements = children.filter(({ role }) => role === 'index' || role === 'entryKey').length;
    const fields = children.filter(({ role }) => role === undefined || role === 'static').length;
    expect(elements).toBeLessThanOrEqual(limits.collection);
    expect(fields).toBeLessThanOrEqual(limits.fields);
    if (typeof value.literal === 'string') expect(value.literal.length).toBeLessThanOrEqual(limits.string);
  }
  // One value may be begun before the limit is reached.
  const longest = Math.max(0, ...values.map((value) => JSON.stringify({ ...value, children: [] }).length));
  expect(estimate(values)).toBeLessThanOrEqual(limits.bytes + longest + 1024);
}

/** The agent's own measure: characters and a fixed cost for each value and child. */
function estimate(values: CapturedValue[]): number {
  let bytes = 0;
  for (const value of values) {
    bytes += 48 + value.type.length + value.preview.length;
    if (typeof value.literal === 'string') bytes += value.literal.length;
    for (const child of value.children ?? []) bytes += 24 + child.name.length;
  }
  return bytes;
}

type Photograph = [object: object, prototype: object | null, extensible: boolean, properties: unknown[]][];

/** Everything reachable by own data properties, by identity; `stack` is left out, since looking at it formats it. */
function photograph(root: unknown): Photograph {
  const seen = new Set<unknown>();
  const open: unknown[] = [root];
  const pictures: Photograph = [];
  while (open.length > 0 && pictures.length < 2000) {
    const value = open.pop();
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null || seen.has(value)) continue;
    seen.add(value);
    if (types.isProxy(value) || value === globalThis) continue;
    const large =
      ArrayBuffer.isView(value) ||
      (Array.isArray(value) && value.length > 10_000) ||
      (types.isStringObject(value) && value.length > 10_000);
    const keys = large ? ['0'] : Reflect.ownKeys(value).filter((key) => key !== 'stack');
    const properties: unknown[] = [];
    for (const key of keys) {
      const found = Reflect.getOwnPropertyDescriptor(value, key);
      properties.push(key, found?.value, found?.get, found?.writable, found?.enumerable, found?.configurable);
      open.push(found?.value);
    }
    pictures.push([value, Reflect.getPrototypeOf(value), Object.isExtensible(value), properties]);
  }
  return pictures;
}

function samePhotograph(a: Photograph, b: Photograph): boolean {
  return (
    a.length === b.length &&
    a.every(([object, prototype, extensible, properties], at) => {
      const other = b[at];
      return (
        other !== undefined &&
        object === other[0] &&
        prototype === other[1] &&
        extensible === other[2] &&
        properties.length === other[3].length &&
        properties.every((property, index) => Object.is(property, other[3][index]))
      );
    })
  );
}

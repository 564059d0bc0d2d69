/**
 * The safety contract in the service's thread: whatever the values are, nothing of the service runs, nothing of it
 * changes, nothing is thrown, and the capture stays within its limits and its time.
 */
import type { ExpressionNode } from '@stillframe/protocol/expression';
import { type CaptureLimits, DEFAULT_CAPTURE_LIMITS } from '@stillframe/protocol/limits';
import { CapturedValue } from '@stillframe/protocol/values';
import { exotic, HARMLESS, hostileProxy, oldStyleError, ran, trip } from '@stillframe/test-kit/exotic-values';
import { photograph, samePhotograph } from '@stillframe/test-kit/photograph';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { addValue, finishCapture, startCapture } from './capture.ts';
import { evaluateLive, isTrue } from './evaluate.ts';
import { ExpressionFailure } from './expression-failure.ts';
import { monotonicMs } from './primordials.ts';
import { setRedaction } from './redaction.ts';
import { takeStack } from './stack.ts';

beforeEach(() => {
  ran.length = 0;
});
afterEach(() => {
  setRedaction([], []);
});

/** The budget is 5 ms; the rest is for collecting the garbage of what the rows before have made. */
const HELD_UP_MS = 60;
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

/** Processor time of this thread, which other work on the machine does not change. */
function threadMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

function capture(variables: Record<string, unknown>, limits: CaptureLimits): CapturedValue[] {
  const usedBefore = threadMs();
  const table = startCapture(limits, monotonicMs() + limits.captureMs);
  for (const value of Object.values(variables)) addValue(table, value, 0);
  finishCapture(table);
  expect(threadMs() - usedBefore).toBeLessThan(HELD_UP_MS + limits.captureMs);
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
  const usedBefore = threadMs();
  try {
    isTrue(evaluateLive(tree, { variable: (name) => variables[name], self: () => SERVICE }, 1));
  } catch (error) {
    expect(error).toBeInstanceOf(ExpressionFailure);
  }
  expect(threadMs() - usedBefore).toBeLessThan(HELD_UP_MS);
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

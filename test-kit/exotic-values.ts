/**
 * Values that a service may hold and an agent must not stumble over. Whatever of them runs leaves its name in `ran`, so a
 * test can say that nothing did.
 */
import { runInNewContext } from 'node:vm';

/** What of the service ran; any entry is a failure. */
export const ran: string[] = [];
export const trip = (what: string) => () => {
  ran.push(what);
  throw new Error(`${what} ran`);
};
const MILLION = 1_000_000;

export function hostileProxy(target: object): object {
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
export function oldStyleError(): object {
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

/** What a service may hold, by name; each is made anew, since looking at some changes their form inside V8. */
export const exotic: Record<string, () => unknown> = {
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

/** Kinds that are cheap to make many of. */
export const HARMLESS = Object.keys(exotic).filter(
  (name) => !/million|rope|deep list|wide tree|long|global|environment|typed array$|big integer$/.test(name),
);

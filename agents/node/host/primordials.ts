/**
 * The built-ins this agent uses inside the service's thread, taken before the service can patch them. A call through
 * these runs no code of the service and cannot be observed by it. For the same reason nothing in `host/` that runs in a
 * condition uses `for…of`, spread or array destructuring: those go through `Symbol.iterator`, which can be patched.
 */
import { types } from 'node:util';

type Uncurried<F> = F extends (this: infer T, ...rest: infer A) => infer R ? (self: T, ...rest: A) => R : never;

const bindCall = Function.prototype.call.bind(Function.prototype.bind, Function.prototype.call) as <F>(
  method: F,
) => Uncurried<F>;

function getterOf<R>(prototype: object, name: PropertyKey): (self: unknown) => R {
  const getter = Object.getOwnPropertyDescriptor(prototype, name)?.get;
  if (getter === undefined) return () => undefined as R;
  return bindCall(getter as (this: unknown) => R) as (self: unknown) => R;
}

export const { getOwnPropertyDescriptor, getPrototypeOf, ownKeys } = Reflect;
/** Own only: a descriptor inherits from `Object.prototype`, where a service may have put a `value` or a `get`. */
export const hasOwn = Object.hasOwn as (object: object, key: PropertyKey) => boolean;

/** What an own data property holds; undefined where there is none, or an accessor. */
export function ownData(object: object, key: PropertyKey): unknown {
  const descriptor = getOwnPropertyDescriptor(object, key);
  return descriptor !== undefined && hasOwn(descriptor, 'value') ? descriptor.value : undefined;
}

const NativeMap = Map;
/** A service may put another `Map` on its global object. */
export const newMap = <K, V>(): Map<K, V> => new NativeMap<K, V>();

export const { isArray } = Array;
export const { isInteger } = Number;
export const { min, max, floor, ceil, trunc, log: logarithm } = Math;
export const toText: (value: unknown) => string = String;
export const toNumber: (value: bigint) => number = Number;
export const toBigint: (value: string | number | bigint) => bigint = BigInt;

export const arraySlice = bindCall(Array.prototype.slice) as <T>(self: readonly T[], from?: number, to?: number) => T[];
export const stringOf = bindCall(String.prototype.valueOf) as (self: object) => string;
export const stringSlice = bindCall(String.prototype.slice);
export const stringStartsWith = bindCall(String.prototype.startsWith);
export const stringEndsWith = bindCall(String.prototype.endsWith);
export const stringIncludes = bindCall(String.prototype.includes);
export const stringIndexOf = bindCall(String.prototype.indexOf);
export const stringToLowerCase = bindCall(String.prototype.toLowerCase);
export const stringToUpperCase = bindCall(String.prototype.toUpperCase);
export const stringTrim = bindCall(String.prototype.trim);
export const stringCharCodeAt = bindCall(String.prototype.charCodeAt);
export const symbolToString = bindCall(Symbol.prototype.toString);
export const bigintToString = bindCall(BigInt.prototype.toString);
export const dateGetTime = bindCall(Date.prototype.getTime);
export const dateToIsoString = bindCall(Date.prototype.toISOString);

export const mapGet = bindCall(Map.prototype.get) as (self: Map<unknown, unknown>, key: unknown) => unknown;
export const mapSet = bindCall(Map.prototype.set) as (
  self: Map<unknown, unknown>,
  key: unknown,
  value: unknown,
) => unknown;
export const mapHas = bindCall(Map.prototype.has) as (self: Map<unknown, unknown>, key: unknown) => boolean;
export const mapDelete = bindCall(Map.prototype.delete) as (self: Map<unknown, unknown>, key: unknown) => boolean;
export const mapEntries = bindCall(Map.prototype.entries) as (
  self: Map<unknown, unknown>,
) => Iterator<[unknown, unknown]>;
export const mapClear = bindCall(Map.prototype.clear);
export const mapSize = getterOf<number>(Map.prototype, 'size');
export const setHas = bindCall(Set.prototype.has) as (self: Set<unknown>, key: unknown) => boolean;
export const setValues = bindCall(Set.prototype.values) as (self: Set<unknown>) => Iterator<unknown>;
export const setSize = getterOf<number>(Set.prototype, 'size');
export const weakSetHas = bindCall(WeakSet.prototype.has) as (self: WeakSet<object>, key: object) => boolean;
export const weakSetAdd = bindCall(WeakSet.prototype.add) as (self: WeakSet<object>, key: object) => unknown;
export const weakMapGet = bindCall(WeakMap.prototype.get) as (self: WeakMap<object, unknown>, key: object) => unknown;
export const weakMapSet = bindCall(WeakMap.prototype.set) as (
  self: WeakMap<object, unknown>,
  key: object,
  value: unknown,
) => unknown;
export const mapIteratorNext = bindCall(
  Object.getPrototypeOf(new Map().entries()).next as (
    this: Iterator<[unknown, unknown]>,
  ) => IteratorResult<[unknown, unknown]>,
);
export const setIteratorNext = bindCall(
  Object.getPrototypeOf(new Set().values()).next as (this: Iterator<unknown>) => IteratorResult<unknown>,
);

const typedArray = Object.getPrototypeOf(Uint8Array.prototype) as object;
export const typedArrayLength = getterOf<number>(typedArray, 'length');
export const arrayBufferLength = getterOf<number>(ArrayBuffer.prototype, 'byteLength');
export const sharedArrayBufferLength = getterOf<number>(SharedArrayBuffer.prototype, 'byteLength');
export const dataViewLength = getterOf<number>(DataView.prototype, 'byteLength');
export const regExpSource = getterOf<string>(RegExp.prototype, 'source');
const regExpFlags: readonly [letter: string, read: (self: unknown) => boolean][] = [
  ['d', getterOf<boolean>(RegExp.prototype, 'hasIndices')],
  ['g', getterOf<boolean>(RegExp.prototype, 'global')],
  ['i', getterOf<boolean>(RegExp.prototype, 'ignoreCase')],
  ['m', getterOf<boolean>(RegExp.prototype, 'multiline')],
  ['s', getterOf<boolean>(RegExp.prototype, 'dotAll')],
  ['u', getterOf<boolean>(RegExp.prototype, 'unicode')],
  ['y', getterOf<boolean>(RegExp.prototype, 'sticky')],
];

/** The `flags` getter would read overridable properties; each single getter reads the internal slot. */
export function flagsOf(value: RegExp): string {
  let flags = '';
  for (let at = 0; at < regExpFlags.length; at++) {
    const entry = regExpFlags[at];
    if (entry?.[1](value)) flags += entry[0];
  }
  return flags;
}

export const {
  isAnyArrayBuffer,
  isSharedArrayBuffer,
  isStringObject,
  isArgumentsObject,
  isBoxedPrimitive,
  isDataView,
  isDate,
  isExternal,
  isGeneratorObject,
  isMap,
  isModuleNamespaceObject,
  isNativeError,
  isPromise,
  isProxy,
  isRegExp,
  isSet,
  isTypedArray,
  isWeakMap,
  isWeakSet,
} = types;

const clock = performance;
const readClock = clock.now.bind(clock);

/** Milliseconds since the process's time origin; monotonic. */
export function monotonicMs(): number {
  return readClock();
}

export const epochMs: () => number = Date.now;
export const atomicsAdd = Atomics.add.bind(Atomics);
export const atomicsLoad = Atomics.load.bind(Atomics);
export const atomicsStore = Atomics.store.bind(Atomics);

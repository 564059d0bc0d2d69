/**
 * Live values into the flat table of `protocol/values.ts`, in the service's thread. Breadth first, so that the first levels
 * are whole before the budgets run out. Runs no code of the service: own properties by descriptor, internal slots by
 * built-ins taken at load, nothing through proxies or getters. Whatever is left out says why.
 */
import type { CaptureLimits } from '@stillframe/protocol/limits';
import type {
  CapturedValue,
  ChildRole,
  Missing,
  MissingReason,
  ValueChild,
  ValueKind,
} from '@stillframe/protocol/values';
import { isStackReadable } from './error-stack.ts';
import {
  bigintToString,
  getOwnPropertyDescriptor,
  hasOwn,
  isInteger,
  isStringObject,
  isTypedArray,
  mapEntries,
  mapGet,
  mapIteratorNext,
  mapSet,
  mapSize,
  max,
  min,
  monotonicMs,
  newMap,
  ownKeys,
  setIteratorNext,
  setSize,
  setValues,
  stringCharCodeAt,
  stringSlice,
  symbolToString,
  toText,
  typedArrayLength,
  weakSetAdd,
  weakSetHas,
} from './primordials.ts';
import { isRedactedName } from './redaction.ts';
import { shellOf } from './shell.ts';
import { MAX_PREVIEW, shortText, UNREADABLE_STRING } from './type-name.ts';

/** A table under construction, for one hit. */
export interface Capture {
  values: CapturedValue[];
  missing: Partial<Record<MissingReason, number>>;
  limits: CaptureLimits;
  /** Table index of each object seen. */
  seen: Map<unknown, number>;
  queue: Pending[];
  /** Entries of `queue` that are done. */
  taken: number;
  /** Estimate of the serialised size so far. */
  bytes: number;
  /** Monotonic milliseconds at which to stop. */
  deadline: number;
  timeUp: boolean;
}

interface Pending {
  value: object;
  index: number;
  depth: number;
}

/** Objects whose keys took longer than this to list are not listed again. */
const SLOW_KEYS_MS = 2;
/** Bytes a value costs on the wire beside its text. */
const VALUE_OVERHEAD = 48;
const CHILD_OVERHEAD = 24;
/** Cutting a text longer than this is counted as work: the clock is read after it. */
const LONG_STRING = 16_384;

const tooManyKeys = new WeakSet<object>();

export function startCapture(limits: CaptureLimits, deadline: number): Capture {
  return {
    values: [],
    missing: {},
    limits,
    seen: newMap(),
    queue: [],
    taken: 0,
    bytes: 256,
    deadline,
    timeUp: false,
  };
}

/** Puts a value into the table and gives its index; what is inside objects follows in `finishCapture`. */
export function addValue(capture: Capture, value: unknown, depth: number): number {
  if ((typeof value === 'object' && value !== null) || typeof value === 'function') {
    const known = mapGet(capture.seen, value) as number | undefined;
    if (known !== undefined) return known;
    if (isFull(capture)) return addMissing(capture, { reason: fullReason(capture) });
    const shell = shellOf(value);
    const index = push(capture, shell);
    mapSet(capture.seen, value, index);
    if (shell.missing?.reason === 'redacted') {
      count(capture, 'redacted');
      return index;
    }
    capture.queue[capture.queue.length] = { value, index, depth };
    return index;
  }
  if (isFull(capture)) return addMissing(capture, { reason: fullReason(capture) });
  return push(capture, primitive(capture, value));
}

export function addMissing(capture: Capture, missing: Missing): number {
  count(capture, missing.reason);
  return push(capture, { kind: 'missing', type: '', preview: '', missing });
}

/** A variable, field or key whose name is redacted: the value is not looked at. */
export function addRedacted(capture: Capture, rule: string): number {
  return addMissing(capture, { reason: 'redacted', detail: rule });
}

/** Fills in the children of all objects reached, level by level, until the budgets are used up. */
export function finishCapture(capture: Capture): void {
  while (capture.taken < capture.queue.length) {
    const next = capture.queue[capture.taken] as Pending;
    capture.taken += 1;
    if ((capture.taken & 63) === 0 && monotonicMs() > capture.deadline) capture.timeUp = true;
    const shell = capture.values[next.index] as CapturedValue;
    if (capture.timeUp) note(capture, shell, { reason: 'time' });
    else enter(capture, next, shell);
  }
}

function isFull(capture: Capture): boolean {
  return capture.timeUp || capture.values.length >= capture.limits.nodes || capture.bytes >= capture.limits.bytes;
}

function fullReason(capture: Capture): MissingReason {
  if (capture.timeUp) return 'time';
  return capture.values.length >= capture.limits.nodes ? 'nodes' : 'bytes';
}

function push(capture: Capture, value: CapturedValue): number {
  const index = capture.values.length;
  capture.values[index] = value;
  capture.bytes +=
    VALUE_OVERHEAD +
    value.type.length +
    value.preview.length +
    (typeof value.literal === 'string' ? value.literal.length : 0);
  return index;
}

function count(capture: Capture, reason: MissingReason): void {
  capture.missing[reason] = (capture.missing[reason] ?? 0) + 1;
}

function note(capture: Capture, value: CapturedValue, missing: Missing): void {
  count(capture, missing.reason);
  value.missing = missing;
}

function primitive(capture: Capture, value: unknown): CapturedValue {
  switch (typeof value) {
    case 'undefined':
      return { kind: 'undefined', type: 'undefined', preview: 'undefined' };
    case 'boolean':
      return { kind: 'boolean', type: 'boolean', preview: toText(value), literal: value };
    case 'number': {
      const preview = value === 0 && 1 / value < 0 ? '-0' : toText(value);
      const finite = value - value === 0;
      return finite
        ? { kind: 'number', type: 'number', preview, literal: value }
        : { kind: 'number', type: 'number', preview };
    }
    case 'bigint':
      return bigint(capture, value);
    case 'string':
      return string(capture, value);
    case 'symbol':
      return { kind: 'symbol', type: 'symbol', preview: symbolText(value, MAX_PREVIEW) };
    default:
      return { kind: 'null', type: 'null', preview: 'null', literal: null };
  }
}

/** The description can be as long as any text. */
function symbolText(symbol: symbol, limit: number): string {
  return shortText(symbolToString(symbol), limit);
}

const HUGE_BIGINT = 2n ** 1024n;

/** The digits of a huge one take time that grows with the square of its size. */
function bigint(capture: Capture, value: bigint): CapturedValue {
  if (value < HUGE_BIGINT && value > -HUGE_BIGINT) {
    return { kind: 'bigint', type: 'bigint', preview: `${bigintToString(value)}n` };
  }
  const captured: CapturedValue = {
    kind: 'bigint',
    type: 'bigint',
    preview: value > 0n ? 'over 2^1024' : 'below -2^1024',
  };
  note(capture, captured, { reason: 'length' });
  return captured;
}

function string(capture: Capture, value: string): CapturedValue {
  const { length } = value;
  const limit = capture.limits.string;
  if (length <= limit) return { kind: 'string', type: 'string', preview: '', literal: value, size: length };
  const unreadable = length > UNREADABLE_STRING;
  const kept = unreadable ? '' : wholeCharacters(stringSlice(value, 0, limit));
  if (length > LONG_STRING && monotonicMs() > capture.deadline) capture.timeUp = true;
  const captured: CapturedValue = { kind: 'string', type: 'string', preview: '', literal: kept, size: length };
  note(capture, captured, { reason: 'length', count: length - kept.length });
  return captured;
}

/** A cut in the middle of a surrogate pair would make text that JSON readers refuse. */
function wholeCharacters(text: string): string {
  const last = text.length === 0 ? 0 : stringCharCodeAt(text, text.length - 1);
  return last >= 0xd800 && last <= 0xdbff ? stringSlice(text, 0, text.length - 1) : text;
}

function enter(capture: Capture, { value, depth }: Pending, shell: CapturedValue): void {
  if (shell.kind === 'proxy' || shell.kind === 'weak') return;
  if (depth >= capture.limits.depth) {
    if (hasContents(value, shell)) note(capture, shell, { reason: 'depth' });
    return;
  }
  const children: ValueChild[] = [];
  try {
    if (shell.kind === 'map') mapChildren(capture, value as Map<unknown, unknown>, depth, shell, children);
    else if (shell.kind === 'set') setChildren(capture, value as Set<unknown>, depth, shell, children);
    else if (shell.kind === 'array') arrayChildren(capture, value as unknown[], depth, shell, children);
    else if (shell.kind === 'binary') binaryChildren(capture, value, depth, shell, children);
    if (shell.kind !== 'binary') propertyChildren(capture, value, depth, shell, children);
  } catch {
    // A module namespace with an uninitialised binding, a revoked prototype: partly read is better than not at all.
    note(capture, shell, { reason: 'error', detail: 'the object could not be read' });
  }
  if (children.length > 0) shell.children = children;
}

/** At the depth limit only those objects are marked that have something below; listing keys of big ones would cost. */
function hasContents(value: object, shell: CapturedValue): boolean {
  if (shell.size !== undefined) return shell.size > 0;
  return shell.kind === 'object' || shell.kind === 'error' || shell.kind === 'class'
    ? !weakSetHas(tooManyKeys, value)
    : false;
}

function addChild(capture: Capture, children: ValueChild[], name: string, value: number, role?: ChildRole): void {
  children[children.length] = role === undefined ? { name, value } : { name, value, role };
  capture.bytes += CHILD_OVERHEAD + name.length;
}

function mapChildren(
  capture: Capture,
  map: Map<unknown, unknown>,
  depth: number,
  shell: CapturedValue,
  children: ValueChild[],
): void {
  const iterator = mapEntries(map);
  const wanted = min(mapSize(map), capture.limits.collection);
  let taken = 0;
  // A pair is taken whole or not at all.
  for (; taken < wanted && !isFull(capture) && capture.values.length + 2 <= capture.limits.nodes; taken++) {
    const entry = mapIteratorNext(iterator);
    if (entry.done) break;
    const key = entry.value[0];
    const redacted = typeof key === 'string' && isRedactedName(key);
    addChild(capture, children, toText(taken), addValue(capture, key, depth + 1), 'entryKey');
    const held = redacted
      ? addRedacted(capture, `name ${key as string}`)
      : addValue(capture, entry.value[1], depth + 1);
    addChild(capture, children, toText(taken), held, 'entryValue');
  }
  // A pair that had no room for both is as full as it gets.
  noteRest(capture, shell, mapSize(map) - taken, taken < wanted ? 'nodes' : 'width');
}

function setChildren(
  capture: Capture,
  set: Set<unknown>,
  depth: number,
  shell: CapturedValue,
  children: ValueChild[],
): void {
  const iterator = setValues(set);
  const wanted = min(setSize(set), capture.limits.collection);
  let taken = 0;
  for (; taken < wanted && !isFull(capture); taken++) {
    const entry = setIteratorNext(iterator);
    if (entry.done) break;
    addChild(capture, children, toText(taken), addValue(capture, entry.value, depth + 1), 'index');
  }
  noteRest(capture, shell, setSize(set) - taken);
}

function arrayChildren(
  capture: Capture,
  array: unknown[],
  depth: number,
  shell: CapturedValue,
  children: ValueChild[],
): void {
  const wanted = min(array.length, capture.limits.collection);
  let taken = 0;
  for (; taken < wanted && !isFull(capture); taken++) {
    const descriptor = getOwnPropertyDescriptor(array, toText(taken));
    if (descriptor === undefined) continue;
    addChild(capture, children, toText(taken), describedValue(capture, descriptor, depth), 'index');
  }
  noteRest(capture, shell, array.length - taken);
}

function binaryChildren(
  capture: Capture,
  value: object,
  depth: number,
  shell: CapturedValue,
  children: ValueChild[],
): void {
  if (!isTypedArray(value)) return;
  const length = typedArrayLength(value);
  const wanted = min(length, capture.limits.collection);
  let taken = 0;
  for (; taken < wanted && !isFull(capture); taken++) {
    const element = (value as unknown as Record<number, unknown>)[taken];
    addChild(capture, children, toText(taken), addValue(capture, element, depth + 1), 'index');
  }
  noteRest(capture, shell, length - taken);
}

/** Own properties, symbols among them. Elements of arrays are left to `arrayChildren`. */
function propertyChildren(
  capture: Capture,
  value: object,
  depth: number,
  shell: CapturedValue,
  children: ValueChild[],
): void {
  // Its characters are in the preview; as keys there could be millions.
  if (isStringObject(value)) return;
  if (weakSetHas(tooManyKeys, value)) {
    note(capture, shell, { reason: 'width', detail: 'listing its keys takes too long' });
    return;
  }
  // A long array lists all its indexes among its keys, which may take longer than the whole budget.
  if (shell.kind === 'array' && (value as unknown[]).length > capture.limits.collection) return;
  const keys = listKeys(value);
  const skipped = shell.kind === 'array' ? (value as unknown[]).length : 0;
  let shown = 0;
  let rest = 0;
  for (let at = 0; at < keys.length; at++) {
    const key = keys[at] as string | symbol;
    if (isHidden(shell.kind, key, skipped)) continue;
    if (shown >= capture.limits.fields || isFull(capture)) {
      rest = keys.length - at;
      break;
    }
    shown += 1;
    addChild(capture, children, keyText(key), propertyValue(capture, value, key, depth), roleOf(shell.kind));
  }
  if (shell.kind === 'object') shell.size = keys.length;
  if (rest > 0) noteRest(capture, shell, rest);
}

/** V8 has no way to list only some keys, so an object with a million of them costs once, and is left alone after. */
function listKeys(value: object): readonly (string | symbol)[] {
  const before = monotonicMs();
  const keys = ownKeys(value) as (string | symbol)[];
  if (monotonicMs() - before > SLOW_KEYS_MS && keys.length > 10_000) weakSetAdd(tooManyKeys, value);
  return keys;
}

/** Keys that say nothing: an array's length and indexes, a function's own furniture. */
function isHidden(kind: ValueKind, key: string | symbol, elements: number): boolean {
  if (typeof key === 'symbol') return false;
  if (kind === 'array') return key === 'length' || isIndexBelow(key, elements);
  if (kind === 'function' || kind === 'class') {
    return key === 'length' || key === 'name' || key === 'prototype' || key === 'arguments' || key === 'caller';
  }
  return false;
}

function isIndexBelow(key: string, length: number): boolean {
  const index = +key;
  return isInteger(index) && index >= 0 && index < length;
}

function roleOf(kind: ValueKind): ChildRole | undefined {
  return kind === 'class' ? 'static' : undefined;
}

/** Without `Symbol(…)`, so that `Symbol('password')` is redacted by its name. */
function symbolName(key: symbol): string {
  const text = symbolToString(key);
  return text.length > 200 ? text : stringSlice(text, 7, -1);
}

function keyText(key: string | symbol): string {
  return typeof key === 'symbol' ? `[${symbolText(key, MAX_PREVIEW)}]` : shortText(key, MAX_PREVIEW);
}

function propertyValue(capture: Capture, object: object, key: string | symbol, depth: number): number {
  const name = typeof key === 'symbol' ? symbolName(key) : key;
  if (isRedactedName(name)) return addRedacted(capture, `name ${name}`);
  if (key === 'stack' && !isStackReadable(object)) {
    return addMissing(capture, { reason: 'getter', detail: 'formatted when it is read' });
  }
  const descriptor = getOwnPropertyDescriptor(object, key);
  if (descriptor === undefined) return addMissing(capture, { reason: 'unavailable' });
  return describedValue(capture, descriptor, depth);
}

function describedValue(capture: Capture, descriptor: PropertyDescriptor, depth: number): number {
  if (hasOwn(descriptor, 'value')) return addValue(capture, descriptor.value, depth + 1);
  return addMissing(capture, { reason: 'getter', detail: descriptor.get === undefined ? 'only a setter' : 'a getter' });
}

function noteRest(capture: Capture, shell: CapturedValue, rest: number, reason: MissingReason = 'width'): void {
  if (rest <= 0) return;
  note(capture, shell, { reason: isFull(capture) ? fullReason(capture) : reason, count: max(rest, 1) });
}

/**
 * What is known of an object without its children: its kind, class, size and one-line preview. Runs nothing of the
 * service: sizes and texts come from internal slots and own data properties.
 */
import type { CapturedValue, ValueKind } from '@stillframe/protocol/values';
import {
  arrayBufferLength,
  dataViewLength,
  dateGetTime,
  dateToIsoString,
  flagsOf,
  getOwnPropertyDescriptor,
  hasOwn,
  isAnyArrayBuffer,
  isArgumentsObject,
  isArray,
  isBoxedPrimitive,
  isDataView,
  isDate,
  isExternal,
  isGeneratorObject,
  isMap,
  isNativeError,
  isPromise,
  isProxy,
  isRegExp,
  isSet,
  isSharedArrayBuffer,
  isStringObject,
  isTypedArray,
  isWeakMap,
  isWeakSet,
  mapSize,
  ownData,
  regExpSource,
  setSize,
  sharedArrayBufferLength,
  stringOf,
  typedArrayLength,
} from './primordials.ts';
import { isRedactedType } from './redaction.ts';
import { MAX_PREVIEW, shortText, typeName } from './type-name.ts';

/** What is known of an object without its children. */
export function shellOf(value: object): CapturedValue {
  if (isProxy(value))
    return {
      kind: 'proxy',
      type: 'Proxy',
      preview: 'Proxy',
      missing: { reason: 'getter', detail: 'a proxy would run code' },
    };
  const type = typeof value === 'function' ? 'function' : typeName(value);
  // Before anything inside is looked at: a preview tells the size of a list and the message of an error.
  if (isRedactedType(type))
    return { kind: 'object', type, preview: type, missing: { reason: 'redacted', detail: `type ${type}` } };
  if (typeof value === 'function') return functionShell(value);
  if (isArray(value)) return { kind: 'array', type, preview: `${type}(${value.length})`, size: value.length };
  if (isMap(value)) return sized('map', type, mapSize(value));
  if (isSet(value)) return sized('set', type, setSize(value));
  if (isDate(value)) return { kind: 'date', type, preview: dateText(value) };
  if (isRegExp(value))
    return { kind: 'regexp', type, preview: `/${shortText(regExpSource(value), MAX_PREVIEW)}/${flagsOf(value)}` };
  if (isNativeError(value)) return { kind: 'error', type, preview: errorText(value, type) };
  if (isPromise(value)) return { kind: 'promise', type, preview: type };
  if (isTypedArray(value)) return sized('binary', type, typedArrayLength(value));
  if (isAnyArrayBuffer(value)) {
    return sized(
      'binary',
      type,
      isSharedArrayBuffer(value) ? sharedArrayBufferLength(value) : arrayBufferLength(value),
    );
  }
  if (isDataView(value))
    return sized(
      'binary',
      type,
      safely(() => dataViewLength(value), 0),
    );
  if (isWeakMap(value) || isWeakSet(value) || type === 'WeakRef') return { kind: 'weak', type, preview: type };
  if (isStringObject(value))
    return { kind: 'object', type, preview: `[${type}: ${shortText(stringOf(value), MAX_PREVIEW)}]` };
  if (isBoxedPrimitive(value)) return { kind: 'object', type, preview: `[${type}]` };
  if (isGeneratorObject(value)) return { kind: 'object', type: 'Generator', preview: 'Generator' };
  if (isExternal(value)) return { kind: 'other', type: 'External', preview: 'External' };
  if (isArgumentsObject(value)) return { kind: 'object', type: 'Arguments', preview: 'Arguments' };
  return { kind: 'object', type, preview: type };
}

function sized(kind: ValueKind, type: string, size: number): CapturedValue {
  return { kind, type, preview: `${type}(${size})`, size };
}

function functionShell(value: object): CapturedValue {
  const name = shortText(ownText(value, 'name') ?? '', MAX_PREVIEW);
  const prototype = getOwnPropertyDescriptor(value, 'prototype');
  const isClass = prototype !== undefined && hasOwn(prototype, 'writable') && prototype.writable === false;
  if (isClass) return { kind: 'class', type: 'class', preview: `class ${name || '(anonymous)'}` };
  return { kind: 'function', type: 'function', preview: `ƒ ${name || '(anonymous)'}` };
}

function dateText(value: Date): string {
  const time = dateGetTime(value);
  return time - time === 0 ? dateToIsoString(value) : 'Invalid Date';
}

/** Own or inherited data only; `stack` is never read, since reading formats it. */
function errorText(value: object, type: string): string {
  const message = ownText(value, 'message');
  return message === undefined || message === '' ? type : `${type}: ${shortText(message, MAX_PREVIEW)}`;
}

function ownText(value: object, name: string): string | undefined {
  const held = ownData(value, name);
  return typeof held === 'string' ? held : undefined;
}

function safely<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}

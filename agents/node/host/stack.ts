/**
 * The call stack as raw positions, taken inside a condition without a pause. `Error.prepareStackTrace` and the limit may
 * be the service's own, so both are exchanged for the moment and put back as they were.
 */
import type { RawFrame } from '../shared/probe-messages.ts';
import { getOwnPropertyDescriptor, hasOwn, ownData, stringIncludes } from './primordials.ts';

const NativeError = Error;
const { captureStackTrace } = NativeError;
const { defineProperty } = Object;
const { deleteProperty, isExtensible } = Reflect;

/** More than lie between the condition and this file, however the agent's functions are cut; a log asks for one frame. */
const OWN_FRAMES = 24;

/** At most `limit` frames, the innermost function of the service first; empty when the stack cannot be had safely. */
export function takeStack(limit: number): RawFrame[] {
  const frames = formatStack(limit + OWN_FRAMES, asRawFrames) as RawFrame[] | undefined;
  return frames === undefined ? [] : serviceFrames(frames, limit);
}

const DEEPEST = 200;

/** How many frames there are, ours included, up to some depth; -1 when the stack cannot be had safely. */
export function stackDepth(): number {
  const depth = formatStack(DEEPEST, countFrames);
  return typeof depth === 'number' && depth < DEEPEST ? depth : -1;
}

function countFrames(_error: Error, sites: NodeJS.CallSite[]): number {
  return sites.length;
}

function formatStack(limit: number, format: (error: Error, sites: NodeJS.CallSite[]) => unknown): unknown {
  // Node asks the global `Error` for the formatter; another one there would be run instead of ours.
  if (ownData(globalThis, 'Error') !== NativeError) return undefined;
  const formatter = getOwnPropertyDescriptor(NativeError, 'prepareStackTrace');
  const length = getOwnPropertyDescriptor(NativeError, 'stackTraceLimit');
  if (isLocked(formatter) || isLocked(length)) return undefined;
  if (!isExtensible(NativeError) && (formatter === undefined || length === undefined)) return undefined;
  const holder: { stack?: unknown } = {};
  try {
    exchange('prepareStackTrace', format);
    exchange('stackTraceLimit', limit);
    captureStackTrace(holder);
    return holder.stack;
  } finally {
    restore('prepareStackTrace', formatter);
    restore('stackTraceLimit', length);
  }
}

/** An accessor would run code, a frozen property would throw. */
function isLocked(descriptor: PropertyDescriptor | undefined): boolean {
  return descriptor !== undefined && !(hasOwn(descriptor, 'writable') && descriptor.writable === true);
}

type Replaced = 'prepareStackTrace' | 'stackTraceLimit';

function restore(name: Replaced, descriptor: PropertyDescriptor | undefined): void {
  if (descriptor === undefined) deleteProperty(NativeError, name);
  else exchange(name, descriptor.value);
}

/** Defined instead of assigned, and by a descriptor that inherits nothing: a prototype may carry setters of the service. */
function exchange(name: Replaced, value: unknown): void {
  const descriptor = { __proto__: null, value } as PropertyDescriptor;
  // Attributes that are not named stay as they are.
  if (getOwnPropertyDescriptor(NativeError, name) === undefined) {
    descriptor.configurable = true;
    descriptor.enumerable = true;
    descriptor.writable = true;
  }
  defineProperty(NativeError, name, descriptor);
}

function asRawFrames(_error: Error, sites: NodeJS.CallSite[]): RawFrame[] {
  const frames: RawFrame[] = [];
  for (let at = 0; at < sites.length; at++) {
    const site = sites[at] as NodeJS.CallSite;
    const typeName = site.isToplevel() ? null : site.getTypeName();
    const name = site.getFunctionName() ?? site.getMethodName() ?? '(anonymous)';
    const qualified =
      typeName === null || typeName === 'Object' || stringIncludes(name, '.') || site.isAsync()
        ? name
        : `${typeName}.${name}`;
    frames[at] = {
      function: site.isConstructor() ? `new ${name}` : qualified,
      script: site.getFileName() ?? '',
      line: site.getLineNumber() ?? 0,
      column: site.getColumnNumber() ?? 0,
      async: site.isAsync(),
    };
  }
  return frames;
}

/** The frames above the condition are ours: everything up to and with V8's own `eval` frame, which has no file. */
function serviceFrames(frames: RawFrame[], limit: number): RawFrame[] {
  let first = 0;
  while (first < frames.length && frames[first]?.script !== '') first += 1;
  const found: RawFrame[] = [];
  for (let at = first + 1; at < frames.length && found.length < limit; at++) {
    const frame = frames[at] as RawFrame;
    if (frame.script !== '' || frame.async) found[found.length] = frame;
  }
  return found;
}

/**
 * The variables of the functions that led to a hit, read in a pause out of V8's own scope objects. The same writer, limits and
 * redaction as for any capture: names first, own data only, and nothing of the service is run.
 */
import type { Variable } from '@stillframe/protocol/values';
import type { RawCaller, RawScope, SiteNames } from '../shared/deep-messages.ts';
import type { RawFrame } from '../shared/probe-messages.ts';
import { addMissing, addRedacted, addValue, type Capture } from './capture.ts';
import { getOwnPropertyDescriptor, hasOwn, ownKeys, stringStartsWith } from './primordials.ts';
import { isRedactedName } from './redaction.ts';

/** The parts of the inspector's `Debugger.CallFrame` that are used. */
export interface PausedFrame {
  location: { scriptId: string; lineNumber: number; columnNumber?: number };
  scopeChain: readonly { type: string; object: { objectId?: string } }[];
  this: { type: string; objectId?: string };
}

/** What is known of a script's names and whether it may be read at all. */
export type Readable = (frame: RawFrame, scriptId: string) => 'yes' | 'unknownNames' | SiteNames | { note: string };

interface Source {
  caller: RawCaller;
  kind: RawScope['kind'];
  names: SiteNames | undefined;
}

/** What to read: `objectIds` in the order of `sources`. */
export interface CallerPlan {
  sources: Source[];
  objectIds: string[];
}

/** Variables of one scope object; a module's can have hundreds. */
const MAX_VARIABLES = 100;
/** What every CommonJS module has, and what says nothing of the state. */
const FURNITURE = ['require', 'module', 'exports', '__filename', '__dirname', 'arguments', 'this'];

/**
 * Which scope objects belong to which frame of the hit. The stack trace also has built-in functions that V8's pause leaves out,
 * so the two are laid side by side by position. Node's own functions are passed over.
 */
export function planCallers(
  paused: readonly PausedFrame[],
  frames: readonly RawFrame[],
  wanted: number,
  readable: Readable,
): CallerPlan {
  const plan: CallerPlan = { sources: [], objectIds: [] };
  let taken = 0;
  let next = 1;
  for (let at = 1; at < paused.length && taken < wanted; at++) {
    const { location, scopeChain, this: self } = paused[at] as PausedFrame;
    const index = frameAt(frames, next, location);
    if (index === -1) continue;
    next = index + 1;
    const frame = frames[index] as RawFrame;
    if (stringStartsWith(frame.script, 'node:')) continue;
    taken += 1;
    const caller: RawCaller = { scriptId: location.scriptId, scopes: [] };
    frame.caller = caller;
    const names = readable(frame, location.scriptId);
    if (names === 'unknownNames') caller.unknownNames = true;
    else if (typeof names === 'object' && hasOwn(names, 'note')) caller.note = (names as { note: string }).note;
    else addSources(plan, caller, scopeChain, self, names === 'yes' ? undefined : (names as SiteNames));
  }
  return plan;
}

function addSources(
  plan: CallerPlan,
  caller: RawCaller,
  scopes: PausedFrame['scopeChain'],
  self: PausedFrame['this'],
  names: SiteNames | undefined,
): void {
  for (let at = 0; at < scopes.length; at++) {
    const { type, object } = scopes[at] as PausedFrame['scopeChain'][number];
    const kind = kindOf(type);
    if (kind !== undefined && object.objectId !== undefined) add(plan, { caller, kind, names }, object.objectId);
    if (at === 0 && self.objectId !== undefined) add(plan, { caller, kind: 'this', names }, self.objectId);
  }
}

function add(plan: CallerPlan, source: Source, objectId: string): void {
  plan.sources[plan.sources.length] = source;
  plan.objectIds[plan.objectIds.length] = objectId;
}

function frameAt(frames: readonly RawFrame[], from: number, location: PausedFrame['location']): number {
  for (let at = from; at < frames.length; at++) {
    if (isAt(frames[at] as RawFrame, location)) return at;
  }
  return -1;
}

export function isAt({ async, line, column }: RawFrame, location: PausedFrame['location']): boolean {
  return !async && line === location.lineNumber + 1 && column === (location.columnNumber ?? 0) + 1;
}

/** The global scope and top-level declarations of scripts belong to nobody's call. */
function kindOf(type: string): RawScope['kind'] | undefined {
  if (type === 'local' || type === 'block' || type === 'catch' || type === 'eval') return 'locals';
  return type === 'closure' || type === 'module' ? type : undefined;
}

/** Reads the objects that the plan's identifiers stand for into the hit's table. `finishCapture` is the caller's to run. */
export function readCallers(table: Capture, { sources }: CallerPlan, objects: ArrayLike<object>): void {
  for (let at = 0; at < sources.length; at++) {
    const { caller, kind, names } = sources[at] as Source;
    const object = objects[at] as object;
    const variables = kind === 'this' ? selfVariables(table, object) : scopeVariables(table, object, kind, names);
    if (variables.length > 0) caller.scopes[caller.scopes.length] = { kind, variables };
  }
}

/** A plain function's `this` is the global object, which tells nothing. */
function selfVariables(table: Capture, self: object): Variable[] {
  return self === globalThis ? [] : [{ name: 'this', value: addValue(table, self, 0) }];
}

function scopeVariables(
  table: Capture,
  scope: object,
  kind: RawScope['kind'],
  names: SiteNames | undefined,
): Variable[] {
  const variables: Variable[] = [];
  const keys = ownKeys(scope);
  for (let at = 0; at < keys.length && variables.length < MAX_VARIABLES; at++) {
    const key = keys[at];
    if (typeof key !== 'string' || isFurniture(key)) continue;
    const shown = names === undefined ? key : authorsName(names, key);
    if (shown === undefined) continue;
    const value = variable(table, scope, key, shown, kind);
    if (value !== undefined) variables[variables.length] = { name: shown, value };
  }
  return variables;
}

/** V8's scope objects are made for the debugger and have data only; reading one throws where the variable has no value yet. */
function variable(
  table: Capture,
  scope: object,
  key: string,
  shown: string,
  kind: RawScope['kind'],
): number | undefined {
  if (isRedactedName(shown)) return addRedacted(table, `name ${shown}`);
  let descriptor: PropertyDescriptor | undefined;
  try {
    descriptor = getOwnPropertyDescriptor(scope, key);
  } catch {
    // Told below.
  }
  if (descriptor === undefined || !hasOwn(descriptor, 'value'))
    return addMissing(table, { reason: 'unavailable', detail: 'not initialised yet' });
  // Functions round a caller are its code, not its state.
  if (kind !== 'locals' && typeof descriptor.value === 'function') return undefined;
  return addValue(table, descriptor.value, 0);
}

function isFurniture(name: string): boolean {
  if (name[0] === '.') return true;
  for (let at = 0; at < FURNITURE.length; at++) if (FURNITURE[at] === name) return true;
  return false;
}

function authorsName(names: SiteNames, executed: string): string | undefined {
  for (let at = 0; at < names.length; at++) {
    const pair = names[at] as SiteNames[number];
    if (pair[0] === executed) return pair[1];
  }
  return undefined;
}

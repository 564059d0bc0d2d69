/**
 * Deep snapshots: the one capture for which the service is paused, once and for a bounded time. The condition has captured
 * the place itself as always; when it then answers true, V8 stops, this session is handed the frames, their scope objects
 * go through the same writer, and a thread that waits for nothing else lets the service go on. What would take longer
 * than the action's capture time is not begun: the hit stays a plain snapshot and says why.
 */
import type { CaptureLimits } from '@stillframe/protocol/limits';
import { DEEP, type DeepCommand, RESUMER, type SiteNames } from '../shared/deep-messages.ts';
import type { RawFrame, RawHit } from '../shared/probe-messages.ts';
import { type Capture, finishCapture } from './capture.ts';
import { isAt, type PausedFrame, planCallers, readCallers } from './deep-scopes.ts';
import { type DeepSession, isDebuggerOpen, openDeepSession } from './deep-session.ts';
import {
  atomicsAdd,
  atomicsLoad,
  atomicsStore,
  mapClear,
  mapGet,
  mapHas,
  mapSet,
  monotonicMs,
  newMap,
  stringEndsWith,
  stringIndexOf,
  stringSlice,
  stringStartsWith,
} from './primordials.ts';
import { takeStack } from './stack.ts';

const { apply } = Reflect;
const atomicsNotify = Atomics.notify.bind(Atomics);
const regExpExec = RegExp.prototype.exec;

/** A hit whose callers are still to be read. */
export interface DeepHit {
  hit: RawHit;
  table: Capture;
  /** The action's own limits; `table` was begun with those of `topLimits`. */
  limits: CaptureLimits;
  /** Monotonic milliseconds at which its condition began. */
  started: number;
  /** Hands the hit on, with what the pause took beyond the condition. */
  settle(heldUpMicros: number): void;
}

export interface DeepCapture {
  obey(command: DeepCommand): void;
  /** Why the callers are not read this time, `NO_CALLERS` where there are none; undefined when they can be. */
  obstacle(actionId: string, limits: CaptureLimits): string | undefined;
  /** Takes over a hit; the condition must then answer what `takeAsked` says. */
  begin(deep: DeepHit): void;
  /** Whether this condition asked for a pause. */
  takeAsked(): boolean;
}

/** What V8 takes to stop and to go on, and for each function on the stack (measured; benchmarks repeat it). */
const PAUSE_MICROS = 600;
const MICROS_PER_FRAME = 40;
const MOST_FRAMES = 512;
/** Pauses in a row of one action that were dearer than its budget, after which it takes no more; one alone may be the machine. */
const MOST_DEAR = 3;

export const NO_CALLERS = '';

/** Half of what a hit may hold is for its own place, so that callers do not displace it, nor it them. */
export function topLimits(limits: CaptureLimits): CaptureLimits {
  return { ...limits, nodes: (limits.nodes + 1) >> 1, bytes: limits.bytes >> 1 };
}

export function createDeepCapture(entryName: string): DeepCapture {
  const receiverName = `${entryName}_callers`;
  const receiverCall = `function(){globalThis.${receiverName}(arguments)}`;
  let session: DeepSession | undefined;
  let words: Int32Array | undefined;
  let waiting: DeepHit[] = [];
  let asked = false;
  /** What the receiver does with the objects while a pause is on. */
  let receive: ((objects: ArrayLike<object>) => void) | undefined;
  let blocked: RegExp[] = [];
  const readableScripts = newMap<unknown, unknown>();
  const sites = newMap<unknown, unknown>();
  const dearPauses = newMap<unknown, unknown>();

  return { obey, obstacle, begin, takeAsked };

  function obey(command: DeepCommand): void {
    switch (command.command) {
      case 'deepOpen':
        words = command.words;
        mapClear(readableScripts);
        mapClear(sites);
        mapClear(dearPauses);
        open();
        break;
      case 'deepRenew':
        if (session !== undefined) {
          close();
          open();
        }
        break;
      case 'deepClose':
        close();
        words = undefined;
        break;
      case 'deepReadable':
        for (let at = 0; at < command.scriptIds.length; at++) mapSet(readableScripts, command.scriptIds[at], true);
        break;
      case 'deepNames':
        mapSet(sites, `${command.site.scriptId}:${command.site.line}:${command.site.column}`, command.names);
        break;
      case 'deepBlocked':
        blocked = [];
        for (let at = 0; at < command.patterns.length; at++) blocked[at] = new RegExp(command.patterns[at] as string);
    }
  }

  function open(): void {
    Object.defineProperty(globalThis, receiverName, { value: received, configurable: true });
    session = openDeepSession({ onPaused, onResumed: settleAll });
    if (words === undefined) return;
    atomicsStore(words, DEEP.host, 1);
    atomicsNotify(words, DEEP.host);
  }

  function close(): void {
    session?.close();
    session = undefined;
    Reflect.deleteProperty(globalThis, receiverName);
    settleAll();
  }

  function obstacle(actionId: string, limits: CaptureLimits): string | undefined {
    if (session === undefined || words === undefined)
      return 'the session for it opens when the service next returns to its event loop';
    if (atomicsLoad(words, DEEP.resumer) !== RESUMER.ready) return 'the thread that ends the pause is still starting';
    if (isDebuggerOpen()) return 'a debugger can attach to this process (--inspect), and would be stopped with it';
    const dear = mapGet(dearPauses, actionId) as number | undefined;
    if (dear !== undefined && dear >= MOST_DEAR)
      return `the functions on the stack are so long that a pause took more than the ${limits.captureMs} ms a capture may take`;
    return stackObstacle(takeStack(MOST_FRAMES), limits);
  }

  function begin(deep: DeepHit): void {
    if (!asked) dropStale();
    waiting[waiting.length] = deep;
    asked = true;
    session?.allowPause(true);
  }

  function takeAsked(): boolean {
    const answer = asked;
    asked = false;
    if (!answer) dropStale();
    return answer;
  }

  /** Hits V8 did not pause for: conditions do not run during a pause. */
  function dropStale(): void {
    if (waiting.length === 0) return;
    session?.allowPause(false);
    for (let at = 0; at < waiting.length; at++) (waiting[at] as DeepHit).hit.callersNote = 'V8 did not stop';
    settleAll();
  }

  function onPaused(frames: readonly PausedFrame[]): void {
    session?.allowPause(false);
    // First of all: what follows takes longer than the other thread's wake-up.
    if (words !== undefined) {
      atomicsAdd(words, DEEP.asked, 1);
      atomicsNotify(words, DEEP.asked);
    }
    for (let at = 0; at < waiting.length; at++) {
      const deep = waiting[at] as DeepHit;
      try {
        if (frames.length > 0 && isAtTop(deep.hit, frames[0] as PausedFrame)) readFrames(deep, frames);
        else deep.hit.callersNote = 'V8 stopped at another place';
      } catch {
        deep.hit.callersNote = 'V8 would not show them';
      }
    }
  }

  function readFrames({ hit, table, limits }: DeepHit, frames: readonly PausedFrame[]): void {
    const plan = planCallers(frames, hit.frames, limits.framesWithLocals - 1, readable);
    if (plan.objectIds.length === 0) return;
    let read = false;
    receive = (objects) => {
      table.limits = limits;
      readCallers(table, plan, objects);
      finishCapture(table);
      read = true;
    };
    session?.call(receiverCall, plan.objectIds);
    receive = undefined;
    if (!read) hit.callersNote = 'V8 would not show them';
  }

  function received(objects: ArrayLike<object>): void {
    receive?.(objects);
  }

  function readable(frame: RawFrame, scriptId: string): 'yes' | 'unknownNames' | SiteNames | { note: string } {
    for (let at = 0; at < blocked.length; at++) {
      if (apply(regExpExec, blocked[at] as RegExp, [pathOf(frame.script)]) !== null)
        return { note: 'the policy blocks its file' };
    }
    const names = mapGet(sites, `${scriptId}:${frame.line}:${frame.column}`) as SiteNames | undefined;
    if (names !== undefined) return names;
    return session?.hasSourceMap(scriptId) !== true || mapHas(readableScripts, scriptId) ? 'yes' : 'unknownNames';
  }

  function settleAll(): void {
    const settled = waiting;
    waiting = [];
    const now = monotonicMs();
    for (let at = 0; at < settled.length; at++) {
      const { hit, started, limits, settle } = settled[at] as DeepHit;
      const heldUpMs = now - started;
      const dear = (mapGet(dearPauses, hit.actionId) as number | undefined) ?? 0;
      mapSet(dearPauses, hit.actionId, heldUpMs > limits.captureMs ? dear + 1 : 0);
      settle(heldUpMs * 1000);
    }
  }
}

function isAtTop(hit: RawHit, frame: PausedFrame): boolean {
  return hit.frames.length > 0 && isAt(hit.frames[0] as RawFrame, frame.location);
}

/** V8 describes all frames of a pause, wanted or not. */
function stackObstacle(frames: readonly RawFrame[], limits: CaptureLimits): string | undefined {
  const micros = PAUSE_MICROS + MICROS_PER_FRAME * frames.length;
  if (micros > limits.captureMs * 1000) {
    const depth = frames.length >= MOST_FRAMES ? `over ${MOST_FRAMES}` : `${frames.length}`;
    return `the stack is ${depth} functions deep: the pause would take longer than the ${limits.captureMs} ms a capture may take`;
  }
  let callers = 0;
  for (let at = 0; at < frames.length; at++) {
    const frame = frames[at] as RawFrame;
    if (isErrorMethod(frame.function))
      return `${frame.function} is on the stack: V8 would format that error, which runs code`;
    if (at > 0 && !frame.async && !stringStartsWith(frame.script, 'node:')) callers += 1;
  }
  return callers === 0 ? NO_CALLERS : undefined;
}

/** For each frame V8 also describes `this`, and of an error its text, by whatever formatter or getter the service has. */
function isErrorMethod(name: string): boolean {
  const plain = stringStartsWith(name, 'new ') ? stringSlice(name, 4) : name;
  const dot = stringIndexOf(plain, '.');
  if (dot === -1 && plain === name) return false;
  const type = dot === -1 ? plain : stringSlice(plain, 0, dot);
  return stringEndsWith(type, 'Error') || stringEndsWith(type, 'Exception');
}

function pathOf(script: string): string {
  return stringStartsWith(script, 'file://') ? stringSlice(script, 7) : script;
}

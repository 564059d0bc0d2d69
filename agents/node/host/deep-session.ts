/**
 * The second inspector session, in the service's own thread, that deep snapshots pause with. It skips every pause except the
 * one it is told to take, so that a `debugger` statement or another breakpoint never stops the service; its events go to
 * one function, past the service's own event emitters; and nothing that goes wrong in it reaches the service.
 */
import type { Session } from 'node:inspector';
import type { PausedFrame } from './deep-scopes.ts';
import { mapGet, mapSet, newMap } from './primordials.ts';

export interface DeepSession {
  isOpen: boolean;
  /** Pauses at a condition that answers true from now on; until the pause has come. */
  allowPause(allow: boolean): void;
  /** Runs a function of the given text with these objects as its arguments. */
  call(functionText: string, objectIds: readonly string[]): boolean;
  /** Whether V8 knows of a source map for this script. */
  hasSourceMap(scriptId: string): boolean;
  close(): void;
}

export interface DeepSessionEvents {
  onPaused(frames: readonly PausedFrame[]): void;
  onResumed(): void;
}

type Inspector = typeof import('node:inspector');
interface Message {
  method: string;
  params: unknown;
}

const MAX_SCRIPTS_CACHE_BYTES = 1_000_000;

/** Undefined where this Node.js has no inspector. */
export function openDeepSession(events: DeepSessionEvents): DeepSession | undefined {
  const inspector = loadInspector();
  if (inspector === undefined) return undefined;
  const session = new inspector.Session();
  const mapped = newMap<unknown, unknown>();
  // An own `emit` instead of listeners: the emitter's prototype is the service's to patch.
  Object.defineProperty(session, 'emit', { value: receive });
  session.connect();
  send('Debugger.setSkipAllPauses', { skip: true });
  send('Debugger.enable', { maxScriptsCacheSize: MAX_SCRIPTS_CACHE_BYTES });
  const opened: DeepSession = {
    isOpen: true,
    allowPause: (allow) => void send('Debugger.setSkipAllPauses', { skip: !allow }),
    call(functionText, objectIds) {
      const values: { objectId: string }[] = [];
      for (let at = 0; at < objectIds.length; at++) values[at] = { objectId: objectIds[at] as string };
      return send('Runtime.callFunctionOn', {
        objectId: objectIds[0],
        functionDeclaration: functionText,
        arguments: values,
        silent: true,
        returnByValue: true,
      });
    },
    hasSourceMap: (scriptId) => mapGet(mapped, scriptId) === true,
    close() {
      opened.isOpen = false;
      try {
        session.disconnect();
      } catch {
        // It was gone already.
      }
    },
  };
  return opened;

  function receive(method: string, message: Message): boolean {
    try {
      if (method === 'Debugger.paused') {
        events.onPaused((message.params as { callFrames: PausedFrame[] }).callFrames);
        // V8 forgets what it lent for a pause only when the session that paused says to go on, which is another one.
        send('Runtime.releaseObjectGroup', { objectGroup: 'backtrace' });
      } else if (method === 'Debugger.resumed') events.onResumed();
      else if (method === 'Debugger.scriptParsed') {
        const { scriptId, sourceMapURL } = message.params as { scriptId: string; sourceMapURL?: string };
        if (sourceMapURL) mapSet(mapped, scriptId, true);
      }
    } catch {
      // Nothing of ours may reach the service.
    }
    return true;
  }

  /** Answers arrive before `post` returns: the session is in this thread. */
  function send(method: string, params: object): boolean {
    let fine = false;
    try {
      (session as Session).post(method, params, (error: Error | null, result?: object) => {
        fine = error === null && (result as { exceptionDetails?: unknown } | undefined)?.exceptionDetails === undefined;
      });
    } catch {
      return false;
    }
    return fine;
  }
}

/** A debugger that someone has attached, or may attach, would be stopped with us and not go on by itself. */
export function isDebuggerOpen(): boolean {
  return loadInspector()?.url() !== undefined;
}

let loaded: Inspector | undefined;

function loadInspector(): Inspector | undefined {
  if (loaded !== undefined) return loaded;
  if (process.features.inspector !== true) return undefined;
  loaded = require('node:inspector') as Inspector;
  return loaded;
}

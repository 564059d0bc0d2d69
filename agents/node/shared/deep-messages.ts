/**
 * Deep snapshots: what the three parties say to each other. The host pauses itself for a moment and reads the frames of the
 * callers; a thread that does nothing else lets it go on; the worker opens and closes both, and knows what a minifier calls
 * the author's variables.
 */
import type { Variable } from '@stillframe/protocol/values';

/** Words of the memory the three share. */
export const DEEP = {
  /** Grows each time the host asks to be let go, and when the resumer should look at its state. */
  asked: 0,
  /** One of `RESUMER`. */
  resumer: 1,
  /** 1: the host's session is open. */
  host: 2,
} as const;
export const DEEP_WORDS = 3;

export const RESUMER = { starting: 0, ready: 1, leaving: 2, gone: 3 } as const;

/** A call site in executed code, lines and columns 1-based as in a stack trace. */
export interface CallSite {
  scriptId: string;
  line: number;
  column: number;
}

/** What the executed code calls a variable, and what its author did. */
export type SiteNames = readonly (readonly [executed: string, author: string])[];

/** From the worker, by the event loop: opening a session in the middle of the service's code would be no small matter. */
export type DeepCommand =
  | { command: 'deepOpen'; words: Int32Array }
  | { command: 'deepClose' }
  /** The session holds what V8 remembers of each pause; a new one begins afresh. */
  | { command: 'deepRenew' }
  /** In these scripts names are what the author wrote, and more is not known. */
  | { command: 'deepReadable'; scriptIds: string[] }
  /** What is to be read at a call site: V8 also keeps what the function there never mentions. */
  | { command: 'deepNames'; site: CallSite; names: SiteNames }
  /** Sources of regular expressions over paths in which nothing may be read. */
  | { command: 'deepBlocked'; patterns: string[] };

/** A caller's variables as V8 has them: parameters and locals in one. */
export interface RawScope {
  kind: 'locals' | 'closure' | 'module' | 'this';
  variables: Variable[];
}

/** What was read of a caller, or why nothing was. */
export interface RawCaller {
  scriptId: string;
  scopes: RawScope[];
  /** Its names have to be looked up before it may be read. */
  unknownNames?: true;
  note?: string;
}

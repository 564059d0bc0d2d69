/** What the worker knows of modules that were to be instrumented as they loaded. */
import type { Action } from '@stillframe/protocol/action';
import { matchingPaths } from '../shared/path-patterns.ts';
import type { RawFrame } from '../shared/probe-messages.ts';
import type { DebuggerSession } from './debugger-session.ts';
import type { Place } from './resolve-location.ts';
import { pathOf } from './source-files.ts';

export interface Instrumentation {
  wanted(path: string): boolean;
  /** The host left a module as it is. */
  left(path: string, problem: string): void;
  /** A sentence for counters at such modules that are counted by a breakpoint. */
  whyNot(action: Action, places: readonly Place[]): string | undefined;
  /** Positions in rewritten code become those of the text on disk. */
  correct(frames: RawFrame[], session: DebuggerSession): Promise<void>;
}

export function createInstrumentation(patterns: readonly string[]): Instrumentation {
  const wanted = patterns.length === 0 ? () => false : matchingPaths(patterns);
  const problems = new Map<string, string>();
  return {
    wanted,
    left(path, problem) {
      problems.set(path, problem);
    },
    whyNot({ kind, condition, expression }, places) {
      const path = places.find(({ script }) => wanted(script.path))?.script.path;
      if (kind !== 'counter' || path === undefined) return undefined;
      if (condition !== undefined || expression !== undefined) return 'conditions and groups need a breakpoint';
      return problems.get(path) ?? 'it was loaded before the agent, or the line is not where a statement begins';
    },
    async correct(frames, session) {
      for (const frame of frames) {
        const path = pathOf(frame.script);
        const [script] = path !== undefined && wanted(path) ? session.scriptsAt(path) : [];
        if (script === undefined) continue;
        const text = await session.instrumentedText(script);
        const at = text?.toOriginal({ lineNumber: frame.line - 1, columnNumber: frame.column - 1 });
        if (at !== undefined) frame.column = at.columnNumber + 1;
      }
    },
  };
}

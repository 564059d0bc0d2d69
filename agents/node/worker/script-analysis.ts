/** What the worker knows of executed texts: syntax tree and line index, for the few scripts that were last asked for. */
import type { Program } from 'acorn';
import type { DebuggerSession, Script } from './debugger-session.ts';
import { type LineIndex, lineIndex } from './line-index.ts';
import { parseScript } from './scope-analysis.ts';

export interface ScriptAnalysis {
  /** Undefined for a text this parser does not know. */
  program: Program | undefined;
  lines: LineIndex;
}

export type AnalyseScript = (script: Script) => Promise<ScriptAnalysis>;

const SCRIPTS_KEPT = 4;

export function createScriptAnalysis(session: DebuggerSession): AnalyseScript {
  const kept = new Map<string, ScriptAnalysis>();
  return async (script) => {
    // A session that was reopened may use the same id for another script.
    const key = `${script.id} ${script.path} ${script.length}`;
    const known = kept.get(key);
    if (known !== undefined) return known;
    const text = await session.sourceOf(script);
    const analysis = { program: parseScript(text, script.isModule), lines: lineIndex(text) };
    kept.set(key, analysis);
    const oldest = kept.keys().next().value;
    if (kept.size > SCRIPTS_KEPT && oldest !== undefined) kept.delete(oldest);
    return analysis;
  };
}

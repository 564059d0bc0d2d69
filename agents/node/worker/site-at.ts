/** Sites of lines that were instrumented at load, where a counter can stand instead of a breakpoint. */
import type { DebuggerSession, Script, V8Position } from './debugger-session.ts';
import type { Place } from './resolve-location.ts';
import { functionStart } from './scope-analysis.ts';
import type { AnalyseScript } from './script-analysis.ts';

export async function siteAt(session: DebuggerSession, { script, at }: Place): Promise<number | undefined> {
  const text = await session.instrumentedText(script);
  return text?.sitesOf(at.lineNumber).find(({ columnNumber }) => columnNumber === at.columnNumber)?.site;
}

/** The position of the line's site. A line alone means the function on it, so one outside of that does not count. */
export async function siteOnLine(
  session: DebuggerSession,
  analyse: AnalyseScript,
  script: Script,
  lineNumber: number,
): Promise<V8Position | undefined> {
  const [found] = (await session.instrumentedText(script))?.sitesOf(lineNumber) ?? [];
  if (found === undefined) return undefined;
  const at = { lineNumber, columnNumber: found.columnNumber };
  const { program, lines } = await analyse(script);
  if (program === undefined) return undefined;
  const lineEnd = lines.offsetOf({ lineNumber: lineNumber + 1, columnNumber: 0 }) - 1;
  const isInFunction = functionStart(program, lines.offsetOf(at), false) !== -1;
  return isInFunction || functionStart(program, lineEnd, true) === -1 ? at : undefined;
}

/**
 * Where V8 can stop on some lines. V8 keeps every function it is asked about in its interpreter until a breakpoint in it is
 * taken out or the session ends, 20 to 50 times slower; so it is only asked about the functions on those lines, not about
 * their neighbours.
 */
import type { Debugger } from 'node:inspector';
import type { DebuggerSession, Script, V8Position } from './debugger-session.ts';
import { functionsOf } from './function-shape.ts';
import type { AnalyseScript } from './script-analysis.ts';

/** Between `from` and `to`, in the function round `from` and in those that begin before `last`. */
export async function breakablePlaces(
  session: DebuggerSession,
  analyse: AnalyseScript,
  script: Script,
  { from, last, to }: { from: V8Position; last: V8Position; to: V8Position },
): Promise<Debugger.BreakLocation[]> {
  const { program, lines } = await analyse(script);
  if (program === undefined) return session.possibleBreakpoints(script, from, to);
  const found = await session.possibleBreakpoints(script, from, to, true);
  const [first, end, limit] = [from, last, to].map((position) => lines.offsetOf(position)) as [number, number, number];
  for (const { node } of functionsOf(program)) {
    const { body } = node;
    const inside = body.type === 'BlockStatement' ? body.start + 1 : body.start;
    if (inside <= first || inside > end) continue;
    const until = lines.positionOf(Math.min(limit, node.end));
    found.push(...(await session.possibleBreakpoints(script, lines.positionOf(inside), until, true)));
  }
  // Initialisers of class fields are functions only to V8.
  return found.length > 0 ? found : session.possibleBreakpoints(script, from, to);
}

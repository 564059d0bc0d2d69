/** The lines of CommonJS files on which V8 can stop, asked of V8 itself: the places a thorough person would try. */
import { readFileSync } from 'node:fs';
import { type Debugger, Session } from 'node:inspector/promises';
import { wrap } from 'node:module';

/** By file. */
export async function executableLines(files: readonly string[]): Promise<Map<string, number[]>> {
  const session = new Session();
  session.connect();
  await session.post('Runtime.enable');
  await session.post('Debugger.enable');
  try {
    const lines = new Map<string, number[]>();
    for (const file of files) {
      // The wrapper begins on the first line of the file, so lines stay what they are; it ends behind the last one.
      const source = readFileSync(file, 'utf8').replace(/^#!.*/, '');
      const expression = wrap(source);
      const { scriptId } = await session.post('Runtime.compileScript', {
        expression,
        sourceURL: '',
        persistScript: true,
      });
      if (scriptId === undefined) throw new Error(`V8 cannot compile ${file}`);
      const start = { scriptId, lineNumber: 0 };
      const found: unknown = await session.post('Debugger.getPossibleBreakpoints', { start });
      const { locations } = found as Debugger.GetPossibleBreakpointsReturnType;
      const own = locations.map(({ lineNumber }) => lineNumber + 1).filter((line) => line <= source.split('\n').length);
      lines.set(file, [...new Set(own)]);
    }
    return lines;
  } finally {
    session.disconnect();
  }
}

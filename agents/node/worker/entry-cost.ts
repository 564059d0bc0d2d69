/**
 * What V8 takes for one condition on this machine: measured once, in this thread, before the first action that measures is
 * placed. Timers subtract it, and scaled counts allow for it. The figure grows with the length of the function around the line.
 */
import { Session } from 'node:inspector/promises';
import { Script } from 'node:vm';

export interface EntryCost {
  baseMicros: number;
  microsPerLine: number;
}

/** Measured on other machines; used until this one is measured, and as its bounds. */
const TYPICAL: EntryCost = { baseMicros: 60, microsPerLine: 0.8 };
const SHORT = 4;
const LONG = 124;
const ROUNDS = 14;
const REST_MS = 8;
const NAME = 'stillframe-entry-cost';

let measured: EntryCost | undefined;
let measuring: Promise<EntryCost> | undefined;

/** Never fails: a thread that cannot debug itself keeps the usual figures. */
export function measureEntryCost(): Promise<EntryCost> {
  measuring ??= measure()
    .catch(() => TYPICAL)
    .then((cost) => {
      measured = cost;
      return cost;
    });
  return measuring;
}

export function microsFor(lines: number): number {
  const { baseMicros, microsPerLine } = measured ?? TYPICAL;
  return baseMicros + lines * microsPerLine;
}

async function measure(): Promise<EntryCost> {
  const short = await usualGap(SHORT);
  const long = await usualGap(LONG);
  const microsPerLine = bounded((long - short) / (LONG - SHORT), TYPICAL.microsPerLine);
  return { microsPerLine, baseMicros: bounded(short - SHORT * microsPerLine, TYPICAL.baseMicros) };
}

/** A busy moment must not spoil all timers. */
function bounded(value: number, usual: number): number {
  return Math.min(Math.max(value, usual / 3), usual * 3);
}

/** Between the conditions of two statements that do nothing, in a function of so many lines. */
async function usualGap(lines: number): Promise<number> {
  const filler = Array.from({ length: lines - 4 }, (_, nth) => ` if (x > ${nth}) { y += x * ${nth}; }`);
  const text = ['(function (x) {', ' let y = 0;', ...filler, ' y += 1;', ' y += 2;', ' return y; })'].join('\n');
  const run = new Script(text, { filename: NAME }).runInThisContext() as (x: number) => number;
  const holder = globalThis as unknown as Record<string, unknown>;
  const gaps: number[] = [];
  let first = 0;
  const clock = performance.now.bind(performance);
  const session = new Session();
  session.connect();
  try {
    let scriptId = '';
    session.on('Debugger.scriptParsed', ({ params }) => {
      if (params.url.endsWith(NAME)) scriptId = params.scriptId;
    });
    await session.post('Debugger.enable');
    await session.post('Debugger.setSkipAllPauses', { skip: true });
    holder[NAME] = (second: boolean) => {
      if (second) gaps.push((clock() - first) * 1000);
      first = clock();
      return false;
    };
    for (const [lineNumber, second] of [
      [lines - 2, false],
      [lines - 1, true],
    ] as const) {
      const condition = `globalThis[${JSON.stringify(NAME)}]?.(${second},{__proto__:null,"x":()=>x,"y":()=>y})`;
      await session.post('Debugger.setBreakpoint', { location: { scriptId, lineNumber, columnNumber: 0 }, condition });
    }
    for (let round = 0; round < ROUNDS; round++) {
      // A service waits between its requests. In a tight loop a condition takes half of what it takes after a rest.
      await new Promise((resolve) => setTimeout(resolve, REST_MS));
      run(round);
    }
  } finally {
    session.disconnect();
    delete holder[NAME];
  }
  if (gaps.length < ROUNDS) throw new Error('The conditions did not run');
  return gaps.sort((a, b) => a - b)[ROUNDS >> 1] as number;
}

/** Offsets and line/column of one text, with the line ends V8 counts. Lines and columns 0-based. */
import type { V8Position } from './debugger-session.ts';

export interface LineIndex {
  offsetOf(position: V8Position): number;
  positionOf(offset: number): V8Position;
}

export function lineIndex(text: string): LineIndex {
  const starts = [0];
  for (const { index, 0: end } of text.matchAll(/\r\n|[\n\r\u2028\u2029]/g)) starts.push(index + end.length);
  return {
    offsetOf: ({ lineNumber, columnNumber }) => (starts[lineNumber] ?? text.length) + columnNumber,
    positionOf(offset) {
      let low = 0;
      let high = starts.length - 1;
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if ((starts[middle] ?? 0) <= offset) low = middle;
        else high = middle - 1;
      }
      return { lineNumber: low, columnNumber: offset - (starts[low] ?? 0) };
    },
  };
}

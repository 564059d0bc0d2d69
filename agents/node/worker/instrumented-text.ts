/**
 * A text that was rewritten at load, and what it was before. No line was added, so a position differs in its column only; the
 * rest of the agent works with the text as it is on disk.
 */
import { sitePattern } from '../shared/instrumentation.ts';
import type { V8Position } from './debugger-session.ts';
import { lineIndex } from './line-index.ts';

export interface InstrumentedText {
  /** As it was before. */
  original: string;
  /** Undefined inside of what was put in. */
  toOriginal(executed: V8Position): V8Position | undefined;
  toExecuted(original: V8Position): V8Position;
  /** Sites of a line (0-based), by column of the original text. */
  sitesOf(lineNumber: number): readonly SiteAt[];
}

export interface SiteAt {
  site: number;
  columnNumber: number;
}

interface Insertion {
  site: number;
  /** In the original text: what stands there was moved by `length`. */
  column: number;
  length: number;
}

/** Undefined for a text in which nothing was put. */
export function readInstrumented(executed: string): InstrumentedText | undefined {
  const byLine = new Map<number, Insertion[]>();
  const lines = lineIndex(executed);
  let original = '';
  let copied = 0;
  for (const { 0: found, 1: site, index } of executed.matchAll(sitePattern())) {
    original += executed.slice(copied, index);
    copied = index + found.length;
    const { lineNumber, columnNumber } = lines.positionOf(index);
    const before = byLine.get(lineNumber) ?? [];
    const moved = before.reduce((sum, { length }) => sum + length, 0);
    byLine.set(lineNumber, [...before, { site: Number(site), column: columnNumber - moved, length: found.length }]);
  }
  if (copied === 0) return undefined;
  original += executed.slice(copied);
  return {
    original,
    toOriginal({ lineNumber, columnNumber }) {
      let column = columnNumber;
      for (const { column: at, length } of byLine.get(lineNumber) ?? []) {
        if (column < at) break;
        if (column < at + length) return undefined;
        column -= length;
      }
      return { lineNumber, columnNumber: column };
    },
    toExecuted({ lineNumber, columnNumber }) {
      const insertions = byLine.get(lineNumber) ?? [];
      const moved = insertions.reduce((sum, { column, length }) => (column <= columnNumber ? sum + length : sum), 0);
      return { lineNumber, columnNumber: columnNumber + moved };
    },
    sitesOf(lineNumber) {
      return (byLine.get(lineNumber) ?? []).map(({ site, column }) => ({ site, columnNumber: column }));
    },
  };
}

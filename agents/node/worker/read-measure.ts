/** What was measured since the last reading, out of the memory the host writes: the idle bank is read, and emptied. */
import type { Sketch, SketchBucket } from '@stillframe/protocol/metric';
import {
  BANK,
  BANK_FLOATS,
  BUCKETS,
  bankStart,
  bankWords,
  HEADER,
  LOWEST_BUCKET,
  type MeasureBuffer,
  type MeasureKind,
  MORE_INDEX,
} from '../shared/measure-buffer.ts';

/** The host needs well under a microsecond for one writing; when it was interrupted in it, the next reading has its turn. */
const LONGEST_WRITING_MS = 2;

export interface MeasureReader {
  /** Undefined when nothing was measured. */
  numbers(): Sketch | undefined;
  /** Executions by group index (0 without groups). */
  counts(): Map<number, number>;
}

export function createMeasureReader(buffer: MeasureBuffer): MeasureReader {
  const { words, floats } = buffer;
  /** A bank that was made idle while the host was still writing to it. */
  let unread: { bank: number; writing: number } | undefined;

  function idleBank(): number | undefined {
    if (unread === undefined) {
      const bank = Atomics.load(words, HEADER.active);
      Atomics.store(words, HEADER.active, 1 - bank);
      unread = { bank, writing: Atomics.load(words, HEADER.writing) };
    }
    const { bank, writing } = unread;
    if ((writing & 1) === 1) {
      const until = performance.now() + LONGEST_WRITING_MS;
      while (Atomics.load(words, HEADER.writing) === writing) if (performance.now() > until) return undefined;
    }
    unread = undefined;
    return bank;
  }

  function empty(kind: MeasureKind, start: number): void {
    words.fill(0, start, start + bankWords(kind));
  }

  return {
    numbers() {
      const bank = idleBank();
      if (bank === undefined) return undefined;
      const start = bankStart('numbers', bank);
      const count = (words[start + BANK.count] as number) >>> 0;
      if (count === 0) return undefined;
      const float = (at: number) => floats[start / 2 + at] as number;
      const zeros = words[start + BANK.zeros] as number;
      const positive = bucketsAt(start + BANK.positive);
      const negative = bucketsAt(start + BANK.positive + BUCKETS);
      const sketch: Sketch = {
        count,
        sum: float(BANK_FLOATS.sum),
        min: float(BANK_FLOATS.min),
        max: float(BANK_FLOATS.max),
        ...(zeros > 0 && { zeros }),
        ...(positive.length > 0 && { positive }),
        ...(negative.length > 0 && { negative }),
      };
      empty('numbers', start);
      return sketch;
    },
    counts() {
      const counts = new Map<number, number>();
      const bank = idleBank();
      if (bank === undefined) return counts;
      const start = bankStart('counts', bank);
      for (let group = 0; group <= MORE_INDEX; group++) {
        const count = (words[start + group] as number) >>> 0;
        if (count > 0) counts.set(group, count);
      }
      if (counts.size > 0) empty('counts', start);
      return counts;
    },
  };

  function bucketsAt(first: number): SketchBucket[] {
    const buckets: SketchBucket[] = [];
    for (let at = 0; at < BUCKETS; at++) {
      const count = words[first + at] as number;
      if (count > 0) buckets.push([LOWEST_BUCKET + at, count]);
    }
    return buckets;
  }
}

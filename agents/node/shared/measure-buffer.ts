/**
 * Where a counter, timer or metric counts: memory both threads see, so that a measurement costs no message. Two banks: the
 * host writes the active one; the worker makes the other one active, reads the first at leisure and empties it. So each
 * reading has its own sum, smallest and largest, which no subtraction could give.
 *
 * The buckets are those of `protocol/metric.ts`, which this program may import as types only; a test keeps them equal.
 */
export const SKETCH_GAMMA = 1.01 / 0.99;
export const SKETCH_SMALLEST = 1e-9;
export const SKETCH_LARGEST = 1e12;
export const MAX_METRIC_GROUPS = 100;
export const MORE_GROUPS = '(more)';

export interface MeasureBuffer {
  words: Int32Array;
  /** The same memory, for sums. */
  floats: Float64Array;
}

/** Words before the banks. */
export const HEADER = { active: 0, writing: 1 } as const;
const HEADER_WORDS = 4;

/** Words of a bank of numbers; the buckets follow, positive then negative. */
export const BANK = { count: 0, zeros: 1, positive: 8 } as const;
/** Indexes into `floats`, from the bank's beginning. */
export const BANK_FLOATS = { sum: 1, min: 2, max: 3 } as const;

export const LOG_GAMMA = Math.log(SKETCH_GAMMA);
export const LOWEST_BUCKET = Math.ceil(Math.log(SKETCH_SMALLEST) / LOG_GAMMA);
export const HIGHEST_BUCKET = Math.ceil(Math.log(SKETCH_LARGEST) / LOG_GAMMA);
export const BUCKETS = HIGHEST_BUCKET - LOWEST_BUCKET + 1;

/** Even, so that the floats of both banks are aligned. */
const NUMBER_BANK_WORDS = 2 * Math.ceil((BANK.positive + 2 * BUCKETS) / 2);

/** A counter's bank has one count per group: 0 without groups, then the groups, then all further ones together. */
export const MORE_INDEX = MAX_METRIC_GROUPS + 1;
const COUNT_BANK_WORDS = MORE_INDEX + 1;

export type MeasureKind = 'numbers' | 'counts';

export function bankWords(kind: MeasureKind): number {
  return kind === 'numbers' ? NUMBER_BANK_WORDS : COUNT_BANK_WORDS;
}

export function bankStart(kind: MeasureKind, bank: number): number {
  return HEADER_WORDS + bank * bankWords(kind);
}

export function createMeasureBuffer(kind: MeasureKind): MeasureBuffer {
  const shared = new SharedArrayBuffer((HEADER_WORDS + 2 * bankWords(kind)) * 4);
  return { words: new Int32Array(shared), floats: new Float64Array(shared) };
}

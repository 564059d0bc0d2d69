/** Writes measurements into shared memory, in the middle of the service's code: no message, no allocation. */
import {
  BANK,
  BANK_FLOATS,
  BUCKETS,
  bankStart,
  HEADER,
  HIGHEST_BUCKET,
  LOG_GAMMA,
  LOWEST_BUCKET,
  type MeasureBuffer,
  SKETCH_LARGEST,
  SKETCH_SMALLEST,
} from '../shared/measure-buffer.ts';
import { atomicsAdd, atomicsLoad, ceil, logarithm } from './primordials.ts';

const LARGEST_DOUBLE = 1.7976931348623157e308;

/** One counted execution of a group (0: without groups). */
export function countExecution({ words }: MeasureBuffer, group: number): void {
  atomicsAdd(words, HEADER.writing, 1);
  const at = bankStart('counts', atomicsLoad(words, HEADER.active)) + group;
  words[at] = (words[at] as number) + 1;
  atomicsAdd(words, HEADER.writing, 1);
}

/** A finite number. */
export function recordNumber({ words, floats }: MeasureBuffer, number: number): void {
  // A negative zero becomes a plain one.
  const value = number + 0;
  // Odd while a bank is written: the worker waits for it before it reads a bank.
  atomicsAdd(words, HEADER.writing, 1);
  const start = bankStart('numbers', atomicsLoad(words, HEADER.active));
  const floatsStart = start >> 1;
  const count = words[start + BANK.count] as number;
  words[start + BANK.count] = count + 1;
  const sum = count === 0 ? value : (floats[floatsStart + BANK_FLOATS.sum] as number) + value;
  floats[floatsStart + BANK_FLOATS.sum] =
    sum > LARGEST_DOUBLE ? LARGEST_DOUBLE : sum < -LARGEST_DOUBLE ? -LARGEST_DOUBLE : sum;
  if (count === 0 || value < (floats[floatsStart + BANK_FLOATS.min] as number))
    floats[floatsStart + BANK_FLOATS.min] = value;
  if (count === 0 || value > (floats[floatsStart + BANK_FLOATS.max] as number))
    floats[floatsStart + BANK_FLOATS.max] = value;
  const magnitude = value < 0 ? -value : value;
  const at =
    magnitude < SKETCH_SMALLEST
      ? start + BANK.zeros
      : start + BANK.positive + bucketOf(magnitude) - LOWEST_BUCKET + (value < 0 ? BUCKETS : 0);
  words[at] = (words[at] as number) + 1;
  atomicsAdd(words, HEADER.writing, 1);
}

function bucketOf(magnitude: number): number {
  return magnitude >= SKETCH_LARGEST ? HIGHEST_BUCKET : ceil(logarithm(magnitude) / LOG_GAMMA);
}

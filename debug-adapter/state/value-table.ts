/**
 * Tables that value indexes point into: a hit's own, or that table with what an expression added. Both are made anew when they are
 * asked for, so that a reference kept for the whole session keeps no values in memory.
 */
import { dialectOf } from '@stillframe/core/expression/dialect-of';
import { evaluateOnHit } from '@stillframe/core/expression/evaluate-on-hit';
import type { Dialect } from '@stillframe/protocol/expression';
import type { Hit } from '@stillframe/protocol/hit';
import type { CapturedValue, ValueIndex } from '@stillframe/protocol/values';
import { Problem } from './problem.ts';

export interface TableRef {
  hitId: string;
  /** The expression whose result is in it, and the frame it was evaluated in. */
  made?: { frame: number; text: string };
}

export interface ValueTable {
  ref: TableRef;
  values: readonly CapturedValue[];
}

export function tableOf(hit: Hit, ref: TableRef): ValueTable {
  const { made } = ref;
  return { ref, values: made === undefined ? hit.values : evaluated(hit, made.frame, made.text).table.values };
}

/** Throws a quiet `Problem` when the hit does not hold what is asked for. */
export function evaluated(hit: Hit, frame: number, text: string): { table: ValueTable; value: ValueIndex } {
  const result = evaluateOnHit(text, hit, frame, dialectAt(hit, frame));
  if ('problem' in result) throw new Problem(result.problem, { quiet: true });
  const { values, value } = result;
  const ref: TableRef =
    values === hit.values || value < hit.values.length ? { hitId: hit.id } : { hitId: hit.id, made: { frame, text } };
  return { table: { ref, values }, value };
}

export function dialectAt(hit: Hit, frame: number): Dialect {
  return dialectOf(hit.frames[frame]?.path ?? '') ?? 'javascript';
}

/**
 * Sketches (`protocol/metric.ts`) computed: filled, merged, and read as percentiles. Agents fill theirs in code of their own;
 * `test-fixtures/conformance/sketches.json` keeps all of them alike. Every function leaves what it is given as it was.
 */
import {
  type MetricSummary,
  type MetricUnit,
  SKETCH_GAMMA,
  SKETCH_LARGEST,
  SKETCH_SMALLEST,
  type Sketch,
  type SketchBucket,
} from '@stillframe/protocol/metric';

const LOG_GAMMA = Math.log(SKETCH_GAMMA);

export function emptySketch(): Sketch {
  return { count: 0 };
}

/** With one value more. What is no finite number measures nothing and changes nothing. */
export function addValue(sketch: Sketch, value: number): Sketch {
  return Number.isFinite(value) ? mergeSketches(sketch, sketchOfOne(value)) : sketch;
}

/** One counted execution without a value. */
export function addCount(sketch: Sketch, count = 1): Sketch {
  return { ...sketch, count: sketch.count + count };
}

/** The same as one sketch of the values of both. */
export function mergeSketches(a: Sketch, b: Sketch): Sketch {
  const zeros = (a.zeros ?? 0) + (b.zeros ?? 0);
  const positive = mergeBuckets(a.positive, b.positive);
  const negative = mergeBuckets(a.negative, b.negative);
  return {
    count: a.count + b.count,
    ...combined('sum', a.sum, b.sum, (x, y) => held(x + y)),
    ...combined('min', a.min, b.min, Math.min),
    ...combined('max', a.max, b.max, Math.max),
    ...(zeros > 0 && { zeros }),
    ...(positive.length > 0 && { positive }),
    ...(negative.length > 0 && { negative }),
  };
}

/**
 * As if all executions had been measured, when each measured one stands for `by`: for merging with sketches that were
 * sampled otherwise. Counts stay whole: what a bucket rounds away, the next one gets.
 */
export function scaleSketch(sketch: Sketch, by: number): Sketch {
  if (by === 1) return sketch;
  let exact = 0;
  let given = 0;
  const scaled = (count: number) => {
    exact += count * by;
    const whole = Math.round(exact) - given;
    given += whole;
    return whole;
  };
  const negative = scaleBuckets(sketch.negative, scaled);
  const zeros = sketch.zeros === undefined ? 0 : scaled(sketch.zeros);
  const positive = scaleBuckets(sketch.positive, scaled);
  return {
    count: given === 0 ? Math.round(sketch.count * by) : given,
    ...(sketch.sum !== undefined && { sum: held(sketch.sum * by) }),
    ...(sketch.min !== undefined && { min: sketch.min }),
    ...(sketch.max !== undefined && { max: sketch.max }),
    ...(zeros > 0 && { zeros }),
    ...(positive.length > 0 && { positive }),
    ...(negative.length > 0 && { negative }),
  };
}

/**
 * The value that a share `q` of all values does not exceed (nearest rank), within 1 %; `null` without values. Magnitudes
 * beyond `SKETCH_LARGEST` are told apart by `min` and `max` alone.
 */
export function quantile(sketch: Sketch, q: number): number | null {
  const negative = sketch.negative ?? [];
  const positive = sketch.positive ?? [];
  const zeros = sketch.zeros ?? 0;
  const measured = total(negative) + zeros + total(positive);
  if (measured === 0) return null;
  let left = Math.max(1, Math.ceil(q * measured));
  const clamped = (value: number) =>
    Math.min(Math.max(value, sketch.min ?? Number.NEGATIVE_INFINITY), sketch.max ?? Number.POSITIVE_INFINITY);
  for (let at = negative.length - 1; at >= 0; at--) {
    const [index, count] = negative[at] as SketchBucket;
    left -= count;
    if (left <= 0) return clamped(-middleOf(index));
  }
  left -= zeros;
  if (left <= 0) return clamped(0);
  for (const [index, count] of positive) {
    left -= count;
    if (left <= 0) return clamped(middleOf(index));
  }
  return clamped(middleOf(positive.at(-1)?.[0] ?? 0));
}

/** The figures people read. `sampledBy`: each measured execution stands for this many. */
export function summarise(sketch: Sketch, unit: MetricUnit, sampledBy = 1): MetricSummary {
  const { count, sum, min, max } = sketch;
  const estimated = sampledBy > 1;
  const all = Math.round(count * sampledBy);
  if (unit === 'count' || count === 0 || sum === undefined) {
    return { count: all, min: null, mean: null, p50: null, p90: null, p99: null, max: null, estimated };
  }
  return {
    count: all,
    min: min ?? null,
    mean: sum / count,
    p50: quantile(sketch, 0.5),
    p90: quantile(sketch, 0.9),
    p99: quantile(sketch, 0.99),
    max: max ?? null,
    estimated,
  };
}

function sketchOfOne(value: number): Sketch {
  // `+ 0` because JSON has no negative zero.
  const exact = { count: 1, sum: value + 0, min: value + 0, max: value + 0 };
  const magnitude = Math.abs(value);
  if (magnitude < SKETCH_SMALLEST) return { ...exact, zeros: 1 };
  const buckets: SketchBucket[] = [[bucketOf(magnitude), 1]];
  return value > 0 ? { ...exact, positive: buckets } : { ...exact, negative: buckets };
}

function bucketOf(magnitude: number): number {
  return Math.ceil(Math.log(Math.min(magnitude, SKETCH_LARGEST)) / LOG_GAMMA) + 0;
}

/** As far from the bucket's lower end as from its upper one, relative to each. */
function middleOf(index: number): number {
  return (2 * SKETCH_GAMMA ** index) / (SKETCH_GAMMA + 1);
}

/** JSON has no infinity: a sum that leaves the range of numbers stays at its end. */
function held(sum: number): number {
  return Math.min(Math.max(sum, -Number.MAX_VALUE), Number.MAX_VALUE);
}

function combined<Name extends 'sum' | 'min' | 'max'>(
  name: Name,
  a: number | undefined,
  b: number | undefined,
  combine: (a: number, b: number) => number,
): Partial<Record<Name, number>> {
  const value = a === undefined ? b : b === undefined ? a : combine(a, b);
  return value === undefined ? {} : ({ [name]: value } as Record<Name, number>);
}

function mergeBuckets(a: readonly SketchBucket[] = [], b: readonly SketchBucket[] = []): SketchBucket[] {
  const merged: SketchBucket[] = [];
  let inA = 0;
  let inB = 0;
  while (inA < a.length || inB < b.length) {
    const [indexA, countA] = a[inA] ?? [Number.POSITIVE_INFINITY, 0];
    const [indexB, countB] = b[inB] ?? [Number.POSITIVE_INFINITY, 0];
    const index = Math.min(indexA, indexB);
    merged.push([index, (indexA === index ? countA : 0) + (indexB === index ? countB : 0)]);
    if (indexA === index) inA += 1;
    if (indexB === index) inB += 1;
  }
  return merged;
}

function scaleBuckets(buckets: readonly SketchBucket[] = [], scaled: (count: number) => number): SketchBucket[] {
  return buckets.flatMap(([index, count]): SketchBucket[] => {
    const whole = scaled(count);
    return whole > 0 ? [[index, whole]] : [];
  });
}

function total(buckets: readonly SketchBucket[]): number {
  return buckets.reduce((sum, [, count]) => sum + count, 0);
}

/** The shared table, and what holds for any values. */
import { readFileSync } from 'node:fs';
import { type MetricSummary, type MetricUnit, Sketch } from '@stillframe/protocol/metric';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addCount, addValue, emptySketch, mergeSketches, quantile, scaleSketch, summarise } from './sketch.ts';

type Written = number | { $number: string };

interface SketchRow {
  note: string;
  values?: Written[];
  merge?: [Written[], Written[]];
  sketch: Sketch;
  p50: number | null;
  p90: number | null;
  p99: number | null;
}

const url = new URL('../../test-fixtures/conformance/sketches.json', import.meta.url);
const rows = JSON.parse(readFileSync(url, 'utf8')) as SketchRow[];

describe('the table', () => {
  test.each(rows.map((row) => [row.note, row] as const))('%s', (_, row) => checkRow(row));
});

/** Percentiles are compared as the table asks, since a power differs in its last digit from runtime to runtime. */
function checkRow(row: SketchRow): void {
  const sketch =
    row.merge === undefined
      ? sketchOf((row.values ?? []).map(numberOf))
      : mergeSketches(sketchOf(row.merge[0].map(numberOf)), sketchOf(row.merge[1].map(numberOf)));
  expect(sketch).toEqual(row.sketch);
  expect(Sketch.parse(sketch)).toEqual(sketch);
  for (const [q, expected] of [
    [0.5, row.p50],
    [0.9, row.p90],
    [0.99, row.p99],
  ] as const) {
    const actual = quantile(sketch, q);
    if (expected === null) expect(actual).toBeNull();
    else expect(Math.abs((actual as number) - expected)).toBeLessThanOrEqual(1e-9 * Math.abs(expected));
  }
}

describe('any values', () => {
  /** Evenly over the magnitudes that have buckets, both signs, and zero. */
  const value = fc.oneof(
    { weight: 8, arbitrary: fc.double({ min: -9, max: 12, noNaN: true }).map((exponent) => 10 ** exponent) },
    { weight: 4, arbitrary: fc.double({ min: -9, max: 12, noNaN: true }).map((exponent) => -(10 ** exponent)) },
    { weight: 1, arbitrary: fc.constant(0) },
    { weight: 2, arbitrary: fc.integer({ min: -1000, max: 1000 }) },
  );
  const values = fc.array(value, { minLength: 1, maxLength: 300 });

  test('each percentile is within 1 % of the exact one', () => {
    fc.assert(
      fc.property(values, fc.constantFrom(0, 0.1, 0.5, 0.9, 0.99, 1), (all, q) => {
        const sorted = [...all].sort((a, b) => a - b);
        const exact = sorted[Math.max(1, Math.ceil(q * sorted.length)) - 1] as number;
        const actual = quantile(sketchOf(all), q) as number;
        expect(Math.abs(actual - exact)).toBeLessThanOrEqual(Math.abs(exact) * (0.01 + 1e-12) + 1e-9);
      }),
      { numRuns: 300 },
    );
  });

  test('merging is the same as one sketch of all, in either order', () => {
    fc.assert(
      fc.property(values, values, (a, b) => {
        const merged = withoutSum(mergeSketches(sketchOf(a), sketchOf(b)));
        expect(merged).toEqual(withoutSum(sketchOf([...a, ...b])));
        expect(merged).toEqual(withoutSum(mergeSketches(sketchOf(b), sketchOf(a))));
      }),
      { numRuns: 200 },
    );
  });

  test('any doubles fit the wire, and count, min and max are exact', () => {
    fc.assert(
      fc.property(fc.array(fc.double(), { maxLength: 50 }), (all) => {
        const sketch = sketchOf(all);
        const finite = all.filter(Number.isFinite).map((number) => number + 0);
        expect(Sketch.parse(JSON.parse(JSON.stringify(sketch)))).toEqual(sketch);
        expect(sketch.count).toBe(finite.length);
        if (finite.length > 0) expect([sketch.min, sketch.max]).toEqual([Math.min(...finite), Math.max(...finite)]);
      }),
    );
  });

  test('scaling multiplies the count, whatever the buckets round', () => {
    fc.assert(
      fc.property(values, fc.double({ min: 1, max: 50, noNaN: true }), (all, by) => {
        const sketch = sketchOf(all);
        const scaled = scaleSketch(sketch, by);
        expect(Sketch.parse(scaled)).toEqual(scaled);
        expect(scaled.count).toBe(Math.round(sketch.count * by));
        expect(inBuckets(scaled)).toBe(scaled.count);
        expect([scaled.min, scaled.max]).toEqual([sketch.min, sketch.max]);
      }),
    );
  });
});

describe('summaries', () => {
  const none = { min: null, mean: null, p50: null, p90: null, p99: null, max: null };
  const rows: [string, Sketch, MetricUnit, number, MetricSummary][] = [
    ['nothing yet', emptySketch(), 'ms', 1, { count: 0, ...none, estimated: false }],
    ['a counter', addCount(addCount(emptySketch()), 4), 'count', 1, { count: 5, ...none, estimated: false }],
    ['a sampled counter', addCount(emptySketch(), 7), 'count', 2.5, { count: 18, ...none, estimated: true }],
    [
      'one duration',
      sketchOf([4]),
      'ms',
      1,
      { count: 1, min: 4, mean: 4, p50: 4, p90: 4, p99: 4, max: 4, estimated: false },
    ],
    [
      'a sampled metric',
      sketchOf([0, 0, -3]),
      'none',
      10,
      { count: 30, min: -3, mean: -1, p50: 0, p90: 0, p99: 0, max: 0, estimated: true },
    ],
  ];
  test.each(rows)('%s', (_, sketch, unit, sampledBy, expected) => {
    expect(summarise(sketch, unit, sampledBy)).toEqual(expected);
  });
});

function sketchOf(values: readonly number[]): Sketch {
  return values.reduce(addValue, emptySketch());
}

function numberOf(written: Written): number {
  return typeof written === 'number' ? written : Number(written.$number);
}

/** Floating-point sums depend on the order. */
function withoutSum({ sum: _, ...rest }: Sketch): Sketch {
  return rest;
}

function inBuckets({ positive = [], negative = [], zeros = 0 }: Sketch): number {
  return [...positive, ...negative].reduce((sum, [, count]) => sum + count, zeros);
}

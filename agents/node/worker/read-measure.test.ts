/** What the host writes into shared memory and the worker reads out of it is the sketch every runtime makes of the same values. */
import { readFileSync } from 'node:fs';
import * as protocol from '@stillframe/protocol/metric';
import { expect, test } from 'vitest';
import { countExecution, recordNumber } from '../host/measure.ts';
import * as layout from '../shared/measure-buffer.ts';
import { mergePoints } from './metric-point.ts';
import { createMeasureReader } from './read-measure.ts';

interface SketchRow {
  note: string;
  values?: unknown[];
  merge?: [unknown[], unknown[]];
  sketch: protocol.Sketch;
}

const rows = JSON.parse(
  readFileSync(new URL('../../../test-fixtures/conformance/sketches.json', import.meta.url), 'utf8'),
) as SketchRow[];

test.each(rows.map((row) => [row.note, row] as const))('%s', (_note, { values, merge, sketch }) => {
  const [first, second] = (merge ?? [values ?? []]).map(sketchOf);
  const point = { actionId: 'a', revision: 1, from: 0, to: 1 };
  const made =
    second === undefined
      ? first
      : mergePoints({ ...point, sketch: first ?? NOTHING }, { ...point, sketch: second }).sketch;
  expect(made).toEqual(sketch);
});

test('each reading has what came since the one before', () => {
  const buffer = layout.createMeasureBuffer('numbers');
  const reader = createMeasureReader(buffer);
  recordNumber(buffer, 5);
  recordNumber(buffer, 9);
  expect(reader.numbers()).toMatchObject({ count: 2, sum: 14, min: 5, max: 9 });
  expect(reader.numbers()).toBeUndefined();
  recordNumber(buffer, 7);
  expect(reader.numbers()).toMatchObject({ count: 1, sum: 7, min: 7, max: 7 });
});

test('a bank that is being written is left for the next reading', () => {
  const buffer = layout.createMeasureBuffer('counts');
  const reader = createMeasureReader(buffer);
  countExecution(buffer, 3);
  Atomics.add(buffer.words, layout.HEADER.writing, 1);
  expect(reader.counts()).toEqual(new Map());
  Atomics.add(buffer.words, layout.HEADER.writing, 1);
  countExecution(buffer, 3);
  expect(reader.counts()).toEqual(new Map([[3, 1]]));
  expect(reader.counts()).toEqual(new Map([[3, 1]]));
});

test('the figures of the protocol', () => {
  const { SKETCH_GAMMA, SKETCH_SMALLEST, SKETCH_LARGEST, MAX_METRIC_GROUPS, MORE_GROUPS } = layout;
  expect({ SKETCH_GAMMA, SKETCH_SMALLEST, SKETCH_LARGEST, MAX_METRIC_GROUPS, MORE_GROUPS }).toEqual({
    SKETCH_GAMMA: protocol.SKETCH_GAMMA,
    SKETCH_SMALLEST: protocol.SKETCH_SMALLEST,
    SKETCH_LARGEST: protocol.SKETCH_LARGEST,
    MAX_METRIC_GROUPS: protocol.MAX_METRIC_GROUPS,
    MORE_GROUPS: protocol.MORE_GROUPS,
  });
});

const NOTHING: protocol.Sketch = { count: 0 };

function sketchOf(values: unknown[]): protocol.Sketch {
  const buffer = layout.createMeasureBuffer('numbers');
  for (const value of values) {
    const number = typeof value === 'number' ? value : Number((value as { $number: string }).$number);
    // Others are a failed evaluation before they come here.
    if (Number.isFinite(number)) recordNumber(buffer, number);
  }
  return createMeasureReader(buffer).numbers() ?? NOTHING;
}

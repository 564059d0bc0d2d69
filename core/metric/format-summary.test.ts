import type { ActionKind } from '@stillframe/protocol/action';
import type { MetricSummary, MetricUnit } from '@stillframe/protocol/metric';
import { expect, test } from 'vitest';
import { figureNames, figuresOf, formatFigure, formatSummary } from './format-summary.ts';

const NONE: MetricSummary = {
  count: 0,
  min: null,
  mean: null,
  p50: null,
  p90: null,
  p99: null,
  max: null,
  estimated: false,
};
const SOME = { ...NONE, count: 1204, min: 0.51, mean: 3.4567, p50: 3.1, p90: 9.876, p99: 12, max: 1250.4 };

const SUMMARIES: [kind: ActionKind, summary: MetricSummary, text: string][] = [
  ['duration', SOME, '1,204 calls · p50 3.1 ms · p99 12 ms'],
  ['duration', { ...SOME, count: 1 }, '1 call · p50 3.1 ms · p99 12 ms'],
  ['tictoc', { ...SOME, estimated: true }, '~1,204 times · p50 3.1 ms · p99 12 ms'],
  ['metric', { ...SOME, p50: -0.5, p99: 12_345 }, '1,204 values · p50 -0.5 · p99 12,300'],
  ['metric', NONE, '0 values'],
  ['counter', { ...NONE, count: 1204 }, '1,204'],
  ['counter', { ...NONE, count: 1_204_567.4, estimated: true }, '~1,204,567'],
  ['counter', { ...NONE, count: 3e15 }, '3e15'],
];

test.each(SUMMARIES)('%s %j', (kind, summary, text) => {
  expect(formatSummary(kind, summary)).toBe(text);
});

const FIGURES: [value: number | null, unit: MetricUnit, text: string][] = [
  [null, 'ms', '–'],
  [0, 'ms', '0 ms'],
  [0.012_345, 'ms', '0.0123 ms'],
  [999.4, 'ms', '999 ms'],
  [999.6, 'ms', '1 s'],
  [1250, 'ms', '1.25 s'],
  [1_234_567, 'ms', '1,230 s'],
  [-5, 'ms', '-5 ms'],
  [0.1 + 0.2, 'none', '0.3'],
  [-1234.5, 'none', '-1,230'],
  [1e-9, 'none', '1e-9'],
  [1.2345e12, 'none', '1.23e12'],
  [-9.999e300, 'none', '-1e301'],
];

test.each(FIGURES)('%j %s', (value, unit, text) => {
  expect(formatFigure(value, unit)).toBe(text);
});

test('a table has a cell under each of its heads', () => {
  expect(figureNames('count')).toEqual(['count']);
  expect(figuresOf(SOME, 'count')).toEqual(['1,204']);
  expect(figureNames('ms')).toEqual(['count', 'min', 'mean', 'p50', 'p90', 'p99', 'max']);
  expect(figuresOf(SOME, 'ms')).toEqual(['1,204', '0.51 ms', '3.46 ms', '3.1 ms', '9.88 ms', '12 ms', '1.25 s']);
});

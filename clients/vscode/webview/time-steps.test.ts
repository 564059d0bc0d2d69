import type { MetricReadResult } from '@stillframe/protocol/messages/ide-connection';
import { expect, test } from 'vitest';
import { columnsOf, formatSpan, rateOf } from './time-steps.ts';

const STEP = 10_000;
const NO_VALUES = { min: null, mean: null, p50: null, p90: null, p99: null, max: null, estimated: false };

function counted(...series: [at: number, count: number][]): MetricReadResult {
  const steps = series.map(([at, count]) => ({ at: at * STEP, ...NO_VALUES, count }));
  return { unit: 'count', stepMs: STEP, total: { ...NO_VALUES, count: 0 }, groups: [], series: steps };
}

function timed(...series: [at: number, p50: number][]): MetricReadResult {
  const steps = series.map(([at, p50]) => ({ at: at * STEP, ...NO_VALUES, count: 1, p50, p90: p50 + 1, p99: p50 + 2 }));
  return { unit: 'ms', stepMs: STEP, total: { ...NO_VALUES, count: 1 }, groups: [], series: steps };
}

const COLUMNS: [name: string, result: MetricReadResult, now: number, times: number[], values: (number | null)[][]][] = [
  ['nothing', counted(), 5, [], [[]]],
  ['counts in a row', counted([1, 4], [2, 6]), 3, [1.5, 2.5], [[4, 6]]],
  ['a time without executions', counted([1, 4], [4, 6]), 5, [1.5, 2.5, 3.5, 4.5], [[4, 0, 0, 6]]],
  ['no executions since', counted([1, 4]), 5, [1.5, 2.5, 3.5], [[4, 0, 0]]],
  [
    'percentiles with a gap',
    timed([1, 7], [3, 8]),
    9,
    [1.5, 2.5, 3.5],
    [
      [7, null, 8],
      [8, null, 9],
      [9, null, 10],
    ],
  ],
];

test.each(COLUMNS)('%s', (_name, result, now, times, values) => {
  const columns = columnsOf(result, now * STEP);
  expect(columns.times).toEqual(times.map((time) => time * STEP));
  expect(columns.values).toEqual(values);
  expect(columns.steps.map((step) => step?.at)).toEqual(
    times.map((time) => result.series.find(({ at }) => at === (time - 0.5) * STEP)?.at),
  );
});

const RATES: [name: string, result: MetricReadResult, now: number, rate: number | undefined][] = [
  ['nothing measured', counted(), 5, undefined],
  ['the first step is not over', counted([1, 40]), 1.5, undefined],
  ['the last step that is over', counted([1, 40], [2, 60], [3, 10]), 3.5, 6],
  ['late figures do not make it idle', counted([1, 40]), 3.5, 4],
  ['idle', counted([1, 40]), 4.5, 0],
];

test.each(RATES)('the rate: %s', (_name, result, now, rate) => {
  expect(rateOf(result, now * STEP)).toBe(rate);
});

test.each([
  [10_000, '10 s'],
  [90_000, '90 s'],
  [120_000, '2 min'],
  [3_600_000, '1 h'],
])('%i ms is %s', (ms, text) => {
  expect(formatSpan(ms)).toBe(text);
});

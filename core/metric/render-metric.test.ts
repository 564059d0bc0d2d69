import type { MetricReadResult } from '@stillframe/protocol/messages/ide-connection';
import type { MetricSummary } from '@stillframe/protocol/metric';
import { expect, test } from 'vitest';
import { renderMetric } from './render-metric.ts';

const counted = (count: number): MetricSummary => {
  return { count, min: null, mean: null, p50: null, p90: null, p99: null, max: null, estimated: false };
};
const timed = (count: number, p99: number): MetricSummary => {
  return { count, min: 1, mean: 2, p50: 2, p90: 3, p99, max: p99, estimated: false };
};
const NOTHING: MetricReadResult = { unit: 'ms', stepMs: 10_000, total: counted(0), groups: [], series: [] };

const ROWS: [name: string, result: MetricReadResult, text: string][] = [
  ['nothing yet', NOTHING, 'what\n\nNothing was measured yet.\n'],
  [
    'durations over time',
    {
      ...NOTHING,
      total: { ...timed(1204, 40), estimated: true },
      series: [
        { at: 0, ...timed(1000, 40) },
        { at: 10_000, ...timed(204, 5) },
      ],
    },
    `what

  count   min   mean  p50   p90   p99    max
  ~1,204  1 ms  2 ms  2 ms  3 ms  40 ms  40 ms
~ estimated: some executions were passed over to spare the service

Each 10 s, the latest first; the bars are p99
  from   count  min   mean  p50   p90   p99    max
  10000  204    1 ms  2 ms  2 ms  3 ms  5 ms   5 ms   ███▊
  0      1,000  1 ms  2 ms  2 ms  3 ms  40 ms  40 ms  ██████████████████████████████
`,
  ],
  [
    'a counter by value',
    {
      ...NOTHING,
      unit: 'count',
      stepMs: 60_000,
      total: counted(6),
      groups: [
        { group: 'DE', summary: counted(5) },
        { group: '(more)', summary: counted(1) },
      ],
      series: [{ at: 0, ...counted(6) }],
    },
    `what

  count
  6

By value
  value   count
  DE      5      ██████████████████████████████
  (more)  1      ██████

Each 1 min, the latest first; the bars are counts
  from  count
  0     6      ██████████████████████████████
`,
  ],
  [
    'a metric that is never above zero has no bars',
    { ...NOTHING, unit: 'none', total: timed(1, -3), series: [{ at: 0, ...timed(1, -3) }] },
    `what

  count  min  mean  p50  p90  p99  max
  1      1    2     2    3    -3   -3

Each 10 s, the latest first; the bars are p99
  from  count  min  mean  p50  p90  p99  max
  0     1      1    2     2    3    -3   -3
`,
  ],
];

test.each(ROWS)('%s', (_name, result, text) => {
  expect(renderMetric(result, { heading: ['what'], formatTime: String })).toBe(text);
});

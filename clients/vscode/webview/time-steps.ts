/** Figures over time as the columns a chart draws. The server leaves steps out in which nothing was measured. */
import type { MetricReadResult } from '@stillframe/protocol/messages/ide-connection';

type Series = MetricReadResult['series'];
type Step = Series[number];

export interface Columns {
  /** The middle of each step, milliseconds. */
  times: number[];
  /** One for each line or bar: the value of each step, null where a line has a gap. */
  values: (number | null)[][];
  /** The step itself; absent where nothing was measured. */
  steps: (Step | undefined)[];
}

const PERCENTILES = ['p50', 'p90', 'p99'] as const;
/** Agents send what they measured every few seconds: a step that has only just ended may still get some. */
const LATE_MS = 10_000;

/** A line is not drawn over a time without values; in a time without executions the count was zero. */
export function columnsOf({ unit, series, stepMs }: MetricReadResult, now: number): Columns {
  const steps = withoutGaps(series, stepMs, unit === 'count' ? now - LATE_MS - stepMs : undefined);
  const times = steps.map(({ at }) => at + stepMs / 2);
  const figures = steps.map(({ step }) => step);
  const values =
    unit === 'count'
      ? [figures.map((step) => step?.count ?? 0)]
      : PERCENTILES.map((name) => figures.map((step) => step?.[name] ?? null));
  return { times, values, steps: figures };
}

/** Every step from the first to the last, and on to `until`. */
function withoutGaps(series: Series, stepMs: number, until: number | undefined): { at: number; step?: Step }[] {
  const [first] = series;
  const last = series.at(-1);
  if (first === undefined || last === undefined) return [];
  const byTime = new Map(series.map((step) => [step.at, step]));
  const end = Math.max(last.at, until ?? last.at);
  const all: { at: number; step?: Step }[] = [];
  for (let at = first.at; at <= end; at += stepMs) {
    const step = byTime.get(at);
    all.push({ at, ...(step && { step }) });
  }
  return all;
}

/** Executions per second in the last step that is over; undefined while there is none. */
export function rateOf({ series, stepMs }: MetricReadResult, now: number): number | undefined {
  const over = series.filter(({ at }) => at + stepMs <= now).at(-1);
  if (over === undefined) return undefined;
  // Nothing was reported for longer than agents take to report.
  if (over.at + 2 * stepMs + LATE_MS < now) return 0;
  return over.count / (stepMs / 1000);
}

/** `10 s`, `2 min`, `1 h`. */
export function formatSpan(ms: number): string {
  if (ms % 3_600_000 === 0) return `${ms / 3_600_000} h`;
  return ms % 60_000 === 0 ? `${ms / 60_000} min` : `${ms / 1000} s`;
}

/** Figures as people read them, the same in lenses, hovers, tables and terminals: three digits, which is what a sketch holds. */
import type { ActionKind } from '@stillframe/protocol/action';
import type { MetricSummary, MetricUnit } from '@stillframe/protocol/metric';
import { unitOf } from './unit-of.ts';

const NOUNS: Partial<Record<ActionKind, readonly [one: string, many: string]>> = {
  duration: ['call', 'calls'],
  tictoc: ['time', 'times'],
  metric: ['value', 'values'],
};
/** From here on digits in groups are harder to read than an exponent. */
const LARGEST_WRITTEN_OUT = 1e12;

/** The few that fit beside code: `1,204 calls · p50 3.1 ms · p99 12 ms`; of a counter the count alone. */
export function formatSummary(kind: ActionKind, summary: MetricSummary): string {
  const count = formatCount(summary);
  const noun = NOUNS[kind]?.[summary.count === 1 ? 0 : 1];
  const { p50, p99 } = summary;
  const unit = unitOf(kind);
  const shares = p50 === null ? [] : [`p50 ${formatFigure(p50, unit)}`, `p99 ${formatFigure(p99, unit)}`];
  return [noun === undefined ? count : `${count} ${noun}`, ...shares].join(' · ');
}

/** `1,204`, or `~1,204` when it is estimated. */
export function formatCount({ count, estimated }: Pick<MetricSummary, 'count' | 'estimated'>): string {
  const whole = Math.round(count);
  return `${estimated ? '~' : ''}${whole < LARGEST_WRITTEN_OUT ? grouped(String(whole)) : exponential(whole)}`;
}

/** `3.1 ms`, `1.25 s`, `12,300`; `–` where there is no value. */
export function formatFigure(value: number | null, unit: MetricUnit): string {
  if (value === null) return '–';
  const rounded = Number(value.toPrecision(3));
  if (unit !== 'ms') return written(rounded);
  return Math.abs(rounded) < 1000 ? `${written(rounded)} ms` : `${written(rounded / 1000)} s`;
}

/** The heads of a table of figures; counts have nothing but their count. */
export function figureNames(unit: MetricUnit): string[] {
  return unit === 'count' ? ['count'] : ['count', 'min', 'mean', 'p50', 'p90', 'p99', 'max'];
}

/** A row of that table. */
export function figuresOf(summary: MetricSummary, unit: MetricUnit): string[] {
  const { min, mean, p50, p90, p99, max } = summary;
  const values = unit === 'count' ? [] : [min, mean, p50, p90, p99, max];
  return [formatCount(summary), ...values.map((value) => formatFigure(value, unit))];
}

function written(value: number): string {
  return Math.abs(value) < LARGEST_WRITTEN_OUT ? grouped(String(value)) : exponential(value);
}

/** Thousands in the whole part only; an exponent of a very small number is left alone. */
function grouped(digits: string): string {
  const [, whole = '', rest = ''] = /^(-?\d+)(.*)$/.exec(digits) ?? [];
  return `${whole.replaceAll(/\B(?=(?:\d{3})+$)/g, ',')}${rest}`;
}

function exponential(value: number): string {
  return String(Number(value.toPrecision(3)).toExponential()).replace('e+', 'e');
}

/** What an action measured, as a text document that every editor can show: figures, groups, and a table over time with bars. */
import type { MetricReadResult } from '@stillframe/protocol/messages/ide-connection';
import type { MetricSummary, MetricUnit } from '@stillframe/protocol/metric';
import { figureNames, figuresOf } from './format-summary.ts';

export interface RenderMetricOptions {
  /** What was measured, and how it is doing. */
  heading: readonly string[];
  /** How `at` is written; default ISO 8601. */
  formatTime?: (at: number) => string;
}

const BAR_LENGTH = 30;
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

export function renderMetric({ unit, total, groups, series, stepMs }: MetricReadResult, options: RenderMetricOptions) {
  const time = options.formatTime ?? ((at: number) => new Date(at).toISOString());
  const lines = [...options.heading, ''];
  if (total.count === 0) return [...lines, 'Nothing was measured yet.', ''].join('\n');
  lines.push(...columns([figureNames(unit), figuresOf(total, unit)]));
  if (total.estimated) lines.push('~ estimated: some executions were passed over to spare the service');
  if (groups.length > 0) {
    const most = largest(groups.map(({ summary }) => summary.count));
    const rows = groups.map(({ group, summary }) => {
      // A captured text may go over several lines.
      return [group.replaceAll(/\s+/g, ' '), ...figuresOf(summary, 'count'), bar(summary.count, most)];
    });
    lines.push('', 'By value', ...columns([['value', 'count'], ...rows]));
  }
  if (series.length > 0) {
    const most = largest(series.map((step) => drawn(step, unit)));
    const rows = series.map((step) => [time(step.at), ...figuresOf(step, unit), bar(drawn(step, unit), most)]);
    const bars = unit === 'count' ? 'the bars are counts' : 'the bars are p99';
    lines.push('', `Each ${seconds(stepMs)}, the latest first; ${bars}`);
    lines.push(...columns([['from', ...figureNames(unit)], ...rows.reverse()]));
  }
  return `${lines.join('\n')}\n`;
}

/** The figure of a step that its bar stands for. */
function drawn({ count, p99 }: MetricSummary, unit: MetricUnit): number {
  return unit === 'count' ? count : (p99 ?? 0);
}

/** In eighths of a character. What is zero or less has none. */
function bar(value: number, most: number): string {
  if (value <= 0 || most <= 0) return '';
  const eighths = Math.max(1, Math.round((value / most) * BAR_LENGTH * 8));
  return `${'█'.repeat(eighths >> 3)}${EIGHTHS[eighths & 7]}`;
}

function largest(values: readonly number[]): number {
  return Math.max(0, ...values);
}

function seconds(ms: number): string {
  return ms % 60_000 === 0 ? `${ms / 60_000} min` : `${ms / 1000} s`;
}

function columns(rows: readonly (readonly string[])[]): string[] {
  const count = Math.max(...rows.map((row) => row.length));
  const widths = Array.from({ length: count }, (_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  return rows.map((row) => `  ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('  ')}`.trimEnd());
}

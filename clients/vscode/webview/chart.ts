/** One metric over time: percentiles as lines, counts as bars; the cursor goes along by mouse and by arrow keys. */
import { formatFigure } from '@stillframe/core/metric/format-summary';
import type { MetricReadResult } from '@stillframe/protocol/messages/ide-connection';
import type { MetricUnit } from '@stillframe/protocol/metric';
import uPlot from 'uplot';
import { element } from './element.ts';
import { type Columns, columnsOf } from './time-steps.ts';

export type ChartStep = Columns['steps'][number];

export interface Chart {
  readonly node: HTMLElement;
  draw(figures: MetricReadResult, from: number | undefined, to: number): void;
  dispose(): void;
}

export interface ChartOptions {
  unit: MetricUnit;
  label: string;
  /** Called with the step under the cursor, with undefined when there is none; what it returns is read aloud. */
  onStep(at: number | undefined, step: ChartStep): string;
}

const HEIGHT = 150;
const NOTHING: Columns = { times: [], values: [], steps: [] };
const DAY_MS = 86_400_000;
/** Told apart without colours too. */
export const LINES = [
  { name: 'p50', colour: '--vscode-charts-blue', dash: [] },
  { name: 'p90', colour: '--vscode-charts-orange', dash: [7, 3] },
  { name: 'p99', colour: '--vscode-charts-red', dash: [2, 3] },
] as const;
const BARS = { colour: '--vscode-charts-blue', share: 0.7, widest: 24 };

export function chart({ unit, label, onStep }: ChartOptions): Chart {
  let columns = NOTHING;
  const node = element('div', {
    class: 'chart',
    tabindex: '0',
    role: 'slider',
    'aria-label': label,
    'aria-valuemin': '0',
    'aria-valuemax': '0',
    'aria-valuenow': '0',
  });
  const plot = new uPlot(options(unit, moved), [[], ...seriesOf(unit).map(() => [])], node);

  function moved(index: number | null | undefined): void {
    const at = index == null ? undefined : columns.times[index];
    const said = onStep(at, index == null ? undefined : columns.steps[index]);
    node.setAttribute('aria-valuenow', String(index ?? columns.times.length - 1));
    node.setAttribute('aria-valuetext', said);
  }

  function put(index: number): void {
    const time = columns.times[Math.max(0, Math.min(index, columns.times.length - 1))];
    if (time !== undefined) plot.setCursor({ left: plot.valToPos(time, 'x'), top: 0 });
  }

  node.addEventListener('keydown', (event) => {
    const now = plot.cursor.idx ?? columns.times.length;
    const next = { ArrowLeft: now - 1, ArrowRight: now + 1, Home: 0, End: columns.times.length - 1 }[event.key];
    if (next !== undefined) put(next);
    else if (event.key === 'Escape') plot.setCursor({ left: -10, top: -10 });
    else return;
    event.preventDefault();
  });
  node.addEventListener('blur', () => plot.setCursor({ left: -10, top: -10 }));

  const resized = new ResizeObserver(() => {
    if (node.clientWidth > 0) plot.setSize({ width: node.clientWidth, height: HEIGHT });
  });
  resized.observe(node);
  // A theme comes as other values of the variables, and another class.
  const themed = new MutationObserver(() => plot.redraw(false, true));
  themed.observe(document.documentElement, { attributes: true });
  themed.observe(document.body, { attributes: true });

  return {
    node,
    draw(figures, from, to) {
      columns = columnsOf(figures, to);
      node.setAttribute('aria-valuemax', String(Math.max(0, columns.times.length - 1)));
      const half = figures.stepMs / 2;
      const begin = from ?? (columns.times[0] ?? to) - half;
      plot.batch(() => {
        plot.setData([columns.times, ...columns.values], false);
        plot.setScale('x', { min: Math.min(begin, to - figures.stepMs), max: to });
      });
      moved(plot.cursor.idx);
    },
    dispose() {
      resized.disconnect();
      themed.disconnect();
      plot.destroy();
    },
  };
}

function options(unit: MetricUnit, moved: (index: number | null | undefined) => void): uPlot.Options {
  const axis = {
    stroke: () => colour('--vscode-descriptionForeground'),
    ticks: { show: false },
    font: '11px sans-serif',
  };
  const grid = { stroke: () => colour('--vscode-editorWidget-border', '--vscode-contrastBorder'), width: 1 };
  return {
    width: 300,
    height: HEIGHT,
    ms: 1,
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
    scales: { y: { range: (_plot, least, most) => rangeOf(unit, least, most) } },
    axes: [
      { ...axis, grid: { show: false }, size: 26, space: 70, values: (_plot, times) => times.map(timeLabels(times)) },
      {
        ...axis,
        grid,
        size: 62,
        space: 34,
        values: (_plot, values) => values.map((value) => formatFigure(value, unit === 'ms' ? 'ms' : 'none')),
      },
    ],
    series: [{}, ...seriesOf(unit)],
    hooks: { setCursor: [({ cursor }) => moved(cursor.idx)] },
  };
}

function seriesOf(unit: MetricUnit): uPlot.Series[] {
  if (unit === 'count') {
    const fill = () => colour(BARS.colour, '--vscode-foreground');
    const paths = uPlot.paths.bars?.({ size: [BARS.share, BARS.widest] });
    return [{ label: 'count', fill, stroke: fill, width: 0, points: { show: false }, ...(paths && { paths }) }];
  }
  return LINES.map(({ name, colour: variable, dash }) => ({
    label: name,
    stroke: () => colour(variable, '--vscode-foreground'),
    width: 2,
    dash: [...dash],
  }));
}

/** Times and counts from zero; other numbers may lie anywhere. */
function rangeOf(unit: MetricUnit, least: number | null, most: number | null): [number, number] {
  if (least === null || most === null) return [0, 1];
  const floor = unit === 'none' ? least : 0;
  const room = (most - floor) * 0.1 || Math.abs(most) * 0.1 || 1;
  return [unit === 'none' && least !== 0 ? floor - room : floor, most + room];
}

function timeLabels(times: readonly number[]): (time: number) => string {
  const [first = 0] = times;
  const days = (times.at(-1) ?? 0) - first > DAY_MS;
  const format = new Intl.DateTimeFormat(undefined, {
    ...(days && { month: 'short', day: 'numeric' }),
    hour: '2-digit',
    minute: '2-digit',
    ...((times[1] ?? Number.POSITIVE_INFINITY) - first < 60_000 && { second: '2-digit' }),
  });
  return (time) => format.format(time);
}

/** The first of the editor's variables that the theme sets. */
function colour(...variables: string[]): string {
  const style = getComputedStyle(document.body);
  return variables.map((variable) => style.getPropertyValue(variable).trim()).find((value) => value !== '') ?? 'gray';
}

/** Everything the chart draws, as a table: for screen readers, and for whoever wants the numbers. */
import { figureNames, figuresOf } from '@stillframe/core/metric/format-summary';
import type { MetricReadResult } from '@stillframe/protocol/messages/ide-connection';
import type { MetricUnit } from '@stillframe/protocol/metric';
import { element } from './element.ts';
import { formatSpan } from './time-steps.ts';

export interface FigureTable {
  readonly node: HTMLElement;
  draw(figures: MetricReadResult, label: string): void;
}

export function figureTable(unit: MetricUnit): FigureTable {
  const tables = element('div', { class: 'tables' });
  const node = element('details', {}, element('summary', {}, 'As a table'), tables);
  let latest: [figures: MetricReadResult, label: string] | undefined;

  // Only what is looked at is kept up to date.
  function fill(): void {
    if (latest === undefined || !node.open) return;
    const [figures, label] = latest;
    const steps = figures.series.map((step) => [new Date(step.at).toLocaleString(), ...figuresOf(step, unit)]);
    tables.replaceChildren(
      table(
        `${label}: since it was placed`,
        ['', ...figureNames(unit)],
        [['total', ...figuresOf(figures.total, unit)]],
      ),
      ...(figures.groups.length === 0 ? [] : [groupTable(figures, label)]),
      table(
        `${label}: each ${formatSpan(figures.stepMs)}, the latest first`,
        ['from', ...figureNames(unit)],
        steps.reverse(),
      ),
    );
  }

  node.addEventListener('toggle', fill);
  return {
    node,
    draw(figures, label) {
      latest = [figures, label];
      fill();
    },
  };
}

function groupTable({ groups }: MetricReadResult, label: string): HTMLElement {
  const rows = groups.map(({ group, summary }) => [group, ...figuresOf(summary, 'count')]);
  return table(`${label}: by value`, ['value', 'count'], rows);
}

function table(caption: string, heads: readonly string[], rows: readonly (readonly string[])[]): HTMLElement {
  return element(
    'table',
    {},
    element('caption', {}, caption),
    element('thead', {}, element('tr', {}, ...heads.map((head) => element('th', { scope: 'col' }, head)))),
    element(
      'tbody',
      {},
      ...rows.map(([name = '', ...cells]) =>
        element('tr', {}, element('th', { scope: 'row' }, name), ...cells.map((cell) => element('td', {}, cell))),
      ),
    ),
  );
}

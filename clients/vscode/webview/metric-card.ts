/** One metric: what it is, its figures in large, its course, the groups of a counter, and all of it as a table. */
import { figuresOf, formatCount, formatFigure } from '@stillframe/core/metric/format-summary';
import type { MetricReadResult } from '@stillframe/protocol/messages/ide-connection';
import type { MetricSummary } from '@stillframe/protocol/metric';
import { type Chart, type ChartStep, chart, LINES } from './chart.ts';
import { button, element, setHidden, setText } from './element.ts';
import { figureTable } from './figure-table.ts';
import { groupBars } from './group-bars.ts';
import type { FromMetricsPage, MetricsPicture, MetricView } from './metrics-messages.ts';
import { formatSpan, rateOf } from './time-steps.ts';

export interface MetricCard {
  readonly node: HTMLElement;
  draw(metric: MetricView, picture: MetricsPicture): void;
  /** Brings it into sight and the keyboard to it. */
  show(): void;
  dispose(): void;
}

export function metricCard(first: MetricView, send: (message: FromMetricsPage) => void): MetricCard {
  const { id, unit, kind } = first;
  let metric = first;
  let drawn: Chart | undefined;

  const title = element('h2', { id: `title-${id}`, tabindex: '-1' });
  const about = element('p', { class: 'about' });
  const empty = element('p', { class: 'empty', hidden: true });
  const numbers = element('dl', { class: 'numbers' });
  const facts = new Map<string, HTMLElement>();
  const plotted = element('div', { class: 'plotted' });
  const readout = element('p', { class: 'readout' });
  const groups = groupBars();
  const table = figureTable(unit);
  const estimated = element('p', { class: 'note', hidden: true });
  const problem = element('p', { class: 'problem', role: 'status', hidden: true });
  const reveal = button('Go to line', () => send({ type: 'reveal', id }));
  const openHit = button('Slow calls', () => send({ type: 'openHit', id }), {
    title: 'The last slow call in the debug panel',
  });
  const edit = button('Edit…', () => send({ type: 'edit', id }));
  const buttons = element(
    'div',
    { class: 'buttons' },
    reveal,
    openHit,
    button('Why?', () => send({ type: 'why', id }), { title: 'What happens to it, link by link' }),
    edit,
    button('Remove', () => send({ type: 'remove', id })),
  );
  const node = element(
    'section',
    { class: 'card', 'aria-labelledby': `title-${id}`, 'data-kind': kind },
    element('header', {}, title, buttons),
    about,
    problem,
    empty,
    numbers,
    plotted,
    readout,
    groups.node,
    estimated,
    table.node,
  );

  function fact(name: string, value: string, look: { large?: boolean; line?: string } = {}): void {
    let shown = facts.get(name);
    if (shown === undefined) {
      shown = element('dd');
      facts.set(name, shown);
      const swatch =
        look.line === undefined ? [] : [element('span', { class: `swatch ${look.line}`, 'aria-hidden': 'true' })];
      numbers.append(
        element('div', { class: look.large ? 'large' : 'small' }, element('dt', {}, ...swatch, name), shown),
      );
    }
    setText(shown, value);
  }

  /** The step under the cursor, else the latest one. */
  function told(at: number | undefined, step: ChartStep): string {
    const { figures } = metric;
    if (figures === undefined) return '';
    const latest = at === undefined ? figures.series.at(-1) : undefined;
    const begin = at === undefined ? latest?.at : at - figures.stepMs / 2;
    if (begin === undefined) return '';
    const when = `${at === undefined ? 'latest' : 'the'} ${formatSpan(figures.stepMs)} from ${new Date(begin).toLocaleTimeString()}`;
    const text = `${when}: ${stepText(step ?? latest)}`;
    setText(readout, text);
    return text;
  }

  function stepText(step: MetricSummary | undefined): string {
    if (step === undefined) return 'nothing';
    const parts = [`${formatCount(step)}${unit === 'count' ? ' executions' : ' measured'}`];
    if (unit !== 'count') parts.push(...LINES.map(({ name }) => `${name} ${formatFigure(step[name], unit)}`));
    return parts.join(' · ');
  }

  function drawFigures(figures: MetricReadResult, { from, to }: MetricsPicture): void {
    const { total } = figures;
    if (unit === 'count') {
      fact('executions', formatCount(total), { large: true });
      const rate = rateOf(figures, to);
      fact('per second, now', rate === undefined ? '–' : `${total.estimated ? '~' : ''}${formatFigure(rate, 'none')}`, {
        large: true,
      });
    } else {
      for (const { name } of LINES) fact(name, formatFigure(total[name], unit), { large: true, line: name });
      const [count = ''] = figuresOf(total, unit);
      fact(kind === 'duration' ? 'calls' : 'count', count);
      for (const name of ['min', 'mean', 'max'] as const) fact(name, formatFigure(total[name], unit));
    }
    groups.draw(figures, metric.label);
    setHidden(estimated, !total.estimated);
    setText(estimated, '~ estimated: some executions were passed over to spare the service');
    table.draw(figures, metric.label);
    drawn ??= begun();
    drawn.draw(figures, from, to);
  }

  function begun(): Chart {
    const made = chart({ unit, label: `${metric.label} over time`, onStep: told });
    plotted.append(made.node);
    return made;
  }

  return {
    node,
    draw(next, picture) {
      metric = next;
      const { figures } = metric;
      const isEmpty = figures !== undefined && figures.total.count === 0;
      setText(title, metric.label);
      setText(about, aboutText(metric, isEmpty));
      setText(problem, metric.problem ?? '');
      setHidden(problem, metric.problem === undefined);
      setHidden(empty, !isEmpty);
      setText(empty, isEmpty ? `Nothing measured yet. ${metric.summary}` : '');
      for (const part of [numbers, plotted, readout, table.node]) setHidden(part, isEmpty || figures === undefined);
      setHidden(reveal, !metric.hasPlace);
      setHidden(openHit, metric.hits === 0);
      setHidden(edit, metric.state !== 'active');
      if (figures !== undefined && !isEmpty) drawFigures(figures, picture);
    },
    show() {
      node.scrollIntoView({ block: 'start' });
      title.focus({ preventScroll: true });
    },
    dispose() {
      drawn?.dispose();
      node.remove();
    },
  };
}

function aboutText({ target, state, summary }: MetricView, isEmpty: boolean): string {
  const where = target === 'all' ? 'every agent that runs it' : target;
  const parts = [`on ${where}`, ...(state === 'active' ? [] : [state])];
  // While nothing is measured the sentence stands in large.
  return [...parts, ...(isEmpty ? [] : [summary])].join(' · ');
}

/** The metrics page: a card for each metric, and the choice of time. */

import { editorHost } from './editor-host.ts';
import { byId, element, setHidden, setText } from './element.ts';
import { type MetricCard, metricCard } from './metric-card.ts';
import {
  type FromMetricsPage,
  type MetricsPicture,
  RANGES,
  type Range,
  type ToMetricsPage,
} from './metrics-messages.ts';

const RANGE_NAMES: Record<Range, string> = { '5min': '5 min', '1h': '1 h', all: 'All' };

const host = editorHost<ToMetricsPage, FromMetricsPage, { range: Range }>(received);
const cards = new Map<string, MetricCard>();
const list = byId('metrics');
const empty = byId('empty');
const problem = byId('problem');
const leftOut = byId('left-out');
/** What is to be shown as soon as it is there. */
let wanted: string | undefined;

addRangeChoice(host.remembered.range ?? '5min');

function received(message: ToMetricsPage): void {
  if (message.type === 'picture') draw(message);
  else {
    wanted = message.id;
    showWanted();
  }
}

function draw(picture: MetricsPicture): void {
  setText(problem, picture.problem ?? '');
  setHidden(problem, picture.problem === undefined);
  setHidden(empty, picture.metrics.length > 0 || picture.problem !== undefined);
  setText(
    leftOut,
    picture.leftOut > 0 ? `${picture.leftOut} more are placed; remove some of these to see them here.` : '',
  );
  const there = new Set(picture.metrics.map(({ id }) => id));
  for (const [id, card] of cards) {
    if (there.has(id)) continue;
    card.dispose();
    cards.delete(id);
  }
  for (const metric of picture.metrics) {
    let card = cards.get(metric.id);
    if (card === undefined) {
      card = metricCard(metric, host.send);
      cards.set(metric.id, card);
      list.append(card.node);
    }
    card.draw(metric, picture);
  }
  showWanted();
}

function showWanted(): void {
  const card = wanted === undefined ? undefined : cards.get(wanted);
  if (card === undefined) return;
  wanted = undefined;
  card.show();
}

function addRangeChoice(first: Range): void {
  const choices = RANGES.map((range) => {
    const input = element('input', { type: 'radio', name: 'range', value: range });
    input.checked = range === first;
    input.addEventListener('change', () => {
      host.remember({ range });
      host.send({ type: 'range', range });
    });
    return element('label', {}, input, element('span', {}, RANGE_NAMES[range]));
  });
  byId('range').append(...choices);
  host.remember({ range: first });
  host.send({ type: 'ready', range: first });
}

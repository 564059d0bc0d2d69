/** A counter's groups, the largest first: their share as a bar behind name and count. */
import { formatCount } from '@stillframe/core/metric/format-summary';
import type { MetricReadResult } from '@stillframe/protocol/messages/ide-connection';
import { element, setHidden } from './element.ts';

const SHOWN = 12;

export interface GroupBars {
  readonly node: HTMLElement;
  draw(figures: MetricReadResult, label: string): void;
}

export function groupBars(): GroupBars {
  const list = element('ol', { class: 'groups' });
  const more = element('p', { class: 'note' });
  const node = element('div', { hidden: true }, list, more);
  return {
    node,
    draw({ groups, total }, label) {
      setHidden(node, groups.length === 0);
      list.setAttribute('aria-label', `${label}, by value`);
      const most = Math.max(1, ...groups.map(({ summary }) => summary.count));
      list.replaceChildren(
        ...groups.slice(0, SHOWN).map(({ group, summary }) => {
          const bar = element('span', { class: 'bar', 'aria-hidden': 'true' });
          bar.style.width = `${(summary.count / most) * 100}%`;
          const share = total.count === 0 ? '' : `${Math.round((summary.count / total.count) * 100)} %`;
          return element(
            'li',
            {},
            bar,
            element('span', { class: 'group', title: group }, group),
            element('span', { class: 'count' }, formatCount(summary)),
            element('span', { class: 'share' }, share),
          );
        }),
      );
      const rest = groups.length - SHOWN;
      more.textContent = rest > 0 ? `and ${rest} more; the table has them all` : '';
    },
  };
}

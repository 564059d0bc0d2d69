/** One line of the console. */
import { element } from './element.ts';
import type { LogEntry } from './log-entries.ts';

const TIME = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  fractionalSecondDigits: 3,
  hourCycle: 'h23',
});

export function logRow({ seq, at, level, agent, message, where }: LogEntry): HTMLElement {
  const looks = ['line', agent === undefined ? 'notice' : level, ...(where === undefined ? [] : ['placed'])];
  return element(
    'div',
    {
      class: looks.join(' '),
      role: 'option',
      id: `line-${seq}`,
      'aria-selected': 'false',
      'data-seq': String(seq),
      title: where && `Go to ${where}`,
    },
    element('span', { class: 'time' }, TIME.format(at)),
    element('span', { class: 'level' }, agent === undefined ? '…' : level),
    ...(agent === undefined ? [] : [element('span', { class: 'agent' }, agent)]),
    ...(where === undefined ? [] : [element('span', { class: 'where' }, where)]),
    element('span', { class: 'message' }, message),
  );
}

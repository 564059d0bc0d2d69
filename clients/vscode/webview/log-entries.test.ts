import { expect, test } from 'vitest';
import { jsonOf, type LogEntry, type LogFilter, lineOf, NO_FILTER, passes } from './log-entries.ts';

const ENTRY: LogEntry = {
  seq: 1,
  at: 0,
  level: 'warn',
  agent: 'orders-1',
  message: 'Total is -5',
  where: 'orders.ts:41',
};
const NOTICE: LogEntry = { seq: 2, at: 0, level: 'warn', message: '3 lines were left out' };

const FILTERS: [filter: Partial<LogFilter>, entry: LogEntry, shown: boolean][] = [
  [{}, ENTRY, true],
  [{ level: 'warn' }, ENTRY, true],
  [{ level: 'error' }, ENTRY, false],
  [{ agent: 'orders-1' }, ENTRY, true],
  [{ agent: 'orders' }, ENTRY, false],
  [{ text: ' total IS ' }, ENTRY, true],
  [{ text: 'orders.ts:41' }, ENTRY, true],
  [{ text: 'orders-1' }, ENTRY, true],
  [{ text: 'nothing' }, ENTRY, false],
  [{ text: 'total', level: 'error' }, ENTRY, false],
  [{ level: 'error', agent: 'other' }, NOTICE, true],
  [{ text: 'nothing' }, NOTICE, false],
];

test.each(FILTERS)('%j', (filter, entry, shown) => {
  expect(passes(entry, { ...NO_FILTER, ...filter })).toBe(shown);
});

test('what a service sent cannot begin a line of its own', () => {
  const message = 'a\nb\r\n2026-01-01 [error] forged';
  expect(lineOf({ ...ENTRY, message })).toBe(
    '1970-01-01T00:00:00.000Z [warn] orders-1 orders.ts:41 a\\nb\\n2026-01-01 [error] forged',
  );
  expect(jsonOf({ ...ENTRY, message }).split('\n')).toHaveLength(1);
});

test('a notice as text and as JSON', () => {
  expect(lineOf(NOTICE)).toBe('1970-01-01T00:00:00.000Z [warn] 3 lines were left out');
  expect(JSON.parse(jsonOf(NOTICE))).toEqual({
    at: '1970-01-01T00:00:00.000Z',
    level: 'warn',
    message: NOTICE.message,
  });
});

import type { EditorAction, EditorLogLine } from '@stillframe/protocol/messages/editor-extensions';
import { expect, test } from 'vitest';
import { LogStore } from './log-store.ts';

const PLACE = { uri: 'file:///shop/a%20b.ts', line: 40 };
const line = (message: string): EditorLogLine => ({ actionId: 'a', at: 1, level: 'info', agent: 'orders', message });
const action = (leftOut: number | undefined, id = 'a'): EditorAction => ({
  id,
  kind: 'log',
  label: `log of ${id}`,
  state: 'active',
  hits: 0,
  maxHits: 1000,
  summary: '',
  target: 'all',
  deployed: { path: 'a.ts', line: 1 },
  ...(leftOut !== undefined && { leftOut }),
});

test('the newest lines are kept, and the others counted', () => {
  const store = new LogStore(3);
  store.add(['1', '2'].map(line));
  const [first] = store.entries;
  expect(store.add([{ ...line('3'), place: PLACE }, line('4')]).map(({ message }) => message)).toEqual(['3', '4']);
  expect(store.entries.map(({ message }) => message)).toEqual(['2', '3', '4']);
  expect(store.gone).toBe(1);
  expect(store.placeOf(first?.seq ?? 0)).toBeUndefined();
  expect(store.entries[1]).toMatchObject({ where: 'a b.ts:41' });
  expect(store.placeOf(store.entries[1]?.seq ?? 0)).toEqual(PLACE);

  expect(store.add(['5', '6', '7', '8'].map(line)).map(({ message }) => message)).toEqual(['6', '7', '8']);
  expect(store.gone).toBe(5);
  store.clear();
  expect([store.entries, store.gone]).toEqual([[], 0]);
});

/** One after another in one store. */
const COUNTS: [counts: EditorAction[], notices: string[]][] = [
  [[action(7)], []],
  [[action(7)], []],
  [[action(8)], ['1 line was left out to spare the service: log of a']],
  [[action(2008)], ['2,000 lines were left out to spare the service: log of a']],
  // The agent that had left them out is gone; another begins anew.
  [[action(undefined)], []],
  [
    [action(1), action(2, 'b')],
    ['1 line was left out to spare the service: log of a', '2 lines were left out to spare the service: log of b'],
  ],
];

test('what agents leave out is said once', () => {
  const store = new LogStore();
  for (const [counts, notices] of COUNTS) {
    expect(store.note(counts, 5).map(({ message }) => message)).toEqual(notices);
  }
});

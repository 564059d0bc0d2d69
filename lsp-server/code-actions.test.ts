/** What a menu at a line offers: by the selection, by what is placed there, and no more than a person reads. */
import { addValue, emptySketch } from '@stillframe/core/metric/sketch';
import { startManagementServer } from '@stillframe/management-server/main';
import type { Action } from '@stillframe/protocol/action';
import { type LspScene, startLspScene } from '@stillframe/test-kit/lsp-scene';
import { hitOf, pointOf, type ScriptedAgent } from '@stillframe/test-kit/scripted-agent';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { CodeAction, Range } from 'vscode-languageserver';
import { startLspServer } from './main.ts';

const FILE = 'src/orders.ts';
const TEXT = `const currency = 'EUR';
export function total(order) {
  return order.items.reduce((all, item) => {
    return all + item.price;
  }, 0);
}
`;

let scene: LspScene;
let agent: ScriptedAgent;
let uri: string;

beforeAll(async () => {
  scene = await startLspScene({ startManagementServer, startLspServer }, { workspace: { [FILE]: TEXT } });
  await scene.connected();
  agent = await scene.agent({ sources: { [`/app/${FILE}`]: TEXT } });
  uri = scene.uri(FILE);
  scene.editor.open(uri, TEXT);
  await scene.editor.untilLens(uri, 'Add snapshot');
});
afterEach(async () => {
  await scene.editor.execute('stillframe.target.select', { selector: 'all' });
  const ids = agent.actions().map(({ id }) => id);
  if (ids.length === 0) return;
  await scene.editor.execute('stillframe.action.remove', { ids });
  await agent.until((all) => (all.length === 0 ? true : undefined), 'the end of all');
  // Until the editor has heard of the end, the menu offers what to do with the actions.
  await expect.poll(() => scene.editor.execute('stillframe.action.list', {})).toEqual([]);
});
afterAll(() => scene.close());

const WITHOUT_SELECTION = [
  'add snapshot here',
  'add log here…',
  'measure the duration of `reduce() callback`',
  'count how often this line runs',
  "snapshot here with callers' variables (3 frames)",
  'snapshot here on one agent first',
  'explain how this file maps to deployed code',
];

/** Selected text on a line, or lines, and the whole menu. */
const MENUS: [name: string, range: Range, titles: string[]][] = [
  ['no selection', rangeOf(4, 2, 4, 2), WITHOUT_SELECTION],
  [
    'no selection outside of functions',
    rangeOf(0, 0, 0, 0),
    WITHOUT_SELECTION.filter((title) => !title.includes('duration')),
  ],
  [
    'a value',
    selected('order.items'),
    [
      'add snapshot here',
      'snapshot here when order.items',
      'log {order.items} here',
      'snapshot here, watching order.items',
      'measure `order.items`',
      'count by `order.items`',
      'snapshot once per value of `order.items`',
      'measure the duration of `reduce() callback`',
      'count how often this line runs',
      'explain how this file maps to deployed code',
    ],
  ],
  [
    'what is always the same',
    selected("'EUR'"),
    [
      'add snapshot here',
      "snapshot here when 'EUR'",
      "log {'EUR'} here",
      "snapshot here, watching 'EUR'",
      'count how often this line runs',
      "snapshot here with callers' variables (3 frames)",
      'snapshot here on one agent first',
      'explain how this file maps to deployed code',
    ],
  ],
  ['no expression', selected('return all +'), WITHOUT_SELECTION.filter((title) => !title.includes('log'))],
  [
    'several lines',
    rangeOf(2, 2, 3, 28),
    ['add snapshot here', 'measure the time from line 3 to line 4', ...WITHOUT_SELECTION.slice(1)],
  ],
  ['one whole line, with its end', rangeOf(4, 0, 5, 0), WITHOUT_SELECTION],
];

test.each(MENUS)('%s', async (_name, range, titles) => {
  expect(await menu(range)).toEqual(titles.map((title) => `Stillframe: ${title}`));
});

test('a condition is counted, not measured', async () => {
  const { editor } = scene;
  const changed = TEXT.replace('item.price;', 'item.price > 3;');
  editor.change(uri, [{ text: changed }]);
  const titles = await menu(selected('item.price > 3', changed));
  editor.change(uri, [{ text: TEXT }]);
  expect(titles).toContain('Stillframe: count how often `item.price > 3` here');
  expect(titles.filter((title) => /measure `|count by|per value/.test(title))).toEqual([]);
});

test('one agent alone needs no trial', async () => {
  await scene.editor.execute('stillframe.target.select', { selector: 'agent:orders' });
  expect(await menu(rangeOf(4, 2, 4, 2))).not.toContain('Stillframe: snapshot here on one agent first');
});

/** A title of the menu of a selection, and what the agent is told when it is chosen. */
const CHOSEN: [title: string, range: Range, told: object][] = [
  ['measure `order.items`', selected('order.items'), { kind: 'metric', expression: { text: 'order.items' } }],
  ['count by `order.items`', selected('order.items'), { kind: 'counter', expression: { text: 'order.items' } }],
  [
    'snapshot once per value of `order.items`',
    selected('order.items'),
    { kind: 'snapshot', sampling: { by: 'distinct', expression: { text: 'order.items' } } },
  ],
  // The callback begins on the line of the first statement, and is not meant.
  ['measure the duration of `total`', rangeOf(1, 20, 1, 20), { kind: 'duration', location: { line: 3, column: 3 } }],
  ['count how often this line runs', rangeOf(3, 0, 3, 0), { kind: 'counter', location: { line: 4 } }],
  [
    "snapshot here with callers' variables (3 frames)",
    rangeOf(3, 0, 3, 0),
    { kind: 'snapshot', capture: { framesWithLocals: 3 } },
  ],
  ['snapshot here on one agent first', rangeOf(3, 0, 3, 0), { kind: 'snapshot', canary: { agents: 1 } }],
  [
    'measure the time from line 3 to line 5',
    rangeOf(2, 5, 5, 0),
    { kind: 'tictoc', location: { line: 3 }, endLocation: { line: 5 } },
  ],
];

test.each(CHOSEN)('chosen: %s', async (title, range, told) => {
  const { editor } = scene;
  const chosen = (await editor.codeActions(uri, range)).find((each) => each.title === `Stillframe: ${title}`);
  expect(chosen?.kind).toBe(title.startsWith('snapshot') ? 'source.stillframe' : 'source.stillframe.measure');
  await choose(chosen);
  expect(await agent.until((all) => all[0], 'the action')).toMatchObject(told);
});

test('what is placed at the line is always in the menu, the rest as far as there is room', async () => {
  const { editor } = scene;
  const counter = await placed({ kind: 'counter' });
  const snapshot = await placed({ kind: 'snapshot' });
  agent.arm(counter);
  await agent.measure([pointOf(counter, { count: 3 })]);
  await agent.hit(hitOf(snapshot, { order: 1 }));
  await editor.untilLens(uri, '● counter · 3');
  await editor.untilLens(uri, '◌ snapshot · 1/10 hits');
  expect(await menu(rangeOf(4, 2, 4, 2))).toEqual(
    [
      ...WITHOUT_SELECTION.slice(0, 3),
      'show what this counter measured',
      'edit this counter…',
      'how this counter is doing',
      'remove this counter',
      'open the last hit of this snapshot',
      'edit this snapshot…',
      'why this snapshot has 1 hit',
      'remove this snapshot',
      'explain how this file maps to deployed code',
    ].map((title) => `Stillframe: ${title}`),
  );
});

test('an extension shows figures and edits in its own way', async () => {
  const commands = ['stillframe.ui.showMetric', 'stillframe.ui.editAction', 'stillframe.ui.measure'];
  const editor = await scene.secondEditor({ initializationOptions: { client: { commands, links: true } } });
  editor.open(uri, TEXT);
  const action = await placed({ kind: 'metric', expression: 'order.sum' });
  agent.arm(action);
  await agent.measure([pointOf(action, [1, 2].reduce(addValue, emptySketch()))]);
  await editor.untilLens(uri, '● metric · 2 values');
  const actions = await editor.codeActions(uri, rangeOf(4, 2, 4, 2));
  const lenses = await editor.codeLens(uri);
  const used = [...actions, ...lenses].flatMap(({ command }) => command?.command ?? []);
  expect(commands.filter((command) => !used.includes(command))).toEqual([]);
  const hover = await editor.hover(uri, 4, 2);
  expect(JSON.stringify(hover?.contents)).toContain('[Show figures](command:stillframe.ui.showMetric?');
});

async function menu(range: Range): Promise<string[]> {
  const actions = await scene.editor.codeActions(uri, range);
  return actions.map(({ title }) => title);
}

async function choose(chosen: CodeAction | undefined): Promise<void> {
  await scene.editor.execute(chosen?.command?.command ?? '', chosen?.command?.arguments?.[0]);
}

async function placed(spec: object): Promise<Action> {
  const made = (await scene.editor.execute('stillframe.action.create', { uri, line: 4, ...spec })) as { id: string };
  return agent.until((all) => all.find(({ id }) => id === made.id), 'the action');
}

function selected(text: string, whole = TEXT): Range {
  const lines = whole.split('\n');
  const line = lines.findIndex((each) => each.includes(text));
  const character = lines[line]?.indexOf(text) ?? 0;
  return rangeOf(line, character, line, character + text.length);
}

function rangeOf(line: number, character: number, endLine: number, endCharacter: number): Range {
  return { start: { line, character }, end: { line: endLine, character: endCharacter } };
}

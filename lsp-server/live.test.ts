/** What changes by itself: agents come and go, actions fire or fail, settings and folders change. */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { startManagementServer } from '@stillframe/management-server/main';
import type { Action } from '@stillframe/protocol/action';
import { type ActionStatus, NO_COUNTS } from '@stillframe/protocol/status';
import { type LspScene, startLspScene } from '@stillframe/test-kit/lsp-scene';
import { hitOf, type ScriptedAgent } from '@stillframe/test-kit/scripted-agent';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { startLspServer } from './main.ts';

const FILE = 'src/orders.ts';
const OTHER_FILE = 'admin/orders.ts';
const TEXT = 'export function total(order) {\n  return order.sum;\n}\n';
const DEPLOYED = `/app/${FILE}`;
const SECRET = 'hunter2';

let scene: LspScene;
let agent: ScriptedAgent;
let uri: string;

beforeAll(async () => {
  scene = await startLspScene(
    { startManagementServer, startLspServer },
    {
      workspace: { [FILE]: TEXT, [OTHER_FILE]: `// admin\n${TEXT}`, 'src/bills.ts': '// bills\n' },
      initializationOptions: { client: { state: true, commands: [] } },
    },
  );
  await scene.connected();
  agent = await scene.agent({ sources: { [DEPLOYED]: TEXT } });
  uri = scene.uri(FILE);
  scene.editor.open(uri, TEXT);
  await scene.editor.untilLens(uri, 'Add snapshot');
});
afterEach(async () => {
  const ids = agent.actions().map(({ id }) => id);
  if (ids.length > 0) await scene.editor.execute('stillframe.action.remove', { ids });
});
afterAll(() => scene.close());

/** Each row: what an agent says of an action, and what the line shows. */
const DIAGNOSTICS: [
  name: string,
  status: Partial<ActionStatus>,
  severity: number | undefined,
  message: RegExp,
  spec?: object,
][] = [
  [
    'a line without code',
    {
      state: 'rejected',
      links: [{ link: 'line', state: 'broken', reason: 'Choose another line: line 2 has no code' }],
    },
    1,
    /^This snapshot will not fire\. .*Choose another line/,
  ],
  [
    'a budget that is used up',
    { state: 'suspended', links: [{ link: 'evaluated', state: 'broken', reason: 'Used more than 1 % of a core' }] },
    1,
    /^This snapshot will not fire\. .*1 % of a core/,
  ],
  [
    'a condition that fails',
    { lastError: 'Cannot read "id" of null', counts: { ...NO_COUNTS, evaluated: 7, failed: 3 } },
    2,
    /^The expression fails \(3 of 7 times\): Cannot read "id" of null$/,
  ],
  [
    'another text than that of the editor',
    {
      links: [
        { link: 'file', state: 'ok' },
        { link: 'content', state: 'warning', reason: 'The deployed text differs' },
      ],
    },
    2,
    /^The deployed text differs$/,
  ],
  ['a file that is not loaded yet', { state: 'pending', links: [{ link: 'file', state: 'pending' }] }, 3, /./],
  ['an action that is armed', {}, undefined, /^$/],
  [
    'a duration of a function that is none',
    {
      state: 'rejected',
      links: [{ link: 'line', state: 'broken', reason: 'There is no function at line 2; choose a line of one' }],
    },
    1,
    /^This duration will not measure\. .*There is no function at line 2/,
    { kind: 'duration' },
  ],
  [
    'a metric of what is no number',
    { lastError: '"order.id" is no number', counts: { ...NO_COUNTS, evaluated: 7, matched: 7, failed: 7 } },
    2,
    /^The expression fails \(7 of 7 times\): "order\.id" is no number$/,
    { kind: 'metric', expression: 'order.id' },
  ],
  [
    'a condition that is never true',
    { counts: { ...NO_COUNTS, evaluated: 7 }, lastValues: [{ text: 'order.sum', value: '12.5' }] },
    3,
    /^The condition was never true so far; last it saw order\.sum = 12\.5$/,
    { condition: 'order.sum > 100' },
  ],
  [
    'a condition that is never true, of which nothing was seen',
    { counts: { ...NO_COUNTS, evaluated: 7 } },
    undefined,
    /^$/,
    { condition: 'order.sum > 100' },
  ],
  [
    'a condition that was true',
    { counts: { ...NO_COUNTS, evaluated: 7, matched: 1 }, lastValues: [{ text: 'order.sum', value: '12.5' }] },
    undefined,
    /^$/,
    { condition: 'order.sum > 100' },
  ],
];

test.each(DIAGNOSTICS)('diagnostics: %s', async (_name, status, severity, message, spec) => {
  const { editor } = scene;
  const action = await place(spec);
  agent.arm(action, status);
  await editor.until(
    () => editor.states.at(-1)?.actions.find(({ agentState }) => agentState === (status.state ?? 'armed')),
    'state',
  );
  const found = await editor.until(() => {
    const all = editor.diagnostics.get(uri) ?? [];
    const settled = severity === undefined ? all.length === 0 : all.some((each) => message.test(String(each.message)));
    return settled ? all : undefined;
  }, 'the diagnostics');
  expect(found.map((each) => each.severity)).toEqual(severity === undefined ? [] : [severity]);
  if (severity !== undefined) {
    expect(found[0]?.range).toEqual({ start: { line: 1, character: 2 }, end: { line: 1, character: 19 } });
    expect(found[0]?.code).toBe(action.id);
  }
  await remove(action);
  await editor.until(() => ((editor.diagnostics.get(uri) ?? []).length === 0 ? true : undefined), 'no diagnostics');
});

test('an action that its canary has withdrawn says why until it is removed', async () => {
  const { editor } = scene;
  const action = await place({ kind: 'counter', canary: {} });
  agent.arm(action, { state: 'rejected', links: [{ link: 'line', state: 'broken', reason: 'No code' }] });
  const found = await editor.until(() => {
    return editor.diagnostics.get(uri)?.find(({ message }) => String(message).includes('is gone'));
  }, 'the reason');
  expect(found).toMatchObject({ severity: 2, message: 'This counter is gone. Withdrawn: orders: No code' });
  expect(editor.states.at(-1)?.actions.find(({ id }) => id === action.id)).toMatchObject({
    state: 'withdrawn',
    summary: 'Withdrawn: orders: No code',
  });
  await editor.untilLens(uri, '○ counter · withdrawn');
  await remove(action);
  await editor.until(() => ((editor.diagnostics.get(uri) ?? []).length === 0 ? true : undefined), 'no diagnostics');
});

test('diagnostics that an editor has are not sent again', async () => {
  const { editor } = scene;
  const action = await place();
  agent.arm(action, { state: 'rejected', links: [{ link: 'line', state: 'broken', reason: 'No code' }] });
  await editor.until(() => editor.diagnostics.get(uri)?.find(({ severity }) => severity === 1), 'the error');
  const published = editor.published.get(uri);
  const states = editor.states.length;
  agent.load({ '/app/another.ts': '// 1\n' });
  await editor.until(() => (editor.states.length > states ? true : undefined), 'another refresh');
  expect(editor.published.get(uri)).toBe(published);
  await remove(action);
});

test('many hits are few refreshes, and the last one is shown', async () => {
  const { editor } = scene;
  const action = await place({ maxHits: 100 });
  agent.arm(action);
  await editor.untilLens(uri, '● snapshot · 0/100 hits · armed');
  const before = { refreshes: editor.refreshes.codeLens, at: performance.now() };
  for (let sum = 1; sum <= 60; sum++) await agent.hit(hitOf(action, { order: { sum } }));
  await editor.until(() => editor.states.at(-1)?.actions.find(({ hits }) => hits === 60), 'all hits');
  // One may have been on its way before, one follows the last hit, and timers are not exact.
  const most = (performance.now() - before.at) / 100 + 4;
  expect(editor.refreshes.codeLens - before.refreshes).toBeLessThanOrEqual(most);
  const [hint] = await editor.inlayHints(uri);
  expect(JSON.stringify(hint?.label)).toContain('order = {sum: 60}');
  await remove(action);
});

test('lines of logs are told with their place', async () => {
  const { editor } = scene;
  const action = await place({ kind: 'log', logMessage: 'sum {order.sum}', level: 'warn' });
  await agent.hit(hitOf(action, {}, { message: 'sum 7', level: 'warn' }));
  const line = await editor.until(() => editor.logLines.find(({ actionId }) => actionId === action.id), 'the line');
  expect(line).toMatchObject({ level: 'warn', agent: 'orders', message: 'sum 7', place: { uri, line: 1 } });
  await remove(action);
});

test('captured text never becomes markup', async () => {
  const { editor } = scene;
  const action = await place();
  agent.arm(action);
  const order = '`` ![a](http://example.test/a.png) | <img src=x> ``` \n # head';
  await agent.hit(hitOf(action, { order }));
  await editor.untilLens(uri, '● snapshot · 1/10');
  const hover = await editor.hover(uri, 1, 12);
  const text = hover === null ? '' : (hover.contents as { value: string }).value;
  const row = text.split('\n').find((each) => each.startsWith('| 1 |')) ?? '';
  // The fence is longer than any run of backticks in the value, and no bar ends the cell.
  expect(row).toMatch(/^\| 1 \| (`{4,}) .*!\[a\].*\\\| <img.* \1 \| orders \| /);
  await remove(action);
});

test('the line of an action that a terminal placed by the tail of a path', async () => {
  const { editor } = scene;
  const other = scene.uri(OTHER_FILE);
  editor.open(other, `// admin\n${TEXT}`);
  const action = await place();
  agent.arm(action, { resolved: { path: DEPLOYED, line: 2 } });
  await editor.untilLens(uri, '● snapshot · 0/10 hits · armed');
  expect((await editor.codeLens(other)).map(({ command }) => command?.title)).toEqual([]);
  editor.close(other);
  await remove(action);
});

test('lenses go with the last agent, actions stay and say what they wait for', async () => {
  const { editor } = scene;
  const second = await scene.agent({
    description: { name: 'billing' },
    sources: { '/srv/src/bills.ts': '// bills\n' },
  });
  const bills = scene.uri('src/bills.ts');
  editor.open(bills, '// bills\n');
  await editor.until(
    async () =>
      ((await editor.execute('stillframe.mapping.explain', { uri: bills })) as { text: string }).text.includes(
        'billing',
      ) || undefined,
    'the file of the second agent',
  );
  await editor.execute('stillframe.action.create', { kind: 'snapshot', uri: bills, line: 0, target: 'agent:billing' });
  const action = await second.until((all) => all[0], 'the action');
  second.arm(action);
  await editor.untilLens(bills, '● snapshot · 0/10 hits · armed');
  await second.close();
  await editor.untilLens(bills, '◌ snapshot · 0/10 hits · waiting for an agent');
  editor.close(bills);
  await editor.execute('stillframe.action.remove', { id: action.id });
});

test('a change in the editor is drift until it is taken back', async () => {
  const { editor } = scene;
  const start = { line: 0, character: 0 };
  editor.change(uri, [{ range: { start, end: start }, text: '// new\n' }]);
  await editor.untilLens(uri, '⚠ orders.ts has unsaved changes and so differs');
  const headers = (await editor.codeLens(uri)).filter(({ command }) => command?.title === 'Add snapshot');
  expect(headers.map(({ range }) => range.start.line)).toEqual([1]);
  editor.change(uri, [{ range: { start, end: { line: 1, character: 0 } }, text: '' }]);
  await editor.until(async () => {
    const titles = (await editor.codeLens(uri)).map(({ command }) => command?.title);
    return titles.join() === 'Add snapshot,Add log…,Measure…' ? true : undefined;
  }, 'no drift');
});

const LENSES: [setting: string, titles: string[]][] = [
  ['off', []],
  ['active', []],
  ['functions', ['Add snapshot', 'Add log…', 'Measure…']],
  ['nonsense', ['Add snapshot', 'Add log…', 'Measure…']],
];

test.each(LENSES)('codeLens: %s', async (codeLens, titles) => {
  const { editor } = scene;
  editor.notify('workspace/didChangeConfiguration', { settings: { stillframe: { codeLens } } });
  const lenses = await editor.codeLens(uri);
  expect(lenses.map(({ command }) => command?.title)).toEqual(titles);
});

test('.stillframe.json is read again when it changes, and what is wrong in it is said once', async () => {
  const { editor } = scene;
  writeConfig('{ "target": "tag:canary" }');
  await editor.until(() => (editor.states.at(-1)?.target === 'tag:canary' ? true : undefined), 'the target');
  writeConfig('{ "target": ');
  const problem = await editor.until(() => editor.messages.find((each) => each.startsWith('Correct ')), 'the problem');
  expect(problem).toContain('.stillframe.json');
  writeConfig('{}');
  await editor.until(() => (editor.states.at(-1)?.target === 'all' ? true : undefined), 'no target');
  expect(editor.messages.filter((each) => each.startsWith('Correct ')).length).toBe(1);
});

test('a chosen target stays until the setting names another', async () => {
  const { editor } = scene;
  const configured = (stillframe: object) =>
    editor.notify('workspace/didChangeConfiguration', { settings: { stillframe } });
  const target = (text: string) => editor.until(() => (editor.states.at(-1)?.target === text ? true : undefined), text);
  await editor.execute('stillframe.target.select', { selector: 'tag:chosen' });
  await target('tag:chosen');
  configured({ target: '', codeLens: 'functions' });
  await editor
    .execute('stillframe.target.select', {})
    .then((selected) => expect(selected).toMatchObject({ selector: 'tag:chosen' }));
  configured({ target: 'tag:setting' });
  await target('tag:setting');
  configured({ target: '' });
  await target('all');
});

test('folders come and go', async () => {
  const { editor } = scene;
  const folder = `${scene.root}/second`;
  mkdirSync(folder);
  writeFileSync(`${folder}/.stillframe.json`, '{ "target": "tag:second" }');
  const changed = { uri: pathToFileURL(folder).href, name: 'second' };
  editor.notify('workspace/didChangeWorkspaceFolders', { event: { added: [changed], removed: [] } });
  await editor.until(() => (editor.states.at(-1)?.target === 'tag:second' ? true : undefined), 'the second folder');
  // A file of it has lenses, and an action placed elsewhere finds its place in it.
  const paid = '// paid\nexport function pay() {\n  return 1;\n}\n';
  mkdirSync(`${folder}/lib`);
  writeFileSync(`${folder}/lib/paid.ts`, paid);
  agent.load({ '/srv/lib/paid.ts': paid });
  const paidUri = pathToFileURL(`${folder}/lib/paid.ts`).href;
  editor.open(paidUri, paid);
  await editor.untilLens(paidUri, 'Add snapshot');
  await editor.execute('stillframe.action.create', { kind: 'snapshot', uri: paidUri, line: 2, target: 'all' });
  editor.close(paidUri);
  await editor.until(
    () => editor.states.at(-1)?.actions.find(({ place }) => place?.uri === paidUri && place.line === 2),
    'the action in the second folder',
  );
  editor.notify('workspace/didChangeWorkspaceFolders', { event: { added: [], removed: [changed] } });
  await editor.until(() => (editor.states.at(-1)?.target === 'all' ? true : undefined), 'one folder');
});

test('documents that are no files, and files nobody runs, have nothing', async () => {
  const { editor } = scene;
  const range = { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } };
  for (const odd of ['untitled:Untitled-1', 'git:/a.ts?%7B%7D', 'file://[bad/a.ts', scene.uri('src/missing.ts')]) {
    editor.open(odd, TEXT);
    expect(await editor.codeLens(odd), odd).toEqual([]);
    expect(await editor.inlayHints(odd), odd).toEqual([]);
    expect(await editor.hover(odd, 1, 3), odd).toBeNull();
    expect(Array.isArray(await editor.codeActions(odd, range)), odd).toBe(true);
    editor.close(odd);
  }
});

test('a server that cannot be reached leaves an editor that works', async () => {
  const editor = await scene.secondEditor({
    initializationOptions: { server: 'http://127.0.0.1:1', client: { state: true } },
  });
  editor.open(uri, TEXT);
  const state = await editor.until(
    () => editor.states.find(({ connection }) => connection === 'disconnected'),
    'the state',
  );
  expect(state.reason).toMatch(/^Cannot reach the Stillframe server at http:\/\/127\.0\.0\.1:1 .*stillframe server/);
  expect(await editor.codeLens(uri)).toEqual([]);
  expect(await editor.hover(uri, 1, 3)).toBeNull();
  expect(JSON.stringify([editor.states, editor.messages, editor.logs])).not.toContain(SECRET);
});

async function place(spec: object = {}): Promise<Action> {
  const known = new Set(agent.actions().map(({ id }) => id));
  await scene.editor.execute('stillframe.action.create', { kind: 'snapshot', uri, line: 1, ...spec });
  return agent.until((all) => all.find(({ id }) => !known.has(id)), 'the action');
}

async function remove({ id }: Action): Promise<void> {
  await scene.editor.execute('stillframe.action.remove', { id });
  await agent.until((all) => (all.some((each) => each.id === id) ? undefined : true), 'the removal');
}

/** In one step, as editors save. */
function writeConfig(text: string): void {
  writeFileSync(scene.path('config.tmp'), text);
  renameSync(scene.path('config.tmp'), scene.path('.stillframe.json'));
}

/** Commands that answer, and arguments they refuse: the words are what a person sees. */
import { readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { addValue, emptySketch } from '@stillframe/core/metric/sketch';
import { startManagementServer } from '@stillframe/management-server/main';
import type { Action } from '@stillframe/protocol/action';
import type { ExpressionCheckParams } from '@stillframe/protocol/messages/editor-extensions';
import { SourceSave } from '@stillframe/protocol/messages/ide-connection';
import { type LspScene, startLspScene } from '@stillframe/test-kit/lsp-scene';
import { hitOf, pointOf, type ScriptedAgent } from '@stillframe/test-kit/scripted-agent';
import { startIdeClient } from '@stillframe/test-kit/wire-client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startLspServer } from './main.ts';

const FILE = 'src/orders.ts';
const TEXT = 'export function total(order) {\n  return order.sum;\n}\n';

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
afterAll(() => scene.close());

const REFUSED: [name: string, command: string, argument: unknown, message: RegExp][] = [
  ['a command nobody knows', 'stillframe.action.explode', {}, /^There is no command "stillframe\.action\.explode"$/],
  ['no argument', 'stillframe.action.create', undefined, /^Change kind of stillframe\.action\.create: /],
  [
    'an argument that is no object',
    'stillframe.action.remove',
    'a1',
    /^Change argument of stillframe\.action\.remove: /,
  ],
  ['a kind there is not', 'stillframe.action.create', { kind: 'gauge', uri: 'file:///a.ts', line: 1 }, /^Change kind/],
  ['figures of none', 'stillframe.metric.show', { id: 'a1' }, /^Cannot find the action "a1"/],
  ['figures to read of none', 'stillframe.metric.read', { actionId: 'a1' }, /^Cannot find the action "a1"/],
  ['steps that are too small', 'stillframe.metric.read', { actionId: 'a1', stepMs: 1 }, /^Change stepMs of/],
  ['a text without end', 'stillframe.action.why', { id: 'x'.repeat(65) }, /^Change id of stillframe\.action\.why/],
  ['nothing to remove', 'stillframe.action.remove', {}, /^Name the action to remove$/],
  [
    'an action there is not',
    'stillframe.action.update',
    { id: 'a1', patch: { maxHits: 5 } },
    /^Cannot find the action "a1"/,
  ],
  ['an edit of none', 'stillframe.action.edit', { id: 'a1' }, /^Cannot find the action "a1"/],
  ['a reason of none', 'stillframe.action.why', { id: 'a1' }, /"a1"/],
  ['a hit there is not yet', 'stillframe.hit.open', { actionId: 'a1' }, /^There is no hit yet/],
  ['a target that cannot be read', 'stillframe.target.select', { selector: 'agent:' }, /agent/],
  [
    'a text that no agent runs',
    'stillframe.source.showDeployed',
    { uri: 'file:///nowhere/a.ts' },
    /^No connected agent has loaded/,
  ],
  ['a mapping of what is no file', 'stillframe.mapping.explain', { uri: 'untitled:a' }, /^Choose a file on disk$/],
  [
    'a token that a trace would print',
    'stillframe.auth.login',
    { token: 'a' },
    /^Change tokenFile of stillframe\.auth\.login/,
  ],
];

test.each(REFUSED)('%s', async (_name, command, argument, message) => {
  await expect(scene.editor.execute(command, argument)).rejects.toThrow(message);
});

const CHECKS: [name: string, params: Omit<ExpressionCheckParams, 'uri'>, file: string, problem: RegExp | undefined][] =
  [
    ['a condition', { text: 'order.sum > 100 && order.id', kind: 'condition' }, 'a.ts', undefined],
    ['half a condition', { text: 'order.sum >', kind: 'condition' }, 'a.ts', /./],
    ['a call of a function', { text: 'send(order)', kind: 'expression' }, 'a.ts', /./],
    ['Python in Python', { text: 'order and len(items) > 3', kind: 'condition' }, 'a.py', undefined],
    ['Python in TypeScript', { text: 'order and items', kind: 'condition' }, 'a.ts', /./],
    ['a log text', { text: 'sum {order.sum} {{literal}}', kind: 'template' }, 'a.ts', undefined],
    ['a log text that does not end', { text: 'sum {order.sum', kind: 'template' }, 'a.ts', /./],
  ];

test.each(CHECKS)('while typing: %s', async (_name, params, file, problem) => {
  const result = await scene.editor.checkExpression({ uri: `file:///workspace/${file}`, ...params });
  if (problem === undefined) return expect(result).toEqual({});
  expect(result.problem?.message).toMatch(problem);
  expect(result.problem?.end).toBeLessThanOrEqual(params.text.length);
});

test('a check of something else is refused', async () => {
  const check = scene.editor.request('stillframe/expressionCheck', { uri: 1, text: 'a', kind: 'condition' });
  await expect(check).rejects.toThrow(/uri/);
});

test('composing: what is chosen is placed, what is cancelled is not', async () => {
  const { editor } = scene;
  const compose = (argument: object) =>
    editor.execute('stillframe.action.compose', { uri, line: 1, ...argument }) as Promise<{ id: string } | null>;
  expect(await compose({})).toBeNull();
  expect(await compose({ kind: 'log' })).toBeNull();
  editor.answers.push('Snapshot when order.sum > 1');
  const guarded = await compose({ selection: 'order.sum > 1' });
  const snapshot = await agent.until((all) => all.find(({ id }) => id === guarded?.id), 'the snapshot');
  expect(snapshot.condition?.text).toBe('order.sum > 1');
  editor.answers.push('Place log');
  const logged = await compose({ kind: 'log' });
  const log = await agent.until((all) => all.find(({ id }) => id === logged?.id), 'the log');
  expect(log.template?.text).toBe('order = {order}');
  expect(editor.questions.slice(-1)).toEqual([
    {
      message: 'Log "order = {order}" at line 2 of orders.ts on every agent that runs it?',
      choices: ['Place log', 'Cancel'],
    },
  ]);
  await editor.execute('stillframe.action.remove', { ids: [snapshot.id, log.id] });
});

test('editing by choices, and placing again what has ended', async () => {
  const { editor } = scene;
  const made = (await editor.execute('stillframe.action.create', {
    kind: 'snapshot',
    uri,
    line: 1,
    condition: 'order',
    watch: ['order.id'],
    maxHits: 1,
  })) as { id: string };
  const { id } = made;
  const edit = async (answer: string, selection?: string) => {
    editor.answers.push(answer);
    return (await editor.execute('stillframe.action.edit', { id, ...(selection && { selection }) })) as {
      id: string;
    } | null;
  };
  const told = (look: (action: { maxHits: number; condition?: string | undefined }) => boolean) =>
    agent.until(
      (all) => all.find((each) => each.id === id && look({ maxHits: each.maxHits, condition: each.condition?.text })),
      'the change',
    );
  await told(() => true);
  expect(await edit('Cancel')).toBeNull();
  await edit('10 more hits');
  await told(({ maxHits }) => maxHits === 11);
  await edit('Only when order.sum > 5', 'order.sum > 5');
  await told(({ condition }) => condition === 'order.sum > 5');
  await edit('Without the condition');
  await told(({ condition }) => condition === undefined);
  await edit('One hour from now');
  await editor.execute('stillframe.action.update', { id, patch: { maxHits: 1, watch: [], condition: 'order' } });
  const action = await told(({ maxHits, condition }) => maxHits === 1 && condition === 'order');
  await agent.hit(hitOf(action, { order: { sum: 7 } }));
  await editor.untilLens(uri, '✓ snapshot · 1/1 hits');
  const again = await edit('Place again');
  const second = await agent.until((all) => all.find((each) => each.id === again?.id), 'the second');
  expect({ condition: second.condition?.text, line: second.location.line, maxHits: second.maxHits }).toEqual({
    condition: 'order',
    line: 2,
    maxHits: 1,
  });
  await editor.execute('stillframe.action.remove', { ids: [id, second.id] });
});

test('a hit opens as a file only its owner can read', async () => {
  const { editor } = scene;
  const made = (await editor.execute('stillframe.action.create', { kind: 'snapshot', uri, line: 1 })) as { id: string };
  const action = await agent.until((all) => all.find(({ id }) => id === made.id), 'the action');
  await agent.hit(hitOf(action, { order: { sum: 7 } }), hitOf(action, { order: { sum: 8 } }));
  await editor.untilLens(uri, '◌ snapshot · 2/10 hits');
  const opened = (await editor.execute('stillframe.hit.open', { actionId: action.id })) as { uri: string };
  const file = fileURLToPath(opened.uri);
  expect(readFileSync(file, 'utf8')).toContain('order = {sum: 8}');
  expect(statSync(file).mode & 0o777).toBe(0o400);
  expect(editor.shown.at(-1)).toEqual({ uri: opened.uri });

  const first = (await editor.execute('stillframe.hit.list', { actionId: action.id, before: 2 })) as {
    hits: { id: string }[];
  };
  expect(first.hits.length).toBe(1);
  const older = { actionId: action.id, hitId: first.hits[0]?.id };
  const earlier = (await editor.execute('stillframe.hit.open', older)) as { uri: string };
  expect(readFileSync(fileURLToPath(earlier.uri), 'utf8')).toContain('order = {sum: 7}');
  await editor.execute('stillframe.action.remove', { id: action.id });
});

test('the deployed text is shown as the agent has it', async () => {
  const { editor } = scene;
  const shown = (await editor.execute('stillframe.source.showDeployed', { uri })) as { uri: string };
  expect(readFileSync(fileURLToPath(shown.uri), 'utf8')).toBe(TEXT);
  const { text } = (await editor.execute('stillframe.mapping.explain', { uri })) as { text: string };
  expect(text).toMatch(
    /has the same content as .*orders\.ts\. The text is the same\. Loaded as \/app\/src\/orders\.ts \(orders\)$/,
  );
});

/** Each row: what is selected, how it is written out, and whom it means. `checkout` is a saved source. */
const TARGETS: [selector: string, written: string, agents: string[]][] = [
  ['production', 'tag:production', ['orders']],
  ['tag:nowhere', 'tag:nowhere', []],
  ['source:checkout', 'source:checkout', ['orders']],
  ['source:nowhere', 'source:nowhere', []],
  ['all', 'all', ['orders']],
];

test.each(TARGETS)('the target %s', async (selector, written, agents) => {
  const { editor } = scene;
  await saveSources();
  expect(await editor.execute('stillframe.target.select', { selector })).toEqual({
    selector: written,
    agents,
    sources: [
      { selector: 'source:checkout', agents: ['orders'] },
      { selector: 'source:staging', agents: [] },
    ],
  });
  expect(await editor.execute('stillframe.target.select', {})).toMatchObject({ selector: written, agents });
});

test('an action goes to the saved source that is the target', async () => {
  const { editor } = scene;
  await saveSources();
  await editor.execute('stillframe.target.select', { selector: 'source:checkout' });
  await editor.execute('stillframe.action.create', { kind: 'counter', uri, line: 1 });
  const action = await agent.until((all) => all[0], 'the counter');
  expect(action.target).toEqual({ by: 'source', source: 'checkout' });
  await editor.execute('stillframe.action.remove', { id: action.id });
  await editor.execute('stillframe.target.select', { selector: 'all' });
});

/** What the menu of a function offers, and what is placed by it. */
const MEASURED: [answer: string, told: object][] = [
  ['Duration of total', { kind: 'duration', location: { line: 2, column: 3 } }],
  ['Duration of total, with snapshots of its slowest calls', { kind: 'duration', sampling: { by: 'slowest' } }],
  ['Calls of total', { kind: 'counter' }],
];

test.each(MEASURED)('measuring by the menu: %s', async (answer, told) => {
  const { editor } = scene;
  const lens = await editor.untilLens(uri, 'Measure…');
  const measure = () => editor.execute(lens.command?.command ?? '', lens.command?.arguments?.[0]);
  expect(await measure()).toBeNull();
  expect(editor.questions.at(-1)).toEqual({
    message: 'Measure what at line 2 of orders.ts on every agent that runs it?',
    choices: [...MEASURED.map(([title]) => title), 'Cancel'],
  });
  editor.answers.push(answer);
  const made = (await measure()) as { id: string };
  const action = await agent.until((all) => all.find(({ id }) => id === made.id), 'the action');
  expect(action).toMatchObject(told);
  await editor.execute('stillframe.action.remove', { id: action.id });
});

test('figures: by the command, by the request of our extension, and as a text', async () => {
  const { editor } = scene;
  const action = await placed({ kind: 'metric', expression: 'order.sum', condition: 'order.sum > 0' });
  const params = { actionId: action.id };
  expect(await editor.execute('stillframe.metric.read', params)).toMatchObject({ unit: 'none', total: { count: 0 } });
  expect(await shownFigures(action)).toContain('Nothing was measured yet');
  await agent.measure([pointOf(action, [10, 20, 4000].reduce(addValue, emptySketch()))]);
  const read = await editor.execute('stillframe.metric.read', params);
  expect(read).toMatchObject({ unit: 'none', total: { count: 3, min: 10, max: 4000 }, series: [{ count: 3 }] });
  expect(await editor.request('stillframe/metric', params)).toEqual(read);
  await expect(editor.request('stillframe/metric', { actionId: 1 })).rejects.toThrow(/^Change actionId of/);
  const text = await shownFigures(action);
  expect(text).toMatch(/^metric of order\.sum at orders\.ts:2 when order\.sum > 0\n/);
  expect(text).toMatch(/\n {2}3 +10 +1,340 +[\d.]+ +[\d,.]+ +[\d,.]+ +4,000\n/);
  expect(text).toContain('█'.repeat(30));
  await editor.execute('stillframe.action.remove', { id: action.id });
});

test('a snapshot has no figures', async () => {
  const action = await placed({ kind: 'snapshot' });
  const reading = scene.editor.execute('stillframe.metric.read', { actionId: action.id });
  await expect(reading).rejects.toThrow(/^Ask for its hits instead: a snapshot measures nothing$/);
  await scene.editor.execute('stillframe.action.remove', { id: action.id });
});

/** Fields that mean nothing to the kind. */
const FOREIGN: [spec: object, patch: object, message: RegExp | undefined][] = [
  [{ kind: 'counter' }, { maxHits: 5 }, /^Leave "maxHits" out: a counter has none$/],
  [{ kind: 'metric', expression: 'order.sum' }, { watch: ['order'] }, /^Leave "watch" out: a metric has none$/],
  [{ kind: 'duration' }, { logMessage: 'a' }, /^Leave "logMessage" out: a duration has none$/],
  [{ kind: 'snapshot' }, { level: 'warn' }, /^Leave "level" out: a snapshot has none$/],
  [{ kind: 'duration', sampling: { by: 'slowest' } }, { maxHits: 5, watch: ['order'] }, undefined],
  [{ kind: 'counter' }, { condition: 'order', expiresSec: 60 }, undefined],
  [{ kind: 'log', logMessage: 'a' }, { logMessage: 'b', level: 'warn', maxHits: 5 }, undefined],
];

test.each(FOREIGN)('a change of %j by %j', async (spec, patch, message) => {
  const { editor } = scene;
  const { id } = await placed(spec);
  const changing = editor.execute('stillframe.action.update', { id, patch });
  if (message !== undefined) await expect(changing).rejects.toThrow(message);
  else expect(await changing).toMatchObject({ id });
  await editor.execute('stillframe.action.remove', { id });
});

test('a kind that measures is edited by what it has, and placed again as it was', async () => {
  const { editor } = scene;
  const { id } = await placed({
    kind: 'duration',
    functionName: 'elsewhere',
    condition: 'order',
    sampling: { by: 'slowest' },
    canary: { agents: 1 },
    maxHits: 1,
  });
  await editor.execute('stillframe.action.edit', { id, selection: 'order.sum > 5' });
  const choices = ['Only when order.sum > 5', 'Without the condition', '10 more hits', 'One hour from now', 'Cancel'];
  expect(editor.questions.at(-1)?.choices).toEqual(choices);
  const counter = await placed({ kind: 'counter', expression: 'order.country' });
  await editor.execute('stillframe.action.edit', { id: counter.id });
  expect(editor.questions.at(-1)?.choices).toEqual(['One hour from now', 'Cancel']);
  await editor.execute('stillframe.action.remove', { ids: [id, counter.id] });
  // Until the editor has heard of the end it offers changes.
  await expect.poll(() => editor.execute('stillframe.action.list', {})).toEqual([]);

  for (const removed of [id, counter.id]) {
    editor.answers.push('Place again');
    await editor.execute('stillframe.action.edit', { id: removed });
  }
  const again = await agent.until((all) => (all.length === 2 ? all : undefined), 'both again');
  expect(again.find(({ kind }) => kind === 'duration')).toMatchObject({
    functionName: 'elsewhere',
    condition: { text: 'order' },
    sampling: { by: 'slowest' },
    canary: { agents: 1 },
    maxHits: 1,
  });
  expect(again.find(({ kind }) => kind === 'counter')).toMatchObject({ expression: { text: 'order.country' } });
  await editor.execute('stillframe.action.remove', { ids: again.map((action) => action.id) });
});

async function placed(spec: object): Promise<Action> {
  const made = (await scene.editor.execute('stillframe.action.create', { uri, line: 1, ...spec })) as { id: string };
  return agent.until((all) => all.find(({ id }) => id === made.id), 'the action');
}

async function shownFigures({ id }: Action): Promise<string> {
  const { uri: shown } = (await scene.editor.execute('stillframe.metric.show', { id })) as { uri: string };
  return readFileSync(fileURLToPath(shown), 'utf8');
}

/** By another client, as a terminal would; waits until this editor has heard of them. */
async function saveSources(): Promise<void> {
  const key = readFileSync(process.env.STILLFRAME_TOKEN_FILE ?? '', 'utf8').trim();
  const terminal = await startIdeClient({ url: scene.url, key });
  await terminal.request(SourceSave, { source: { name: 'checkout', match: 'any', terms: [{ agent: 'ord*' }] } });
  await terminal.request(SourceSave, { source: { name: 'staging', match: 'all', terms: [{ tag: 'staging' }] } });
  terminal.close();
  await expect
    .poll(() => scene.editor.execute('stillframe.target.select', {}))
    .toMatchObject({ sources: [{ selector: 'source:checkout' }, { selector: 'source:staging' }] });
}

/** Commands that answer, and arguments they refuse: the words are what a person sees. */
import { readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { startManagementServer } from '@stillframe/management-server/main';
import type { ExpressionCheckParams } from '@stillframe/protocol/messages/editor-extensions';
import { type LspScene, startLspScene } from '@stillframe/test-kit/lsp-scene';
import { hitOf, type ScriptedAgent } from '@stillframe/test-kit/scripted-agent';
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
  [
    'a kind there is not yet',
    'stillframe.action.create',
    { kind: 'counter', uri: 'file:///a.ts', line: 1 },
    /^Change kind/,
  ],
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

test('targets say which agents they mean', async () => {
  const { editor } = scene;
  expect(await editor.execute('stillframe.target.select', { selector: 'production' })).toEqual({
    selector: 'tag:production',
    agents: ['orders'],
  });
  expect(await editor.execute('stillframe.target.select', { selector: 'tag:nowhere' })).toEqual({
    selector: 'tag:nowhere',
    agents: [],
  });
  expect(await editor.execute('stillframe.target.select', { selector: 'all' })).toEqual({
    selector: 'all',
    agents: ['orders'],
  });
});

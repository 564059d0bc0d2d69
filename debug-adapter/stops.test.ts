/** Threads, stops and the playhead: what a client is told of hits, and how a person walks through them. */
import { startManagementServer } from '@stillframe/management-server/main';
import type { Action } from '@stillframe/protocol/action';
import type { DapClient } from '@stillframe/test-kit/dap-client';
import { type DapScene, startDapScene } from '@stillframe/test-kit/dap-scene';
import { hitOf, type ScriptedAgent } from '@stillframe/test-kit/scripted-agent';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startDebugAdapter } from './main.ts';

const FILE = 'src/orders.js';
const TEXT = 'export const a = 1;\nexport const b = 2;\nexport const c = 3;\n';

let scene: DapScene;
let agent: ScriptedAgent;
beforeEach(async () => {
  scene = await startDapScene({ startManagementServer, startDebugAdapter }, { [FILE]: TEXT });
  agent = await scene.agent({ sources: { '/app/src/orders.js': TEXT } });
});
afterEach(() => scene.close());

/** How a hit of a second thread is told while the person looks at the first. */
const POLICIES: [client: string, stopped: object | undefined][] = [
  ['vscode', { reason: 'breakpoint', threadId: 2, preserveFocusHint: true }],
  ['neovim', { reason: 'pause', threadId: 2, preserveFocusHint: true }],
  ['dape', undefined],
  ['lsp4ij.debug', undefined],
  ['hx', undefined],
  ['some-other', undefined],
];

test.each(POLICIES)('%s: a hit of a second thread', async (clientID, expected) => {
  const client = await attached(clientID);
  const [first, second] = await placed(client, 1, 2);
  await agent.hit(hitOf(first, { n: 1 }));
  expect(await client.event('stopped')).toMatchObject({ reason: 'breakpoint', threadId: 1, allThreadsStopped: false });
  await agent.hit(hitOf(second, { n: 2 }));
  if (expected === undefined) {
    expect((await client.event('output', ({ output }) => output.startsWith('Hit'))).output).toContain('thread 2');
    await settled(client, 1, 2);
    expect(stops(client)).toBe(1);
  } else expect(await client.event('stopped')).toMatchObject({ ...expected, allThreadsStopped: false });
  expect((await client.request('threads')).threads.map(({ id }) => id)).toEqual([1, 2]);
  expect((await client.request('stackTrace', { threadId: 2 })).totalFrames).toBe(1);
});

test('a person who reads a hit is not torn away by the next one; going on from the newest waits for it', async () => {
  const client = await attached('vscode');
  const [action] = await placed(client, 1);
  await agent.hit(hitOf(action, { n: 1 }));
  expect(await client.event('stopped')).toMatchObject({ threadId: 1 });
  await agent.hit(hitOf(action, { n: 2 }));
  await client.event('breakpoint', ({ breakpoint }) => breakpoint.message?.startsWith('2 hits') === true);
  await settled(client, 1);
  expect(stops(client)).toBe(1);
  expect(await valueAt(client, 'n')).toBe('1');

  await client.request('continue', { threadId: 1 });
  await client.event('stopped');
  expect(await valueAt(client, 'n')).toBe('2');
  await client.request('continue', { threadId: 1 });
  expect((await client.event('stopped')).description).toContain('hit 2/10');
  await client.event('output', ({ output }) => output.startsWith('No later hit yet'));
  await agent.hit(hitOf(action, { n: 3 }), hitOf(action, { n: 4 }));
  expect((await client.event('stopped')).description).toContain('hit 3/10');
  expect(await valueAt(client, 'n')).toBe('3');
});

test('going back while waiting is not undone by the next hit', async () => {
  const client = await attached('vscode');
  const [action] = await placed(client, 1);
  await agent.hit(hitOf(action, { n: 1 }), hitOf(action, { n: 2 }));
  expect((await client.event('stopped')).description).toContain('hit 1/10');
  for (const command of ['pause', 'continue', 'stepBack'] as const) {
    await client.request(command, { threadId: 1 });
    await client.event('stopped');
  }
  expect(await valueAt(client, 'n')).toBe('1');
  await agent.hit(hitOf(action, { n: 3 }));
  await client.event('breakpoint', ({ breakpoint }) => breakpoint.message?.startsWith('3 hits') === true);
  await settled(client, 1);
  expect(await valueAt(client, 'n')).toBe('1');
});

test('"follow": "atLatest" jumps while the newest hit is shown, and stays while an older one is', async () => {
  const client = await attached('vscode', { follow: 'atLatest' });
  const [action] = await placed(client, 1);
  for (const n of [1, 2]) {
    await agent.hit(hitOf(action, { n }));
    await client.event('stopped');
    expect(await valueAt(client, 'n')).toBe(String(n));
  }
  await client.request('stepBack', { threadId: 1 });
  await client.event('stopped');
  await agent.hit(hitOf(action, { n: 3 }));
  await client.event('breakpoint', ({ breakpoint }) => breakpoint.message?.startsWith('3 hits') === true);
  await settled(client, 1);
  expect(await valueAt(client, 'n')).toBe('1');
});

test('a session shows what was captured before it: the action and the hit it is asked for', async () => {
  const before = await attached('vscode', { keepActions: true });
  const [first, second] = await placed(before, 1, 2);
  await agent.hit(hitOf(first, { n: 1 }), hitOf(first, { n: 2 }), hitOf(first, { n: 3 }));
  await agent.hit(hitOf(second, { n: 10 }));
  await before.event('stopped', ({ threadId }) => threadId === 2);
  await before.request('disconnect', {});

  const asked = await attached('dape', { action: first.id, hit: 2 });
  const stop = await asked.event('stopped');
  expect(stop.description).toContain('hit 2/10');
  expect(await valueAt(asked, 'n', stop.threadId)).toBe('2');
  expect(stops(asked)).toBe(1);

  const all = await attached('vscode');
  expect(await all.event('stopped')).not.toHaveProperty('preserveFocusHint');
  expect(await all.event('stopped')).toMatchObject({ preserveFocusHint: true });
});

test('an extension turns a running session to a hit', async () => {
  const client = await attached('vscode');
  const [first, second] = await placed(client, 1, 2);
  await agent.hit(hitOf(first, { n: 1 }), hitOf(first, { n: 2 }));
  await client.event('stopped');
  const refused = await client.respond('stillframe/showHit', { action: second.id });
  expect(refused).toMatchObject({ success: false, message: expect.stringMatching(/^There is no hit/) });
  expect(await client.respond('stillframe/showHit', { action: first.id, hit: 2 })).toMatchObject({ success: true });
  expect(await client.event('stopped')).toMatchObject({
    threadId: 1,
    description: expect.stringContaining('hit 2/10'),
  });
  expect(await valueAt(client, 'n')).toBe('2');
  await client.respond('stillframe/showHit', { action: first.id, hit: 1 });
  await client.event('stopped');
  expect(await valueAt(client, 'n')).toBe('1');
});

test('the hits of an action that was removed can still be walked through', async () => {
  const client = await attached('vscode');
  const [action] = await placed(client, 1);
  await agent.hit(hitOf(action, { n: 1 }), hitOf(action, { n: 2 }));
  await client.event('stopped');
  await client.request('setBreakpoints', { source: { path: scene.path(FILE) }, breakpoints: [] });
  await agent.until((actions) => (actions.length === 0 ? true : undefined), 'the removal');
  expect((await client.request('threads')).threads).toHaveLength(1);
  await client.request('continue', { threadId: 1 });
  await client.event('stopped');
  expect(await valueAt(client, 'n')).toBe('2');
});

/** How many hits there are, and which one is shown in the end. */
const ECHOES: [hits: number, shown: number][] = [
  [1, 1],
  [9, 3],
];

test.each(ECHOES)(
  'a client that answers every stop with continue is not kept running: %i hits',
  async (hits, shown) => {
    const client = await attached('neovim');
    const [action] = await placed(client, 1);
    await agent.hit(...Array.from({ length: hits }, (_, at) => hitOf(action, { n: at + 1 })));
    await client.event('stopped');
    for (let echo = 0; echo < 2; echo++) {
      await client.request('continue', { threadId: 1 });
      await client.event('stopped');
    }
    for (let echo = 0; echo < 3; echo++) await client.request('continue', { threadId: 1 });
    await client.request('threads');
    await settled(client, 1);
    expect(stops(client)).toBe(3);
    expect(await valueAt(client, 'n')).toBe(String(shown));
  },
);

/** Words that walk, in clients without a button for it: what is typed, and where it leads from hit 2 of 3. */
const WORDS: [typed: string, answer: string, shown: string][] = [
  ['prev', 'hit 1 of 3', '1'],
  ['next', 'hit 3 of 3', '3'],
  ['latest', 'hit 3 of 3', '3'],
  ['hit 1', 'hit 1 of 3', '1'],
];

test.each(WORDS)('typed: %s', async (typed, answer, shown) => {
  const client = await attached('hx');
  const [action] = await placed(client, 1);
  await agent.hit(hitOf(action, { n: 1 }), hitOf(action, { n: 2 }), hitOf(action, { n: 3 }));
  await client.event('stopped');
  await client.request('evaluate', { expression: 'hit 2' });
  await client.event('stopped');
  expect((await client.request('evaluate', { expression: typed })).result).toBe(answer);
  await client.event('stopped');
  expect(await valueAt(client, 'n')).toBe(shown);
});

async function attached(clientID: string, options: object = {}): Promise<DapClient> {
  const { client } = scene.debugger();
  await client.request('initialize', { adapterID: 'stillframe', clientID });
  await client.request('attach', { cwd: scene.workspace, ...options });
  await client.request('configurationDone');
  return client;
}

/** Breakpoints at these lines, armed. */
async function placed<L extends number[]>(client: DapClient, ...lines: L): Promise<{ [K in keyof L]: Action }> {
  await setLines(client, lines);
  const actions: Action[] = [];
  for (const line of lines) {
    const action = await agent.until((all) => all.find(({ location }) => location.line === line), `line ${line}`);
    agent.arm(action);
    actions.push(action);
  }
  return actions as { [K in keyof L]: Action };
}

function setLines(client: DapClient, lines: readonly number[]) {
  const breakpoints = lines.map((line) => ({ line }));
  return client.request('setBreakpoints', { source: { path: scene.path(FILE) }, breakpoints });
}

/** Changes are worked off in order: the answer comes when all news before it has been told. */
const settled = (client: DapClient, ...lines: number[]) => setLines(client, lines);

function stops(client: DapClient): number {
  return client.events().filter(({ event }) => event === 'stopped').length;
}

async function valueAt(client: DapClient, expression: string, threadId = 1): Promise<string> {
  const { stackFrames } = await client.request('stackTrace', { threadId });
  const frameId = stackFrames[0]?.id ?? 0;
  return (await client.request('evaluate', { expression, frameId, context: 'watch' })).result;
}

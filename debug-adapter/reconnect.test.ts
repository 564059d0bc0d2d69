/** A connection that ends in the middle of a request: nothing is lost, placed twice, told twice or left behind. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { startManagementServer } from '@stillframe/management-server/main';
import type { Action } from '@stillframe/protocol/action';
import type { DapClient } from '@stillframe/test-kit/dap-client';
import { type DapScene, startDapScene } from '@stillframe/test-kit/dap-scene';
import { startWire, type Wire } from '@stillframe/test-kit/lsp-wire';
import { hitOf, type ScriptedAgent } from '@stillframe/test-kit/scripted-agent';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startDebugAdapter } from './main.ts';

const FILE = 'src/orders.js';
const TEXT = 'export const a = 1;\nexport const b = 2;\n';

let scene: DapScene;
let agent: ScriptedAgent;
let wire: Wire;
beforeEach(async () => {
  scene = await startDapScene({ startManagementServer, startDebugAdapter }, { [FILE]: TEXT });
  agent = await scene.agent({ sources: { '/app/src/orders.js': TEXT } });
  wire = await startWire(scene.url);
});
afterEach(async () => {
  await wire.close();
  await scene.close();
});

/** Whose words are lost when a breakpoint is set: then the action is not placed, or is but nobody knows. */
test.each(['program', 'server'] as const)('the words of the %s are lost when a breakpoint is set', async (side) => {
  const client = await attached();
  await client.request('loadedSources');
  const { lost } = wire.hold(side);
  const answer = set(client, { line: 1 });
  await lost;
  wire.cut();
  expect((await answer).breakpoints).toMatchObject([
    {
      verified: false,
      reason: 'pending',
      message: expect.stringMatching(/^Will be placed when the connection is back/),
    },
  ]);
  wire.mend();
  await client.event('output', ({ output }) => output === 'Connected again.\n');
  const action = await agent.until((all) => all[0], 'the action');
  agent.arm(action);
  await client.event('breakpoint', ({ breakpoint }) => breakpoint.verified);
  expect(agent.actions()).toHaveLength(1);
  await client.request('disconnect', {});
  await agent.until((all) => (all.length === 0 ? true : undefined), 'the removal');
});

test('a breakpoint whose removal was lost is taken out when the connection is back', async () => {
  const client = await attached();
  await set(client, { line: 1 });
  await agent.until((all) => all[0], 'the action');
  const { lost } = wire.hold('program');
  const answer = set(client, { line: 2 });
  await lost;
  wire.cut();
  expect((await answer).breakpoints).toMatchObject([{ line: 2, reason: 'pending' }]);
  wire.mend();
  await agent.until((all) => (all.length === 1 && all[0]?.location.line === 2 ? true : undefined), 'line 2 alone');
});

test('lines logged meanwhile are told once, and not more than one can read', async () => {
  const client = await attached();
  const action = await logged(client);
  await agent.hit(line(action, 1));
  await client.event('output', ({ output }) => output.endsWith('line 1\n'));
  wire.cut();
  await client.event('output', ({ category }) => category === 'important');
  for (let at = 2; at < 252; at += 50)
    await agent.hit(...Array.from({ length: 50 }, (_, more) => line(action, at + more)));
  wire.mend();
  await client.event('output', ({ output }) => output.startsWith('50 more log lines: stillframe hits '));
  await agent.hit(line(action, 252));
  await client.event('output', ({ output }) => output.endsWith('line 252\n'));
  expect(toldLines(client)).toEqual([...Array.from({ length: 201 }, (_, at) => at + 1), 252]);

  const later = await attached();
  await agent.hit(line(action, 253));
  await later.event('output', ({ output }) => output.includes('line'));
  expect(toldLines(later)).toEqual([253]);
});

test('a hit that a list of threads saw first is still followed', async () => {
  const client = await attached({ follow: 'atLatest' });
  await set(client, { line: 1 });
  const action = await agent.until((all) => all[0], 'the action');
  agent.arm(action);
  await agent.hit(hitOf(action, { n: 1 }));
  await client.event('stopped');
  const { lost } = wire.hold('program');
  const answer = set(client, { line: 1 }, { line: 2 });
  await lost;
  // News wait behind the request that hangs; what reads does not.
  await agent.hit(hitOf(action, { n: 2 }));
  const listed = () => client.request('evaluate', { expression: 'actions', context: 'repl' });
  while (!(await listed()).result.includes('2 hits')) await nextTurn();
  await client.request('threads');
  wire.cut();
  await answer;
  wire.mend();
  expect((await client.event('stopped')).description).toContain('hit 2/10');
});

async function attached(options: object = {}): Promise<DapClient> {
  const { client } = scene.debugger();
  await client.request('initialize', { adapterID: 'stillframe', clientID: 'vscode' });
  await client.request('attach', { cwd: scene.workspace, server: wire.url, ...options });
  await client.request('configurationDone');
  return client;
}

function set(client: DapClient, ...breakpoints: { line: number; logMessage?: string }[]) {
  return client.request('setBreakpoints', { source: { path: scene.path(FILE) }, breakpoints });
}

async function logged(client: DapClient): Promise<Action> {
  await set(client, { line: 1, logMessage: 'line {a}' });
  return agent.until((all) => all[0], 'the log');
}

function line(action: Action, number: number) {
  return hitOf(action, {}, { message: `line ${number}`, level: 'info' });
}

function toldLines(client: DapClient): number[] {
  const outputs = client
    .events()
    .flatMap(({ event, body }) => (event === 'output' ? [body as { output: string }] : []));
  return outputs.flatMap(({ output }) => Number(/ line (\d+)\n$/.exec(output)?.[1]) || []);
}

/** Actions that measure, in a debugger: no threads but for slow calls, figures by words of the console, and why there are none. */
import { readFileSync } from 'node:fs';
import { addValue, emptySketch } from '@stillframe/core/metric/sketch';
import { startManagementServer } from '@stillframe/management-server/main';
import type { Action, ActionDraft } from '@stillframe/protocol/action';
import { ActionCreate } from '@stillframe/protocol/messages/ide-connection';
import { NO_COUNTS } from '@stillframe/protocol/status';
import type { DapClient } from '@stillframe/test-kit/dap-client';
import { type DapScene, startDapScene } from '@stillframe/test-kit/dap-scene';
import { hitOf, pointOf, type ScriptedAgent } from '@stillframe/test-kit/scripted-agent';
import { type IdeClient, startIdeClient } from '@stillframe/test-kit/wire-client';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startDebugAdapter } from './main.ts';

const FILE = 'src/orders.js';
const DEPLOYED = '/app/src/orders.js';
const TEXT = 'export const a = 1;\nexport const b = 2;\n';

let scene: DapScene;
let agent: ScriptedAgent;
let editor: IdeClient;
beforeEach(async () => {
  scene = await startDapScene({ startManagementServer, startDebugAdapter }, { [FILE]: TEXT });
  agent = await scene.agent({ sources: { [DEPLOYED]: TEXT } });
  editor = await startIdeClient({ url: scene.url, key: readFileSync(scene.tokenFile, 'utf8').trim() });
});
afterEach(async () => {
  editor.close();
  await scene.close();
});

const KINDS: [draft: Partial<ActionDraft>, label: string, figures: string][] = [
  [{ kind: 'counter' }, 'counter at orders.js:2', '3'],
  [{ kind: 'metric', expression: 'b' }, 'metric of b at orders.js:2', '3 values · p50 1 · p99 1'],
  [{ kind: 'duration', functionName: 'f' }, 'duration of f at orders.js:2', '3 calls · p50 1 ms · p99 1 ms'],
  [
    { kind: 'tictoc', endLocation: { path: DEPLOYED, line: 3 } },
    'tictoc at orders.js:2-3',
    '3 times · p50 1 ms · p99 1 ms',
  ],
];

test.each(KINDS)('%j is no thread but has figures', async (draft, label, figures) => {
  const client = await attached();
  expect(await typed(client, 'metrics')).toMatch(/^Nothing is measured\./);
  const action = await placed(draft);
  agent.arm(action);
  await expect.poll(() => typed(client, 'metrics')).toMatch(/Armed on 1 agent; the line has not been reached yet$/);
  const sketch = draft.kind === 'counter' ? { count: 3 } : [1, 1, 1].reduce(addValue, emptySketch());
  await agent.measure([pointOf(action, sketch)]);
  await expect.poll(() => typed(client, 'metrics')).toBe(`${action.id}  ${label}  ${figures}`);
  const [heading, summary, , names, row] = (await typed(client, `metrics ${action.id}`)).split('\n');
  expect([heading, summary]).toEqual([
    label,
    expect.stringMatching(/^(?:Counted|Measured) 3 times, armed on 1 agent$/),
  ]);
  expect([names?.trim().split(/ +/)[0], row?.trim().split(/ +/)[0]]).toEqual(['count', '3']);
  expect(await typed(client, `why ${action.id}`)).toMatch(/^(?:Counted|Measured) 3 times.*\norders\n {2}targeted: ok/);

  expect((await client.request('threads')).threads).toEqual([expect.objectContaining({ name: 'waiting for hits' })]);
  const refused = await client.respond('stillframe/showHit', { action: action.id });
  expect(refused.message).toMatch(/has figures, not hits: type "metrics \w+" in the debug console$/);
  const asked = await attached({ action: action.id });
  await asked.event('output', ({ output }) => output.includes('has figures, not hits'));
  expect(client.events().filter(({ event }) => event === 'stopped')).toEqual([]);
});

test('the slowest calls of a duration are stops', async () => {
  const client = await attached();
  const action = await placed({ kind: 'duration', functionName: 'f', sampling: { by: 'slowest' } });
  agent.arm(action);
  await agent.measure([pointOf(action, [4, 40].reduce(addValue, emptySketch()))]);
  await agent.hit(hitOf(action, { n: 1 }));
  expect((await client.event('stopped')).description).toMatch(/^Slow call 1\/10 · orders · /);
  const { threads } = await client.request('threads');
  expect(threads).toEqual([{ id: 1, name: 'duration of f at orders.js:2' }]);
  const { stackFrames } = await client.request('stackTrace', { threadId: 1 });
  const frameId = stackFrames[0]?.id ?? 0;
  expect((await client.request('evaluate', { expression: 'n', frameId, context: 'watch' })).result).toBe('1');
});

test('a snapshot measures nothing, and nobody has an action that was never there', async () => {
  const client = await attached();
  const action = await placed({ kind: 'snapshot' });
  const refused = await client.respond('evaluate', { expression: `metrics ${action.id}`, context: 'repl' });
  expect(refused.message).toBe('Ask for its hits instead: a snapshot measures nothing');
  const unknown = await client.respond('evaluate', { expression: 'metrics nothing', context: 'repl' });
  expect(unknown.message).toBe('Cannot find the action "nothing"');
});

test('why, before there is a hit: of the one action, or of all', async () => {
  const client = await attached();
  expect(await typed(client, 'why')).toBe('Nothing is placed');
  const first = await placed({ kind: 'snapshot', condition: 'total > 100' });
  const lastValues = [{ text: 'total', value: '12.5' }];
  agent.arm(first, { counts: { ...NO_COUNTS, evaluated: 7 }, lastValues });
  const seen = 'reached 7 times, the condition was never true; last it saw total = 12.5';
  await expect.poll(() => typed(client, 'why')).toContain(seen);
  expect(await typed(client, 'why')).toMatch(/\n {2}armed: ok\n {2}when last false: total = 12\.5$/);
  const second = await placed({ kind: 'counter' });
  await expect.poll(() => typed(client, 'why')).toContain(second.id);
  const lines = (await typed(client, 'why')).split('\n');
  expect(lines).toContainEqual(expect.stringContaining(seen));
  expect(lines.at(-1)).toBe('Type why ID for one of them');
});

test('help has the words', async () => {
  const help = await typed(await attached(), 'help');
  expect(help).toMatch(/^metrics +what counters, timers and metrics measured/m);
  expect(help).toMatch(/^why +why an action has hits or figures/m);
});

/** A log line that says what was left out is a line of its level like any other. */
const LOGS: [level: 'debug' | 'info' | 'warn' | 'error', message: string, category: string][] = [
  ['debug', 'b is 2', 'stdout'],
  ['info', 'b is 2', 'stdout'],
  ['warn', '128 lines were left out: more than 50 a second', 'stderr'],
  ['error', 'b is 2', 'stderr'],
];

test.each(LOGS)('a log of level %s', async (level, message, category) => {
  const client = await attached();
  const action = await placed({ kind: 'log', template: 'b is {b}' });
  await agent.hit(hitOf(action, {}, { message, level }));
  const line = await client.event('output', ({ output }) => output.startsWith('['));
  expect(line).toMatchObject({ category, output: `[${level} orders] ${message}\n`, line: 2 });
});

async function attached(options: object = {}): Promise<DapClient> {
  const { client } = scene.debugger();
  await client.request('initialize', { adapterID: 'stillframe', clientID: 'vscode' });
  await client.request('attach', { cwd: scene.workspace, ...options });
  await client.request('configurationDone');
  return client;
}

/** As an editor or a terminal places it, since breakpoints are snapshots and logs. */
async function placed(draft: Partial<ActionDraft>): Promise<Action> {
  const { id } = await editor.request(ActionCreate, {
    location: { path: DEPLOYED, line: 2 },
    target: { by: 'all' },
    dialect: 'javascript',
    ...draft,
  } as ActionDraft);
  return agent.until((all) => all.find((action) => action.id === id), 'the action');
}

async function typed(client: DapClient, expression: string): Promise<string> {
  return (await client.request('evaluate', { expression, context: 'repl' })).result;
}

/** From a breakpoint in an editor to an action in a service, and back to what the breakpoint says of itself. */
import { startManagementServer } from '@stillframe/management-server/main';
import { NO_COUNTS } from '@stillframe/protocol/status';
import type { DapClient } from '@stillframe/test-kit/dap-client';
import { type DapScene, startDapScene } from '@stillframe/test-kit/dap-scene';
import { hitOf, type ScriptedAgent } from '@stillframe/test-kit/scripted-agent';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startDebugAdapter } from './main.ts';

const TEXT = 'export const a = 1;\nexport const b = 2;\nexport const c = 3;\n';
const FILES = {
  'src/orders.js': TEXT,
  'src/edited.js': `// edited\n${TEXT}`,
  'src/later.js': 'export const later = true;\n',
  'notes.txt': 'no code\n',
};

let scene: DapScene;
let agent: ScriptedAgent;
beforeEach(async () => {
  scene = await startDapScene({ startManagementServer, startDebugAdapter }, FILES);
  agent = await scene.agent({ sources: { '/app/src/orders.js': TEXT, '/app/src/edited.js': TEXT } });
});
afterEach(() => scene.close());

type Wanted = DebugProtocol.SourceBreakpoint;

/** What becomes of a breakpoint that is toggled during a session: the action, or why there is none. */
const TOGGLED: [wanted: Wanted, file: string, action: object | RegExp][] = [
  [{ line: 2 }, 'src/orders.js', { kind: 'snapshot', maxHits: 10, location: { path: '/app/src/orders.js', line: 2 } }],
  [{ line: 2, column: 5 }, 'src/orders.js', { location: { line: 2, column: 5 } }],
  [{ line: 2, condition: 'b > 1' }, 'src/orders.js', { condition: { text: 'b > 1' } }],
  [{ line: 2, condition: '  ' }, 'src/orders.js', { kind: 'snapshot' }],
  [{ line: 2, condition: 'b >' }, 'src/orders.js', /expression|expected|after/i],
  [{ line: 2, hitCondition: '3' }, 'src/orders.js', { maxHits: 3 }],
  [{ line: 2, hitCondition: ' <= 4' }, 'src/orders.js', { maxHits: 4 }],
  [{ line: 2, hitCondition: '== 5' }, 'src/orders.js', { maxHits: 5 }],
  [{ line: 2, hitCondition: '%2' }, 'src/orders.js', /^Give the hit count a number.*"%2"/],
  [{ line: 2, hitCondition: '>= 3' }, 'src/orders.js', /^Give the hit count a number/],
  [
    { line: 2, logMessage: 'b is {b}' },
    'src/orders.js',
    { kind: 'log', template: { text: 'b is {b}' }, maxHits: 1000 },
  ],
  [{ line: 2, logMessage: 'b is {b' }, 'src/orders.js', /Close the expression/],
  [{ line: 2, mode: 'log' }, 'src/orders.js', { kind: 'log', template: { text: 'reached' } }],
  [{ line: 2, mode: 'snapshot', logMessage: 'b' }, 'src/orders.js', { kind: 'snapshot' }],
  [{ line: 2, mode: 'local' }, 'src/orders.js', /^Kept local/],
  [{ line: 2 }, 'src/edited.js', /differs from the deployed text.*Add snapshot/],
  [{ line: 1 }, 'src/later.js', { location: { path: 'src/later.js', line: 1 } }],
  [{ line: 1 }, 'notes.txt', /^Set it in a JavaScript/],
];

test.each(TOGGLED)('%j in %s', async (wanted, file, expected) => {
  const client = await attached();
  const [breakpoint] = await set(client, file, [wanted]);
  if (expected instanceof RegExp) {
    expect(breakpoint).toMatchObject({ verified: false, reason: 'failed', message: expect.stringMatching(expected) });
    expect(agent.actions()).toEqual([]);
  } else {
    const action = await agent.until((all) => all[0], 'the action');
    expect(action).toMatchObject({ createdBy: expect.any(String), origin: 'dap vscode', ...expected });
    expect(action.remainingMs).toBeLessThanOrEqual(900_000);
    expect(breakpoint).toMatchObject({ verified: false, reason: 'pending' });
  }
});

/** Where it goes. */
const TARGETS: [option: string | undefined, file: string | undefined, target: object | RegExp][] = [
  [undefined, undefined, { by: 'all' }],
  ['tag:production', undefined, { by: 'tags', tags: ['production'] }],
  [undefined, 'agent:orders', { by: 'agent', agent: 'orders' }],
  ['all', 'agent:orders', { by: 'all' }],
  ['agent:a agent:b', undefined, /^Name one agent/],
];

test.each(TARGETS)('target %s, .stillframe.json %s', async (option, file, expected) => {
  if (file !== undefined) scene.write('.stillframe.json', JSON.stringify({ target: file }));
  const client = await attached(option === undefined ? {} : { target: option });
  const [breakpoint] = await set(client, 'src/orders.js', [{ line: 1 }]);
  if (expected instanceof RegExp) expect(breakpoint?.message).toMatch(expected);
  else expect((await agent.until((all) => all[0], 'the action')).target).toEqual(expected);
});

/** What the agent says of the action becomes the state of the breakpoint. */
const STATES: [status: Parameters<ScriptedAgent['arm']>[1], breakpoint: object, wanted?: Partial<Wanted>][] = [
  [{}, { verified: true, line: 2, message: expect.stringMatching(/^Armed on 1 agent/) }],
  [{ resolved: { path: '/app/src/orders.js', line: 3 } }, { verified: true, line: 3 }],
  [
    { state: 'rejected', links: [{ link: 'line', state: 'broken', reason: 'No code at this line' }] },
    { verified: false, reason: 'failed', message: expect.stringContaining('No code at this line') },
  ],
  [
    { state: 'pending', links: [{ link: 'file', state: 'pending', reason: 'Not loaded yet' }] },
    { verified: false, reason: 'pending', message: expect.stringContaining('Not loaded yet') },
  ],
  [
    { counts: { ...NO_COUNTS, evaluated: 7 }, lastValues: [{ text: 'total', value: '12.5' }] },
    {
      verified: true,
      message: 'Armed on 1 agent; reached 7 times, the condition was never true; last it saw total = 12.5',
    },
    { condition: 'total > 100' },
  ],
  [
    { counts: { ...NO_COUNTS, evaluated: 3, failed: 3 }, lastError: 'Cannot read "total" of null' },
    {
      verified: true,
      message: 'Armed on 1 agent; the expression fails (3 times): Cannot read "total" of null',
    },
    { condition: 'order.total' },
  ],
];

test.each(STATES)('the agent says %j', async (status, expected, wanted) => {
  const client = await attached();
  await set(client, 'src/orders.js', [{ line: 2, ...wanted }]);
  agent.arm(await agent.until((all) => all[0], 'the action'), status);
  const isAnswer = ({ breakpoint }: { breakpoint: DebugProtocol.Breakpoint }) =>
    !/not answered|On its way|Sent/.test(breakpoint.message ?? '');
  expect(await client.event('breakpoint', isAnswer)).toMatchObject({ reason: 'changed', breakpoint: expected });
});

test('breakpoints from before the session wait for a word', async () => {
  const { client } = scene.debugger();
  await client.request('initialize', { adapterID: 'stillframe', clientID: 'vscode' });
  await client.request('attach', { cwd: scene.workspace });
  const held = await set(client, 'src/orders.js', [{ line: 1 }, { line: 2 }]);
  for (const breakpoint of held) {
    expect(breakpoint).toMatchObject({
      verified: false,
      reason: 'pending',
      message: expect.stringContaining('place all'),
    });
  }
  await client.request('configurationDone');
  await client.event('output', ({ output }) => output.startsWith('2 breakpoints were there before'));
  // The editor sends the whole list again when another one is toggled: only that one is meant.
  await set(client, 'src/orders.js', [{ line: 1 }, { line: 2 }, { line: 3 }]);
  await agent.until((all) => (all.length === 1 ? all : undefined), 'the one that was toggled');
  expect((await client.request('evaluate', { expression: 'place all', context: 'repl' })).result).toBe('Placed 2 of 2');
  const all = await agent.until((actions) => (actions.length === 3 ? actions : undefined), 'the others');
  expect(all.map(({ location }) => location.line).sort()).toEqual([1, 2, 3]);
});

const POLICIES: [policy: string, actions: number, message: RegExp][] = [
  ['place', 1, /^/],
  ['ignore', 0, /launch configuration says to ignore/],
];

test.each(POLICIES)('"breakpoints": "%s"', async (breakpoints, count, message) => {
  const { client } = scene.debugger();
  await client.request('initialize', { adapterID: 'stillframe', clientID: 'vscode' });
  await client.request('attach', { cwd: scene.workspace, breakpoints });
  const [breakpoint] = await set(client, 'src/orders.js', [{ line: 1 }]);
  expect(breakpoint?.message).toMatch(message);
  await client.request('configurationDone');
  await agent.until((all) => (all.length === count ? true : undefined), `${count} actions`);
});

test('a finished snapshot is not armed again by the same list, but by taking it out and setting it anew', async () => {
  const client = await attached();
  await set(client, 'src/orders.js', [{ line: 2, hitCondition: '1' }]);
  const action = await agent.until((all) => all[0], 'the action');
  await agent.hit(hitOf(action, { b: 2 }));
  await client.event('breakpoint', ({ breakpoint }) => breakpoint.message?.startsWith('Done: 1 hit') === true);
  const [again] = await set(client, 'src/orders.js', [{ line: 2, hitCondition: '1' }]);
  expect(again).toMatchObject({ verified: false, message: expect.stringContaining('Done') });
  expect(agent.actions()).toEqual([]);
  await set(client, 'src/orders.js', []);
  await set(client, 'src/orders.js', [{ line: 2, hitCondition: '1' }]);
  expect((await agent.until((all) => all[0], 'the new action')).id).not.toBe(action.id);
});

test('editing the file moves the breakpoint, not the action in the service', async () => {
  const client = await attached();
  const [before] = await set(client, 'src/orders.js', [{ line: 2, condition: 'b' }]);
  const action = await agent.until((all) => all[0], 'the action');
  scene.write('src/orders.js', `// one line more\n${TEXT}`);
  const [after] = await set(client, 'src/orders.js', [{ line: 3, condition: 'b' }]);
  expect(after).toMatchObject({ id: before?.id, line: 3 });
  expect(agent.actions()).toEqual([
    expect.objectContaining({ id: action.id, location: expect.objectContaining({ line: 2 }) }),
  ]);
});

test('an action that was removed elsewhere says so', async () => {
  const client = await attached();
  await set(client, 'src/orders.js', [{ line: 2 }]);
  const action = await agent.until((all) => all[0], 'the action');
  const other = await attached();
  await other.request('evaluate', { expression: `remove ${action.id}`, context: 'repl' });
  const { breakpoint } = await client.event(
    'breakpoint',
    (body) => body.breakpoint.message?.startsWith('Removed') === true,
  );
  expect(breakpoint).toMatchObject({ verified: false, reason: 'failed' });
});

test('an action left by a session before is taken over, and left again', async () => {
  const first = await attached({ keepActions: true });
  await set(first, 'src/orders.js', [{ line: 2 }]);
  const action = await agent.until((all) => all[0], 'the action');
  agent.arm(action);
  await first.event('breakpoint', ({ breakpoint }) => breakpoint.verified);
  await first.request('disconnect', {});

  const { client } = scene.debugger();
  await client.request('initialize', { adapterID: 'stillframe', clientID: 'vscode' });
  await client.request('attach', { cwd: scene.workspace });
  expect(await set(client, 'src/orders.js', [{ line: 2 }])).toMatchObject([{ verified: true }]);
  await client.request('configurationDone');
  await client.request('disconnect', {});
  expect(agent.actions().map(({ id }) => id)).toEqual([action.id]);
});

test('two deployed files that match are not guessed between', async () => {
  const other = await scene.agent({
    sources: { '/one/lib/twice.js': 'one\n', '/two/lib/twice.js': 'two\n' },
    description: { name: 'twice' },
  });
  scene.write('lib/twice.js', 'three\n');
  const client = await attached();
  await client.request('loadedSources');
  const [breakpoint] = await set(client, 'lib/twice.js', [{ line: 1 }]);
  expect(breakpoint?.message).toMatch(/Several deployed files match.*path mapping/);
  expect(other.actions()).toEqual([]);
});

test('a breakpoint in the deployed text goes to the deployed line', async () => {
  const client = await attached();
  const { sources } = await client.request('loadedSources');
  const deployed = sources.find(({ sourceReference }) => sourceReference !== undefined);
  expect(deployed).toMatchObject({ name: 'edited.js', origin: expect.stringContaining('local file differs') });
  const { content } = await client.request('source', { sourceReference: deployed?.sourceReference ?? 0 });
  expect(content).toBe(TEXT);
  await client.request('setBreakpoints', { source: deployed ?? {}, breakpoints: [{ line: 3 }] });
  const { location } = await agent.until((all) => all[0], 'the action');
  expect(location).toMatchObject({ path: '/app/src/edited.js', line: 3, sha256: expect.any(String) });
});

test('kinds that are not there are refused in words', async () => {
  const client = await attached();
  const { breakpoints } = await client.request('setFunctionBreakpoints', { breakpoints: [{ name: 'checkout' }] });
  expect(breakpoints).toMatchObject([{ verified: false, message: expect.stringMatching(/^Set it at a line/) }]);
});

async function attached(options: object = {}): Promise<DapClient> {
  const { client } = scene.debugger();
  await client.request('initialize', { adapterID: 'stillframe', clientID: 'vscode' });
  await client.request('attach', { cwd: scene.workspace, ...options });
  await client.request('configurationDone');
  return client;
}

async function set(client: DapClient, file: string, breakpoints: Wanted[]): Promise<DebugProtocol.Breakpoint[]> {
  return (await client.request('setBreakpoints', { source: { path: scene.path(file) }, breakpoints })).breakpoints;
}

/** Nothing is left behind by accident, and what goes wrong is said in words: sign-in, a server that is away, a broken client. */
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect } from 'node:net';
import { startManagementServer } from '@stillframe/management-server/main';
import { type DapClient, startDapClient } from '@stillframe/test-kit/dap-client';
import { type DapScene, startDapScene } from '@stillframe/test-kit/dap-scene';
import { hitOf, type ScriptedAgent } from '@stillframe/test-kit/scripted-agent';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { listenForDebugClients, startDebugAdapter } from './main.ts';

const FILE = 'src/orders.js';
const TEXT = 'export const a = 1;\nexport const b = 2;\n';
const SOURCES = { '/app/src/orders.js': TEXT };

let scene: DapScene;
let agent: ScriptedAgent;
beforeEach(async () => {
  scene = await startDapScene({ startManagementServer, startDebugAdapter }, { [FILE]: TEXT });
  agent = await scene.agent({ sources: SOURCES });
});
afterEach(() => scene.close());

/** How a session ends, and how many of its two actions are live afterwards. */
const ENDINGS: [name: string, options: object, end: (client: DapClient) => unknown, left: number][] = [
  ['disconnect', {}, (client) => client.request('disconnect', {}), 0],
  ['disconnect to restart', {}, (client) => client.request('disconnect', { restart: true }), 0],
  ['disconnect and terminate', {}, (client) => client.request('disconnect', { terminateDebuggee: true }), 0],
  ['disconnect and leave running', {}, (client) => client.request('disconnect', { terminateDebuggee: false }), 0],
  ['disconnect and suspend', {}, (client) => client.request('disconnect', { suspendDebuggee: true }), 0],
  ['terminate, kept', { keepActions: true }, (client) => client.request('disconnect', { terminateDebuggee: true }), 2],
  ['an editor that crashed', {}, (client) => client.hangUp(), 0],
  ['a broken stream', {}, (client) => client.write('Content-Length: 9\r\n\r\nnot json!'), 0],
  ['"keepActions"', { keepActions: true }, (client) => client.request('disconnect', {}), 2],
  [
    'the word keep',
    {},
    async (client) => {
      await client.request('evaluate', { expression: 'keep', context: 'repl' });
      await client.request('disconnect', {});
    },
    2,
  ],
];

test.each(ENDINGS)('%s', async (_name, options, end, left) => {
  const { client, ended } = await attached(options);
  await set(client, 1);
  await client.request('evaluate', { expression: `place ${FILE}:2 when b > 1`, context: 'repl' });
  await agent.until((all) => (all.length === 2 ? all : undefined), 'both actions');
  await end(client);
  await ended;
  await agent.until((all) => (all.length === left ? true : undefined), `${left} actions`);
  expect(agent.actions()).toHaveLength(left);
});

test('actions of others stay when a session ends', async () => {
  const mine = await attached();
  const theirs = await attached();
  await set(mine.client, 1);
  await set(theirs.client, 2);
  await agent.until((all) => (all.length === 2 ? all : undefined), 'both actions');
  await mine.client.request('disconnect', {});
  const [left] = await agent.until((all) => (all.length === 1 ? all : undefined), 'the removal');
  expect(left?.location.line).toBe(2);
});

test('a server that goes away and comes back', async () => {
  const { client } = await attached();
  await set(client, 1);
  await scene.stopServer();
  const said = await client.event('output', ({ category }) => category === 'important');
  expect(said.output).toMatch(/^Cannot reach the Stillframe server at .*Start it with "stillframe server"/);
  const { breakpoints } = await set(client, 2);
  expect(breakpoints).toMatchObject([
    { verified: false, reason: 'pending', message: expect.stringMatching(/^Will be placed/) },
  ]);

  await scene.startServer();
  await client.event('output', ({ output }) => output === 'Connected again.\n');
  const back = await scene.agent({ sources: SOURCES });
  // Line 1 was taken out and line 2 set while nobody listened.
  const [action] = await back.until((all) => (all[0]?.location.line === 2 ? all : undefined), 'line 2 alone');
  expect(back.actions()).toHaveLength(1);
  await client.event('breakpoint', ({ breakpoint }) => !/Will be placed/.test(breakpoint.message ?? ''));
  if (action !== undefined) await back.hit(hitOf(action, { b: 2 }));
  expect(await client.event('stopped')).toMatchObject({ threadId: 1 });
});

test('a session that ends while the server is away says what it leaves', async () => {
  const { client, ended } = await attached();
  await set(client, 1);
  await scene.stopServer();
  await client.event('output', ({ category }) => category === 'important');
  await client.request('disconnect', {});
  await ended;
  expect(client.events().at(-1)?.body).toMatchObject({
    output: 'Could not remove 1 action: the server is away. They end by themselves when they expire.\n',
  });
});

/** Attaching where it cannot work: what the person is shown. */
const REFUSALS: [name: string, prepare: () => object, message: RegExp][] = [
  [
    'nobody listens there',
    () => ({ server: 'http://127.0.0.1:1' }),
    /^Cannot reach .*127\.0\.0\.1:1.*stillframe server/,
  ],
  [
    'nobody is signed in',
    () => {
      rmSync(scene.tokenFile);
      return {};
    },
    /^Sign in to http.*nobody is signed in.*Run "stillframe login"/,
  ],
  [
    'a wrong token',
    () => {
      writeFileSync(scene.tokenFile, 'x'.repeat(43));
      return {};
    },
    /^Sign in to http.*Run "stillframe login"/,
  ],
  [
    'a server the repository names, which is not sent the token of the environment',
    () => {
      scene.write('.stillframe.json', JSON.stringify({ server: 'http://127.0.0.1:1' }));
      return {};
    },
    /^Sign in to http:\/\/127\.0\.0\.1:1: nobody is signed in/,
  ],
  ['no address', () => ({ server: 'nonsense' }), /nonsense|address/],
  ['a typo', () => ({ breakpoints: 'placed' }), /^Correct "breakpoints" in the launch configuration/],
  [
    'a broken .stillframe.json',
    () => {
      scene.write('.stillframe.json', '{"target": 5}');
      return {};
    },
    /^Correct .*\.stillframe\.json/,
  ],
];

test.each(REFUSALS)('attach: %s', async (_name, prepare, message) => {
  const options = prepare();
  const { client } = scene.debugger();
  await client.request('initialize', { adapterID: 'stillframe', clientID: 'vscode' });
  const response = await client.respond('attach', { cwd: scene.workspace, ...options });
  expect(response).toMatchObject({ success: false, message: expect.stringMatching(message) });
  expect(response.body.error).toMatchObject({ showUser: true });
});

test('attaching can be tried again in the same session', async () => {
  const { client } = scene.debugger();
  await client.request('initialize', { adapterID: 'stillframe', clientID: 'vscode' });
  await scene.stopServer();
  const refused = await client.respond('launch', { cwd: scene.workspace });
  expect(refused).toMatchObject({ success: false, message: expect.stringMatching(/^Cannot reach/) });
  await scene.startServer();
  await client.request('launch', { cwd: scene.workspace });
  await client.event('initialized');
});

/** Requests no client should make; each gets an answer, and the session goes on. */
const BROKEN: [command: string, args: unknown, message: RegExp][] = [
  ['variables', { variablesReference: 99_999 }, /of another session/],
  ['variables', {}, /^Change "variablesReference"/],
  ['variables', { variablesReference: 1, start: -1 }, /^Change "start"/],
  ['scopes', { frameId: 5 }, /of another session/],
  ['scopes', { frameId: '5' }, /^Change "frameId"/],
  ['source', { sourceReference: 77 }, /of another session/],
  ['setBreakpoints', { source: {}, breakpoints: [{ line: 'one' }] }, /^Change "breakpoints.0.line"/],
  ['setBreakpoints', null, /^Change "source"/],
  ['evaluate', { expression: 'x'.repeat(30_000) }, /^Change "expression"/],
  ['evaluate', { expression: 'a' }, /no hit yet/],
  ['continue', { threadId: 12 }, /no hit yet/],
  ['stackTrace', {}, /^Change "threadId"/],
  ['attach', {}, /attached already/],
  ['restart', {}, /does not do "restart"/],
  ['terminate', {}, /does not do "terminate"/],
  ['cancel', { requestId: 1 }, /does not do "cancel"/],
  ['setVariable', { variablesReference: 1, name: 'a', value: '1' }, /does not do "setVariable"/],
  ['__proto__', {}, /does not do "__proto__"/],
  ['constructor', {}, /does not do "constructor"/],
];

test.each(BROKEN)('%s %j', async (command, args, message) => {
  const { client } = await attached();
  const response = await client.respond(command, args);
  expect(response).toMatchObject({ success: false, message: expect.stringMatching(message) });
  expect((await client.request('threads')).threads).toHaveLength(1);
});

test.each(['threads', 'stackTrace', 'setBreakpoints', 'evaluate', 'disconnect'])(
  '%s before attaching',
  async (command) => {
    const { client } = scene.debugger();
    const args = { threadId: 1, source: { path: 'x.js' }, breakpoints: [{ line: 1 }], expression: 'a' };
    const response = await client.respond(command, args);
    if (!response.success) expect(response.message).not.toContain('mistake');
  },
);

test('a port serves every connection as a session of its own', async () => {
  const server = await listenForDebugClients(0);
  const { port, address } = server.address() as AddressInfo;
  expect(address).toBe('127.0.0.1');
  const sockets = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')];
  const clients = sockets.map((socket) => startDapClient({ input: socket, output: socket }));
  for (const client of clients) {
    await client.request('initialize', { adapterID: 'stillframe', clientID: 'vscode' });
    await client.request('attach', { cwd: scene.workspace });
    await client.request('configurationDone');
  }
  const [first, second] = clients as [DapClient, DapClient];
  await set(first, 1);
  await agent.until((all) => all[0], 'the action');
  await second.request('disconnect', {});
  await second.closed;
  expect(agent.actions()).toHaveLength(1);
  sockets[0]?.destroy();
  await agent.until((all) => (all.length === 0 ? true : undefined), 'the removal');

  // And the next one in turn.
  const socket = connect(port, '127.0.0.1');
  const third = startDapClient({ input: socket, output: socket });
  await third.request('initialize', { adapterID: 'stillframe', clientID: 'vscode' });
  await third.request('attach', { cwd: scene.workspace });
  await third.request('disconnect', {});
  await third.closed;

  await expect(listenForDebugClients(port)).rejects.toThrow(
    new RegExp(`^Choose another --port, or 0 for any that is free: something listens on ${port} already$`),
  );
  server.close();
  await once(server, 'close');
});

/** What a page in a browser can send to a port on loopback, and what is no protocol at all. */
const POSTED = '{"seq":1,"type":"request","command":"initialize","arguments":{}}';
const STRANGERS: [name: string, bytes: string][] = [
  [
    'a form posted by a page',
    `POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: ${POSTED.length}\r\n\r\n${POSTED}`,
  ],
  ['noise', '\u0000\u0001\u0002 noise'],
  ['a message without an end', `Content-Length: 99999999\r\n\r\n${'x'.repeat(9_000_000)}`],
];

test.each(STRANGERS)('the port hangs up on %s', async (_name, bytes) => {
  const server = await listenForDebugClients(0);
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  let answered = '';
  socket.on('data', (chunk) => {
    answered += chunk.toString();
  });
  socket.on('error', () => {});
  const closed = once(socket, 'close');
  socket.write(bytes);
  await closed;
  expect(answered).toBe('');
  server.close();
  await once(server, 'close');
});

async function attached(options: object = {}) {
  const session = scene.debugger();
  await session.client.request('initialize', { adapterID: 'stillframe', clientID: 'vscode' });
  await session.client.request('attach', { cwd: scene.workspace, ...options });
  await session.client.request('configurationDone');
  return session;
}

function set(client: DapClient, ...lines: number[]) {
  const breakpoints = lines.map((line) => ({ line }));
  return client.request('setBreakpoints', { source: { path: scene.path(FILE) }, breakpoints });
}

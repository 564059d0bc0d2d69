/** The link against a real server: what it shows, what it asks once, and how it comes back. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ManagementServer, startManagementServer } from '@stillframe/management-server/main';
import { errorName, requestError } from '@stillframe/protocol/errors';
import {
  ActionCreate,
  type ActionCreateParams,
  ActionRemove,
  IdeHello,
  ViewOpen,
} from '@stillframe/protocol/messages/ide-connection';
import { hitOf, startScriptedAgent } from '@stillframe/test-kit/scripted-agent';
import { connectionOver } from '@stillframe/transport/web-socket-connection';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { MessageConnection } from 'vscode-jsonrpc';
import { type WebSocket, WebSocketServer } from 'ws';
import { ManagementLink, type ManagementLinkOptions, type ViewChange } from './management-link.ts';

const SNAPSHOT: ActionCreateParams = {
  kind: 'snapshot',
  location: { path: '/app/orders.js', line: 1 },
  target: { by: 'all' },
  dialect: 'javascript',
};

let root: string;
let server: ManagementServer;
let closing: (() => Promise<unknown>)[];
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'stillframe-link-'));
  server = await serve(0);
  closing = [() => server.close()];
});
afterEach(async () => {
  for (const close of closing.reverse()) await close();
  rmSync(root, { recursive: true, force: true });
});

test('the view follows agents, actions, hits and files', async () => {
  const link = await connected();
  expect(link.user).toBeTruthy();
  const agent = await startAgent();
  await until(link, () => [...link.view.agents.values()].some(({ connected: here }) => here), 'the agent');
  const revision = link.view.filesRevision;
  agent.load({ '/app/orders.js': 'a\n' });
  await until(link, () => link.view.filesRevision > revision, 'its files');
  expect((await link.files()).map(({ path }) => path)).toEqual(['/app/orders.js']);

  const { id } = await link.request(ActionCreate, SNAPSHOT);
  await until(link, () => link.view.actions.has(id), 'the action');
  const action = await agent.until((all) => all[0], 'the desired state');
  const told = nextChange(link, ({ hits }) => hits !== undefined);
  await agent.hit(hitOf(action, { total: 7 }));
  const { hits: [head] = [] } = await told;
  expect(head).toMatchObject({ actionId: id, ordinal: 1 });
  expect(link.view.actions.get(id)).toMatchObject({ hits: 1 });

  await link.request(ActionRemove, { ids: [id] });
  await until(link, () => !link.view.actions.has(id), 'the removal');
});

test('files are asked for once per revision, a hit once at all', async () => {
  const link = await connected();
  const agent = await startAgent();
  agent.load({ '/app/orders.js': 'a\n' });
  await until(link, () => link.view.filesRevision > 0, 'its files');
  expect(await link.files()).toBe(await link.files());
  const before = await link.files();
  const revision = link.view.filesRevision;
  agent.load({ '/app/more.js': 'b\n' });
  await until(link, () => link.view.filesRevision > revision, 'more files');
  expect(await link.files()).not.toBe(before);
  expect(await link.files()).toHaveLength(2);

  await link.request(ActionCreate, SNAPSHOT);
  const action = await agent.until((all) => all[0], 'the desired state');
  const told = nextChange(link, ({ hits }) => hits !== undefined);
  await agent.hit(hitOf(action, { total: 7 }));
  const id = (await told).hits?.[0]?.id ?? '';
  expect(await link.hit(id)).toBe(await link.hit(id));
  await expect(link.hit('none-1')).rejects.toSatisfy((error) => errorName(error) === 'notFound');
});

test('it comes back by itself, with the view of then', async () => {
  const link = await connected();
  const { id } = await link.request(ActionCreate, SNAPSHOT);
  await server.close();
  await until(link, () => link.state === 'disconnected', 'the loss');
  expect(link.stateReason).toMatch(/^Cannot reach the Stillframe server at http.* Start it with "stillframe server"/);
  // Asked while it is away, answered when it is back.
  const asked = link.request(ActionRemove, { ids: [id] });
  server = await serve(Number(new URL(link.url).port));
  expect(await asked).toEqual({ removed: [id], unknown: [] });
  expect(link.state).toBe('connected');
  await until(link, () => !link.view.actions.has(id), 'the removal');
});

/** Links that cannot work: state, and what a request is told. */
const HOPELESS: [
  name: string,
  options: () => Partial<ManagementLinkOptions>,
  state: string,
  reason: RegExp,
  error: string,
][] = [
  [
    'nobody is signed in',
    () => ({ token: async () => undefined }),
    'signedOut',
    /^Sign in to .*nobody is signed in/,
    'unauthorized',
  ],
  ['a wrong token', () => ({ token: async () => 'wrong' }), 'signedOut', /^Sign in to .*401/, 'unauthorized'],
];

test.each(HOPELESS)('%s', async (_name, options, state, reason, error) => {
  const link = open(options());
  await until(link, () => link.state === state, state);
  expect(link.stateReason).toMatch(reason);
  await expect(link.request(ActionRemove, { ids: ['x'] })).rejects.toSatisfy((thrown) => errorName(thrown) === error);
});

test('an address that is none is said at once', () => {
  const link = open({ url: 'nonsense' });
  expect(link.state).toBe('disconnected');
  expect(link.stateReason).toMatch(/nonsense/);
});

test('signing in later is enough', async () => {
  let token: string | undefined;
  const link = open({ token: async () => token });
  await until(link, () => link.state === 'signedOut', 'the refusal');
  token = readFileSync(server.tokenFile, 'utf8').trim();
  link.retryNow();
  await until(link, () => link.state === 'connected', 'the connection');
});

test('a server that speaks another protocol is not mistaken for one that is away', async () => {
  const url = await serveOtherwise((connection) => {
    connection.onRequest(IdeHello, () => requestError('unsupportedProtocol', 'Update the older side'));
  });
  const link = open({ url, token: async () => 't' });
  await until(link, () => link.state === 'disconnected', 'the refusal');
  expect(link.stateReason).toContain('Update the older side');
});

test("a connection that ends before the answer is nobody's mistake", async () => {
  const url = await serveOtherwise((connection, socket) => {
    connection.onRequest(IdeHello, () => ({ protocol: 1, serverVersion: '0', serverTime: 0, user: 'me' }));
    connection.onRequest(ViewOpen, () => ({ agents: [], actions: [], filesRevision: 0 }));
    connection.onRequest(ActionRemove, () => {
      socket.terminate();
      return { removed: [], unknown: [] };
    });
  });
  const link = open({ url, token: async () => 't' });
  await until(link, () => link.state === 'connected', 'the connection');
  await expect(link.request(ActionRemove, { ids: ['x'] })).rejects.toSatisfy(
    (thrown) => errorName(thrown) === 'unavailable' && /lost before the server answered/.test(String(thrown)),
  );
});

test('what is asked of a closed link fails at once', async () => {
  const link = await connected();
  await link.close();
  await expect(link.request(ActionRemove, { ids: ['x'] })).rejects.toSatisfy(
    (thrown) => errorName(thrown) === 'unavailable',
  );
});

function serve(port: number): Promise<ManagementServer> {
  return startManagementServer({ port, dataDirectory: join(root, 'data'), log: () => {} });
}

/** A server of this test's own making; its address. */
async function serveOtherwise(prepare: (connection: MessageConnection, socket: WebSocket) => void): Promise<string> {
  const http = createServer();
  const sockets = new WebSocketServer({ server: http });
  sockets.on('connection', (socket) => {
    const connection = connectionOver(socket);
    prepare(connection, socket);
    connection.listen();
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  closing.push(async () => {
    for (const socket of sockets.clients) socket.terminate();
    http.close();
  });
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
}

function open(options: Partial<ManagementLinkOptions>): ManagementLink {
  const link = new ManagementLink({
    url: server.url,
    token: async () => readFileSync(server.tokenFile, 'utf8').trim(),
    client: { name: 'test', version: '1' },
    ...options,
  });
  closing.push(() => link.close());
  link.start();
  return link;
}

async function connected(): Promise<ManagementLink> {
  const link = open({});
  await until(link, () => link.state === 'connected', 'the connection');
  return link;
}

async function startAgent() {
  const key = readFileSync(server.agentKeyFile, 'utf8').trim();
  const agent = await startScriptedAgent({ url: server.url, key });
  closing.push(() => agent.close());
  return agent;
}

function until(link: ManagementLink, look: () => boolean, what: string): Promise<unknown> {
  return look() ? Promise.resolve() : nextChange(link, look, what);
}

function nextChange(
  link: ManagementLink,
  accepts: (change: ViewChange) => boolean,
  what = 'a change',
): Promise<ViewChange> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`Nothing for 10 s, waiting for ${what}`)), 10_000);
    const subscription = link.onDidChange((change) => {
      if (!accepts(change)) return;
      clearTimeout(timer);
      subscription.dispose();
      resolve(change);
    });
  });
}

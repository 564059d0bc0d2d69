/** Strangers, broken clients and slow ones, over real sockets: whatever they do, the server goes on and forgets them. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AgentHello } from '@stillframe/protocol/messages/agent-connection';
import { ActionCreate, AgentList, FileRead } from '@stillframe/protocol/messages/ide-connection';
import { hitOf, type ScriptedAgent, startScriptedAgent } from '@stillframe/test-kit/scripted-agent';
import { type IdeClient, openSocket, refusalOf, startIdeClient } from '@stillframe/test-kit/wire-client';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ServerLimits } from './limits.ts';
import { type ManagementServer, startManagementServer } from './main.ts';

let home: string;
let server: ManagementServer;
let agentKey: string;
let token: string;
let cleanups: (() => unknown)[];

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'stillframe-hostile-'));
  cleanups = [];
});

afterEach(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
  rmSync(home, { recursive: true, force: true });
});

async function start(limits: Partial<ServerLimits> = {}): Promise<void> {
  server = await startManagementServer({ port: 0, dataDirectory: home, limits, log: () => {} });
  cleanups.push(() => server.close());
  agentKey = readFileSync(server.agentKeyFile, 'utf8').trim();
  token = readFileSync(server.tokenFile, 'utf8').trim();
}

async function editor(): Promise<IdeClient> {
  const client = await startIdeClient({ url: server.url, key: token });
  cleanups.push(() => client.close());
  return client;
}

async function agent(id: string, sources: Record<string, string> = {}): Promise<ScriptedAgent> {
  const started = await startScriptedAgent({ url: server.url, key: agentKey, description: { id }, sources });
  cleanups.push(() => started.close());
  return started;
}

const SNAPSHOT = {
  kind: 'snapshot',
  location: { path: '/app/a.js', line: 1 },
  target: { by: 'all' },
  dialect: 'javascript',
} as const;

const WEBSOCKET = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
];

/** What somebody without a key may send, line by line, and how the answer begins. */
const STRANGERS: [name: string, lines: readonly string[], answer: RegExp][] = [
  ['a target that is no address', ['GET //[ HTTP/1.1'], /^HTTP\/1\.1 404/],
  ['the same, to be upgraded', ['GET //[ HTTP/1.1', ...WEBSOCKET], /^HTTP\/1\.1 404/],
  ['an absolute target, to be upgraded', ['GET http:// HTTP/1.1', ...WEBSOCKET], /^HTTP\/1\.1 404/],
  ['an upgrade to something else', ['GET /ide HTTP/1.1', 'Connection: Upgrade', 'Upgrade: h2c'], /^HTTP\/1\.1 401/],
  ['no key', ['GET /agent HTTP/1.1', ...WEBSOCKET], /^HTTP\/1\.1 401/],
  ['a key of strange characters', ['GET /ide HTTP/1.1', ...WEBSOCKET, 'Authorization: Bearer \xff'], /^HTTP\/1\.1 401/],
  ['another method', ['DELETE /metrics HTTP/1.1'], /^HTTP\/1\.1 405/],
  ['no HTTP at all', ['\x16\x03\x01\x02\x00\x01'], /^HTTP\/1\.1 400/],
];

test.each(STRANGERS)('%s is answered, and the server goes on', async (_name, lines, answer) => {
  await start();
  expect(await sent([...lines, 'Host: 127.0.0.1', '', '']).answer).toMatch(answer);
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
});

test('someone who was refused and does not hang up holds nothing', async () => {
  await start();
  const { answer, socket } = sent(['GET /ide HTTP/1.1', ...WEBSOCKET, 'Host: 127.0.0.1', '', '']);
  expect(await answer).toMatch(/^HTTP\/1\.1 401/);
  // Its side stays open, and yet the server has let go of it: closing does not wait.
  expect(socket.writable).toBe(true);
  await server.close();
});

/** Writes the lines on a connection whose own side is never ended. */
function sent(lines: readonly string[]) {
  const socket = connect({ port: Number(new URL(server.url).port), host: '127.0.0.1', allowHalfOpen: true });
  cleanups.push(() => socket.destroy());
  socket.write(Buffer.from(lines.join('\r\n'), 'latin1'));
  const answer = new Promise<string>((resolve) => {
    socket.setEncoding('latin1').once('data', (text) => resolve(String(text)));
    socket.on('error', () => resolve(''));
    socket.once('close', () => resolve(''));
  });
  return { answer, socket };
}

test('while the server finishes what is under way it says that it is not ready', async () => {
  await start({ drainMs: 10_000 });
  const ide = await editor();
  const silent = Promise.withResolvers<(text: string) => void>();
  await agentWithSource((answer) => silent.resolve(answer));
  const read = ide.request(FileRead, { path: '/app/a.js' });
  const answerNow = await silent.promise;
  const closed = server.close();
  const ready = await fetch(`${server.url}/readyz`);
  expect([ready.status, await ready.text()]).toEqual([503, 'shutting down\n']);
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
  expect(await refusalOf({ url: server.url, key: token })).toEqual({ status: 503, body: 'Shutting down' });
  await expect(ide.request(AgentList, {})).rejects.toMatchObject({ data: { code: 'shuttingDown' } });
  answerNow('const a = 1;\n');
  await expect(read).resolves.toMatchObject({ text: 'const a = 1;\n' });
  await closed;
  await expect(fetch(`${server.url}/healthz`)).rejects.toThrow();
});

/** An agent that has `/app/a.js` and gives its text when the test says so. */
async function agentWithSource(asked: (answer: (text: string) => void) => void): Promise<void> {
  const socket = openSocket({ url: server.url, endpoint: '/agent', key: agentKey });
  cleanups.push(() => socket.terminate());
  await new Promise((resolve) => socket.once('open', resolve));
  const send = (message: object) => socket.send(JSON.stringify({ jsonrpc: '2.0', ...message }));
  const told = new Promise<void>((resolve) => {
    socket.on('message', (data) => {
      const message = JSON.parse(String(data)) as { id?: number; method?: string };
      if (message.id === 2) resolve();
      if (message.method !== 'agent/source') return;
      asked((text) => send({ id: message.id, result: { text, sha256: 'f'.repeat(64) } }));
    });
  });
  const description = {
    id: 'agent-source',
    name: 'orders',
    tags: [],
    runtime: 'node',
    runtimeVersion: '24.0.0',
    agentVersion: '0.1.0',
    host: 'pod',
    pid: 1,
    startedAt: 0,
    kinds: ['snapshot'],
  };
  send({ id: 1, method: AgentHello.method, params: { protocol: { min: 1, max: 1 }, agent: description } });
  send({ method: 'agent/files', params: { added: [{ path: '/app/a.js' }], removed: [] } });
  send({ id: 2, method: 'test/settled' });
  await told;
}

describe('a view larger than one message', () => {
  test('is told in several, and whole', async () => {
    await start({ chunkBytes: 20_000 });
    const maker = await editor();
    for (let number = 0; number < 30; number++) await agent(`agent-many-${number}`);
    const made = [];
    for (let number = 0; number < 30; number++) made.push((await maker.request(ActionCreate, SNAPSHOT)).id);

    const late = await startIdeClient({ url: server.url, key: token, silent: true });
    cleanups.push(() => late.close());
    const sizes: number[] = [];
    late.socket.on('message', (data) => sizes.push(String(data).length));
    const hello = { protocol: { min: 1, max: 1 }, client: { name: 'late', version: '1' } };
    await late.connection.sendRequest('ide/hello', hello);
    const first = (await late.connection.sendRequest('view/open', {})) as { actions: { id: string }[] };
    const known = () => new Set([...first.actions.map(({ id }) => id), ...late.actions.keys()]);
    await late.until(() => (known().size === made.length ? true : undefined), 'all actions');
    expect([...known()].sort()).toEqual(made.sort());
    expect(first.actions.length).toBeLessThan(made.length);
    // About `chunkBytes`: the entry that fills a message is still in it.
    expect(Math.max(...sizes)).toBeLessThan(60_000);
  });

  test('of which a request lists a part says how much there is', async () => {
    await start({ chunkBytes: 2_000 });
    const ide = await editor();
    for (let number = 0; number < 12; number++) await agent(`agent-many-${number}`);
    const { agents, total } = await ide.request(AgentList, {});
    expect(total).toBe(12);
    expect(agents.length).toBeGreaterThan(0);
    expect(agents.length).toBeLessThan(12);
  });
});

test('an editor that does not read for a while is told how things are then, not all that happened', async () => {
  await start();
  const ide = await editor();
  const guest = await agent('agent-busy');
  const { id } = await ide.request(ActionCreate, { ...SNAPSHOT, kind: 'log', template: 'x', maxHits: 100_000 });
  const action = await guest.until((actions) => actions[0], 'the action');
  ide.socket.pause();
  const message = 'm'.repeat(60_000);
  const batch = Array.from({ length: 50 }, () => hitOf(action, {}, { message }));
  // 60 MB of news: far more than the kernel takes, and than a connection may have waiting.
  for (let round = 0; round < 20; round++) await guest.hit(...batch);
  ide.socket.resume();
  await ide.until(() => (ide.actions.get(id)?.hits === 1000 ? true : undefined), 'the present state');
  expect(ide.socket.readyState).toBe(ide.socket.OPEN);
});

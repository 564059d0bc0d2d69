/** The management server over real sockets and a real database: who may connect, every request, exact hits, lifetimes, bad messages. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ActionDraft } from '@stillframe/protocol/action';
import { ERROR_CODES, type ErrorName } from '@stillframe/protocol/errors';
import type { AgentHit } from '@stillframe/protocol/hit';
import {
  ActionCreate,
  type ActionInfo,
  ActionList,
  ActionRemove,
  ActionUpdate,
  ActionWhy,
  AgentList,
  FileList,
  FileRead,
  HitList,
  HitRead,
} from '@stillframe/protocol/messages/ide-connection';
import { type ScriptedAgent, startScriptedAgent } from '@stillframe/test-kit/scripted-agent';
import { freePort, type IdeClient, openSocket, refusalOf, startIdeClient } from '@stillframe/test-kit/wire-client';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ServerLimits } from './limits.ts';
import { type ManagementServer, startManagementServer } from './main.ts';
import { StartError } from './start-error.ts';

let home: string;
let server: ManagementServer;
let ide: IdeClient;
let agentKey: string;
let token: string;
const agents: ScriptedAgent[] = [];

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'stillframe-server-'));
  await open();
});

afterEach(async () => {
  ide.close();
  await Promise.all(agents.splice(0).map((agent) => agent.close()));
  await server.close();
  rmSync(home, { recursive: true, force: true });
});

async function open(limits: Partial<ServerLimits> = {}): Promise<void> {
  server = await startManagementServer({ port: 0, dataDirectory: home, limits, log: () => {} });
  agentKey = readFileSync(server.agentKeyFile, 'utf8').trim();
  token = readFileSync(server.tokenFile, 'utf8').trim();
  ide = await startIdeClient({ url: server.url, key: token });
}

async function reopen(limits: Partial<ServerLimits> = {}): Promise<void> {
  ide.close();
  await server.close();
  await open(limits);
}

async function agent(
  description: Parameters<typeof startScriptedAgent>[0]['description'] = {},
): Promise<ScriptedAgent> {
  const sources = { '/app/src/orders.ts': 'const total = 1;\n' };
  const started = await startScriptedAgent({ url: server.url, key: agentKey, description, sources });
  agents.push(started);
  return started;
}

const DRAFT = {
  kind: 'snapshot',
  location: { path: '/app/src/orders.ts', line: 1 },
  target: { by: 'all' },
  dialect: 'javascript',
} as const;

function hitOf(action: { id: string; revision: number }, fields: Partial<AgentHit> = {}): Omit<AgentHit, 'sequence'> {
  return {
    actionId: action.id,
    revision: action.revision,
    at: Date.now(),
    frames: [{ function: 'checkout', path: '/app/src/orders.ts', line: 1, scopes: [] }],
    watches: [],
    values: [],
    capture: { heldUpMicros: 10, nodes: 0 },
    ...fields,
  };
}

describe('who may connect', () => {
  const ROWS: [
    name: string,
    endpoint: string,
    key: () => string | undefined,
    headers: Record<string, string>,
    status: number | undefined,
  ][] = [
    ['an editor with the token', '/ide', () => token, {}, undefined],
    ['an agent with its key', '/agent', () => agentKey, {}, undefined],
    ['an editor without a token', '/ide', () => undefined, {}, 401],
    ['an editor with a wrong token', '/ide', () => 'x'.repeat(43), {}, 401],
    ['an editor with the agents’ key', '/ide', () => agentKey, {}, 401],
    ['an agent with the editors’ token', '/agent', () => token, {}, 401],
    ['an agent without a key', '/agent', () => undefined, {}, 401],
    ['a web page, even with the token', '/ide', () => token, { origin: 'https://evil.example' }, 403],
    ['a page that rebinds its name to loopback', '/ide', () => token, { host: 'evil.example' }, 403],
    ['a path that does not exist', '/other', () => token, {}, 404],
  ];
  test.each(ROWS)('%s', async (_name, endpoint, key, headers, status) => {
    const refusal = await refusalOf({ url: server.url, endpoint, key: key(), headers });
    expect(refusal?.status).toBe(status);
    expect(refusal?.body ?? '').not.toContain(token);
    expect(refusal?.body ?? '').not.toContain(agentKey);
  });

  test('too many failures are slowed down', async () => {
    await reopen({ failedSignIns: 2 });
    const statuses = [];
    for (let round = 0; round < 4; round++) {
      statuses.push((await refusalOf({ url: server.url, key: 'wrong' }))?.status);
    }
    expect(statuses).toEqual([401, 401, 429, 429]);
  });

  test('keys and database are files of the owner alone', () => {
    for (const name of ['agent.key', 'token', 'stillframe.db']) {
      expect(statSync(join(home, name)).mode & 0o777, name).toBe(0o600);
    }
  });
});

describe('what does not start says what to do', () => {
  test('a port in use', async () => {
    const port = Number(new URL(server.url).port);
    const other = mkdtempSync(join(tmpdir(), 'stillframe-server-'));
    const started = startManagementServer({ port, dataDirectory: other, log: () => {} });
    await expect(started).rejects.toThrow(/Choose another --port/);
    rmSync(other, { recursive: true });
  });

  test('a directory another server uses', async () => {
    const started = startManagementServer({ port: 0, dataDirectory: home, log: () => {} });
    await expect(started).rejects.toThrow(StartError);
    await expect(started).rejects.toThrow(/Stop the other server first/);
  });

  test('a damaged database', async () => {
    const other = mkdtempSync(join(tmpdir(), 'stillframe-server-'));
    writeFileSync(join(other, 'stillframe.db'), 'this is no database at all, and long enough to look like one');
    await expect(startManagementServer({ port: 0, dataDirectory: other })).rejects.toThrow(/Move .* away/);
    rmSync(other, { recursive: true });
  });
});

describe('bad messages get a coded error', () => {
  const ROWS: [name: string, method: string, params: unknown, code: ErrorName][] = [
    ['an unknown request', 'action/explode', {}, 'unknownRequest'],
    [
      'a second hello',
      'ide/hello',
      { protocol: { min: 1, max: 1 }, client: { name: 'x', version: '1' } },
      'outOfOrder',
    ],
    ['parameters of another shape', 'action/create', { kind: 7 }, 'invalidParams'],
    ['no parameters', 'hit/read', undefined, 'invalidParams'],
    ['an action that is not there', 'action/why', { id: 'nobody' }, 'notFound'],
    ['a hit that is not there', 'hit/read', { id: 'a-1' }, 'notFound'],
    ['hits of an action that is not there', 'hit/list', { actionId: 'a' }, 'notFound'],
    ['an edit of an action that is not there', 'action/update', { id: 'a' }, 'notFound'],
    ['a file nobody has', 'file/read', { path: '/app/none.js' }, 'notFound'],
    ['a condition that does not parse', 'action/create', { ...DRAFT, condition: 'total >' }, 'invalidExpression'],
    ['a condition that calls', 'action/create', { ...DRAFT, condition: 'remove(total)' }, 'invalidExpression'],
    ['a log without a text', 'action/create', { ...DRAFT, kind: 'log' }, 'invalidParams'],
  ];
  test.each(ROWS)('%s', async (_name, method, params, code) => {
    const failure = await ide.connection.sendRequest(method, params).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: ERROR_CODES[code], data: { code } });
    await expect(ide.request(AgentList, {})).resolves.toEqual({ agents: [], total: 0 });
  });

  test('problems of expressions name their field and place', async () => {
    const draft = { ...DRAFT, watches: ['order.id', 'total ='] };
    const failure = await ide.request(ActionCreate, draft).catch((error: unknown) => error);
    expect(failure).toMatchObject({ data: { problems: [{ field: 'watches[1]' }] } });
  });

  test('a request before hello', async () => {
    const early = await startIdeClient({ url: server.url, key: token, silent: true });
    const failure = await early.request(AgentList, {}).catch((error: unknown) => error);
    expect(failure).toMatchObject({ data: { code: 'outOfOrder' } });
    early.close();
  });

  test('a protocol nobody speaks', async () => {
    const old = await startIdeClient({ url: server.url, key: token, silent: true });
    const hello = { protocol: { min: 90, max: 99 }, client: { name: 'x', version: '1' } };
    const failure = await old.connection.sendRequest('ide/hello', hello).catch((error: unknown) => error);
    expect(failure).toMatchObject({ data: { code: 'unsupportedProtocol' } });
    old.close();
  });

  test('garbage closes the connection in the end, and harms nobody else', async () => {
    const bad = openSocket({ url: server.url, key: token });
    const closed = new Promise((resolve) => bad.once('close', resolve));
    bad.once('open', () => {
      for (let round = 0; round < 200; round++) bad.send('{{{');
    });
    await closed;
    await expect(ide.request(AgentList, {})).resolves.toEqual({ agents: [], total: 0 });
  });

  test('whoever never says hello is let go', async () => {
    await reopen({ helloMs: 50 });
    const silent = openSocket({ url: server.url, endpoint: '/agent', key: agentKey });
    await expect(new Promise((resolve) => silent.once('close', resolve))).resolves.toBe(4408);
  });
});

describe('actions', () => {
  test('reach an agent that is there, and one that comes later, by tag', async () => {
    const first = await agent({ name: 'here', tags: ['production'] });
    const draft: ActionDraft = { ...DRAFT, target: { by: 'tags', tags: ['production'] } };
    const { id } = await ide.request(ActionCreate, draft);
    await first.until((actions) => actions.find((action) => action.id === id), 'the action');
    const later = await agent({ name: 'later', tags: ['production', 'eu'] });
    await later.until((actions) => actions.find((action) => action.id === id), 'the action');
    const other = await agent({ name: 'other', tags: ['staging'] });
    await other.until((actions) => (actions.length === 0 ? true : undefined), 'an empty state');
    await ide.until(() => (ide.actions.get(id)?.agents.length === 2 ? true : undefined), 'both in the explanation');
  });

  test('wait with a reason while nobody matches', async () => {
    await agent({ tags: ['staging'] });
    const { summary } = await ide.request(ActionCreate, { ...DRAFT, target: { by: 'tags', tags: ['production'] } });
    expect(summary).toContain('no connected agent has the tag "production"');
    expect(summary).toContain('staging');
  });

  test('are edited with a new revision, and cannot be after their end', async () => {
    const guest = await agent();
    const { id } = await ide.request(ActionCreate, { ...DRAFT, condition: 'total > 1' });
    const edited = await ide.request(ActionUpdate, { id, condition: null, maxHits: 3 });
    expect(edited).toMatchObject({ revision: 2, maxHits: 3 });
    expect(edited.condition).toBeUndefined();
    await guest.until((actions) => actions.find((action) => action.revision === 2), 'the new revision');
    await ide.request(ActionRemove, { ids: [id] });
    await guest.until((actions) => (actions.length === 0 ? true : undefined), 'the removal');
    await expect(ide.request(ActionUpdate, { id, maxHits: 5 })).rejects.toMatchObject({ data: { code: 'conflict' } });
  });

  test('removing what is not there lists it, and harms nothing', async () => {
    const { id } = await ide.request(ActionCreate, DRAFT);
    await expect(ide.request(ActionRemove, { ids: [id, 'nobody'] })).resolves.toEqual({
      removed: [id],
      unknown: ['nobody'],
    });
    await expect(ide.request(ActionList, {})).resolves.toEqual({ actions: [], total: 0 });
  });

  test('expire by themselves', async () => {
    const guest = await agent();
    const { id } = await ide.request(ActionCreate, { ...DRAFT, lifetimeMs: 1000 });
    await guest.until((actions) => (actions.length === 1 ? true : undefined), 'the action');
    const ended = await ide.until(() => stateOf(id, 'expired'), 'the expiry');
    expect(ended.summary).toContain('Expired');
    await guest.until((actions) => (actions.length === 0 ? true : undefined), 'the withdrawal');
  });

  test('are there again after a restart, and so is what agents said of them', async () => {
    const guest = await agent({ id: 'agent-restart' });
    const { id } = await ide.request(ActionCreate, DRAFT);
    const [action] = await guest.until((actions) => (actions.length === 1 ? actions : undefined), 'the action');
    if (action !== undefined) guest.arm(action);
    await ide.until(() => (ide.actions.get(id)?.agents[0]?.state === 'armed' ? true : undefined), 'armed');
    await reopen();
    const explanation = await ide.request(ActionWhy, { id });
    expect(explanation.agents).toMatchObject([{ agentId: 'agent-restart', connected: false, state: 'armed' }]);
  });
});

describe('hits', () => {
  test('are stored with their place, told at once, and read back as a whole', async () => {
    const guest = await agent();
    const { id } = await ide.request(ActionCreate, DRAFT);
    const [action] = await guest.until((actions) => (actions.length === 1 ? actions : undefined), 'the action');
    await guest.hit(hitOf({ id, revision: action?.revision ?? 1 }, { traceparent: '00-abc-def-01' }));
    const head = await ide.until(() => ide.changes.flatMap(({ hits = [] }) => hits)[0], 'the hit');
    expect(head).toMatchObject({ actionId: id, ordinal: 1, agentName: 'orders', function: 'checkout', line: 1 });
    const hit = await ide.request(HitRead, { id: head.id });
    expect(hit).toMatchObject({
      ordinal: 1,
      sequence: 1,
      traceparent: '00-abc-def-01',
      frames: [{ function: 'checkout' }],
    });
    await expect(ide.request(HitList, { actionId: id })).resolves.toMatchObject({ total: 1, hits: [{ id: head.id }] });
  });

  test('are never more than allowed, whoever is first', async () => {
    const all = await Promise.all(
      Array.from({ length: 8 }, (_, at) => agent({ id: `agent-race-${at}`, name: `race-${at}` })),
    );
    const { id } = await ide.request(ActionCreate, { ...DRAFT, maxHits: 5 });
    await Promise.all(
      all.map((each) => each.until((actions) => (actions.length === 1 ? true : undefined), 'the action')),
    );
    await Promise.all(all.map((each) => each.hit(hitOf({ id, revision: 1 }), hitOf({ id, revision: 1 }))));
    const ended = await ide.until(() => stateOf(id, 'completed'), 'the end');
    expect(ended.hits).toBe(5);
    const { hits, total } = await ide.request(HitList, { actionId: id, afterOrdinal: 0 });
    expect(total).toBe(5);
    expect(hits.map(({ ordinal }) => ordinal)).toEqual([1, 2, 3, 4, 5]);
    await Promise.all(
      all.map((each) => each.until((actions) => (actions.length === 0 ? true : undefined), 'disarmed')),
    );
  });

  test('that are sent again are stored once', async () => {
    const guest = await agent({ id: 'agent-again' });
    const { id } = await ide.request(ActionCreate, DRAFT);
    await guest.until((actions) => (actions.length === 1 ? true : undefined), 'the action');
    await guest.hit(hitOf({ id, revision: 1 }));
    // The same process comes back and, not having heard the answer, begins with the same sequence.
    const back = await agent({ id: 'agent-again' });
    await back.hit(hitOf({ id, revision: 1 }));
    await expect(ide.request(HitList, { actionId: id })).resolves.toMatchObject({ total: 1 });
  });

  test('of a removed action are refused, and the agent goes on', async () => {
    const guest = await agent();
    const { id } = await ide.request(ActionCreate, DRAFT);
    await guest.until((actions) => (actions.length === 1 ? true : undefined), 'the action');
    await ide.request(ActionRemove, { ids: [id] });
    await guest.hit(hitOf({ id, revision: 1 }));
    const text = await (await fetch(`${server.url}/metrics`)).text();
    expect(text).toContain('stillframe_hits_refused_total{reason="ended"} 1');
  });

  test('go with their action when it is past its retention', async () => {
    await reopen({ keepEndedMs: 0, sweepMs: 20 });
    const guest = await agent();
    const { id } = await ide.request(ActionCreate, { ...DRAFT, maxHits: 1 });
    await guest.until((actions) => (actions.length === 1 ? true : undefined), 'the action');
    await guest.hit(hitOf({ id, revision: 1 }));
    await ide.until(
      () => ide.changes.flatMap(({ removedActions = [] }) => removedActions).find((each) => each === id),
      'the end of its retention',
    );
    await expect(ide.request(HitRead, { id: `${id}-1` })).rejects.toMatchObject({ data: { code: 'notFound' } });
  });
});

describe('files', () => {
  test('are listed once for all agents that run the same text, and read from one of them', async () => {
    const first = await agent({ id: 'agent-file-1' });
    await agent({ id: 'agent-file-2' });
    first.load({ '/app/src/orders.ts': 'const total = 1;\n' });
    await ide.until(() => ide.changes.find(({ filesRevision = 0 }) => filesRevision >= 2), 'both to report');
    const { files } = await ide.request(FileList, {});
    expect(files).toMatchObject([{ path: '/app/src/orders.ts', agentIds: ['agent-file-1', 'agent-file-2'] }]);
    const read = await ide.request(FileRead, { path: '/app/src/orders.ts' });
    expect(read.text).toBe('const total = 1;\n');
  });
});

describe('operation', () => {
  const PATHS: [path: string, status: number, body: RegExp][] = [
    ['/healthz', 200, /^ok$/m],
    ['/readyz', 200, /^ready$/m],
    ['/metrics', 200, /^stillframe_editors_connected 1$/m],
    ['/', 200, /Stillframe/],
    ['/ide', 426, /WebSocket/],
    ['/none', 404, /Not found/],
  ];
  test.each(PATHS)('GET %s', async (path, status, body) => {
    const response = await fetch(`${server.url}${path}`);
    expect(response.status).toBe(status);
    expect(await response.text()).toMatch(body);
  });

  test('closing finishes what is under way and then lets everybody go', async () => {
    const guest = await agent();
    const { id } = await ide.request(ActionCreate, DRAFT);
    await guest.until((actions) => (actions.length === 1 ? true : undefined), 'the action');
    const closed = new Promise((resolve) => ide.socket.once('close', resolve));
    const stored = guest.hit(hitOf({ id, revision: 1 }));
    await stored;
    const begun = performance.now();
    await server.close();
    expect(performance.now() - begun).toBeLessThan(5000);
    await expect(closed).resolves.toBe(1001);
    await open();
    await expect(ide.request(HitList, { actionId: id })).resolves.toMatchObject({ total: 1 });
  });

  test('a port of its own choice', async () => {
    const port = await freePort();
    const other = mkdtempSync(join(tmpdir(), 'stillframe-server-'));
    const second = await startManagementServer({ port, dataDirectory: other });
    expect(second.url).toBe(`http://127.0.0.1:${port}`);
    await second.close();
    rmSync(other, { recursive: true });
  });
});

function stateOf(id: string, state: ActionInfo['state']): ActionInfo | undefined {
  const info = ide.actions.get(id);
  return info?.state === state ? info : undefined;
}

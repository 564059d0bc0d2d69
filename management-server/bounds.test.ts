/** Every total the server bounds, made small: what happens to the one that is too many, and that the others go on. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Action } from '@stillframe/protocol/action';
import {
  ActionCreate,
  ActionList,
  ActionRemove,
  AgentList,
  FileList,
  HitList,
} from '@stillframe/protocol/messages/ide-connection';
import { NO_COUNTS } from '@stillframe/protocol/status';
import { hitOf, type ScriptedAgent, startScriptedAgent } from '@stillframe/test-kit/scripted-agent';
import { type IdeClient, openSocket, refusalOf, startIdeClient } from '@stillframe/test-kit/wire-client';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ServerLimits } from './limits.ts';
import { type ManagementServer, startManagementServer } from './main.ts';

let home: string;
let server: ManagementServer;
let ide: IdeClient;
let agentKey: string;
let token: string;
let cleanups: (() => unknown)[];

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'stillframe-bounds-'));
  cleanups = [];
});

afterEach(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
  rmSync(home, { recursive: true, force: true });
});

async function start(limits: Partial<ServerLimits>): Promise<void> {
  server = await startManagementServer({ port: 0, dataDirectory: home, limits, log: () => {} });
  cleanups.push(() => server.close());
  agentKey = readFileSync(server.agentKeyFile, 'utf8').trim();
  token = readFileSync(server.tokenFile, 'utf8').trim();
  ide = await startIdeClient({ url: server.url, key: token });
  cleanups.push(() => ide.close());
}

async function agent(id: string): Promise<ScriptedAgent> {
  const started = await startScriptedAgent({ url: server.url, key: agentKey, description: { id } });
  cleanups.push(() => started.close());
  return started;
}

const SNAPSHOT = {
  kind: 'snapshot',
  location: { path: '/app/a.js', line: 1 },
  target: { by: 'all' },
  dialect: 'javascript',
} as const;

async function placed(guest: ScriptedAgent, fields: { maxHits?: number } = {}): Promise<Action> {
  const { id } = await ide.request(ActionCreate, { ...SNAPSHOT, ...fields });
  return guest.until((actions) => actions.find((action) => action.id === id), 'the action');
}

async function metric(name: string): Promise<number> {
  const text = await (await fetch(`${server.url}/metrics`)).text();
  const line = text.split('\n').find((each) => each.startsWith(`${name} `));
  return Number(line?.split(' ').at(-1) ?? 0);
}

describe('connections', () => {
  test('agents: the one too many is told, and let go', async () => {
    await start({ agents: 1 });
    await agent('agent-first');
    await expect(agent('agent-second')).rejects.toMatchObject({ data: { code: 'limitExceeded' } });
    // One that comes back takes its own place.
    await agent('agent-first');
    expect((await ide.request(AgentList, {})).agents.map(({ id }) => id)).toEqual(['agent-first']);
  });

  test('editors: refused before the handshake', async () => {
    await start({ editors: 1 });
    expect(await refusalOf({ url: server.url, key: token })).toMatchObject({ status: 503 });
  });

  test('mistakes: who keeps making them is let go', async () => {
    await start({ badMessages: 5 });
    const socket = openSocket({ url: server.url, key: token });
    await new Promise((resolve) => socket.once('open', resolve));
    const closed = new Promise((resolve) => socket.once('close', resolve));
    for (let id = 1; id <= 6; id++) socket.send(JSON.stringify({ jsonrpc: '2.0', id, method: `unknown/${id}` }));
    expect(await closed).toBe(4400);
  });

  test('disconnected agents: the latest are remembered', async () => {
    await start({ disconnectedAgents: 2, sweepMs: 20 });
    for (const id of ['agent-one', 'agent-two', 'agent-three']) await (await agent(id)).close();
    await ide.until(
      () => ide.changes.flatMap(({ removedAgents = [] }) => removedAgents).find((id) => id === 'agent-one'),
      'the first to be forgotten',
    );
    const { agents } = await ide.request(AgentList, { includeDisconnected: true });
    expect(agents.map(({ id }) => id).sort()).toEqual(['agent-three', 'agent-two']);
  });

  test('files of one agent: those beyond are left out', async () => {
    await start({ filesPerAgent: 2 });
    const guest = await agent('agent-files');
    guest.load({ '/app/a.js': 'a', '/app/b.js': 'b', '/app/c.js': 'c' });
    await guest.settled();
    expect((await ide.request(FileList, {})).files).toHaveLength(2);
  });
});

describe('actions', () => {
  test('active ones: the one too many is refused, until another ends', async () => {
    await start({ activeActions: 1 });
    const { id } = await ide.request(ActionCreate, SNAPSHOT);
    await expect(ide.request(ActionCreate, SNAPSHOT)).rejects.toMatchObject({ data: { code: 'limitExceeded' } });
    await ide.request(ActionRemove, { ids: [id] });
    await ide.request(ActionCreate, SNAPSHOT);
  });

  test('of one agent: the oldest are told, the others say that they wait', async () => {
    await start({ actionsPerAgent: 1 });
    const first = (await ide.request(ActionCreate, SNAPSHOT)).id;
    const second = (await ide.request(ActionCreate, SNAPSHOT)).id;
    const guest = await agent('agent-full');
    const told = await guest.until((actions) => (actions.length > 0 ? actions : undefined), 'the desired state');
    expect(told.map(({ id }) => id)).toEqual([first]);
    const { actions } = await ide.request(ActionList, { ids: [second] });
    expect(actions[0]?.agents[0]).toMatchObject({ state: 'pending' });
  });

  test('ended ones: the newest are kept', async () => {
    await start({ endedActions: 1, sweepMs: 20 });
    const ids: string[] = [];
    for (let number = 0; number < 3; number++) ids.push((await ide.request(ActionCreate, SNAPSHOT)).id);
    for (const id of ids) await ide.request(ActionRemove, { ids: [id] });
    await expect
      .poll(async () => (await ide.request(ActionList, { ids })).actions.map(({ id }) => id))
      .toEqual([ids[2]]);
  });
});

describe('hits', () => {
  const REFUSED: [name: string, limits: Partial<ServerLimits>, reason: string][] = [
    ['larger than one may be', { bytesPerHit: 1000 }, 'tooLarge'],
    ['that find no room', { hitBytes: 1000 }, 'full'],
  ];
  test.each(REFUSED)('%s: refused, counted, said, and settled', async (_name, limits, reason) => {
    await start(limits);
    const guest = await agent('agent-hits');
    const action = await placed(guest);
    guest.arm(action, { counts: { ...NO_COUNTS, evaluated: 1, matched: 1, captured: 1 } });
    await guest.hit(hitOf(action, { text: 'x'.repeat(2000) }));
    const said = await ide.until(
      () =>
        ide.actions.get(action.id)?.agents[0]?.links.find(({ link, state }) => link === 'stored' && state === 'broken'),
      'the reason',
    );
    expect(said.reason).toMatch(/^The (server has no room|capture is larger)/);
    await guest.hit(hitOf(action, { text: 'x'.repeat(2000) }), hitOf(action, { small: 1 }));
    expect(await metric(`stillframe_hits_refused_total{reason="${reason}"}`)).toBe(2);
    // The one behind it is stored, with the first place.
    const { hits } = await ide.request(HitList, { actionId: action.id, afterOrdinal: 0 });
    expect(hits.map(({ ordinal }) => ordinal)).toEqual([1]);
  });

  test('in all: those of the oldest ended action make room', async () => {
    await start({ hitBytes: 11_000 });
    const guest = await agent('agent-hits');
    const filler = { text: 'x'.repeat(1500) };
    const old = await placed(guest, { maxHits: 1 });
    await guest.hit(hitOf(old, filler));
    const active = await placed(guest);
    await guest.hit(hitOf(active, filler), hitOf(active, filler));
    await ide.until(
      () => ide.changes.flatMap(({ removedActions = [] }) => removedActions).find((id) => id === old.id),
      'the ended action to go',
    );
    await guest.hit(hitOf(active, filler));
    expect((await ide.request(HitList, { actionId: active.id })).total).toBe(3);
  });
});

test('the bytes of hits are what is stored of them, the text of a log twice', async () => {
  await start({});
  const guest = await agent('agent-bytes');
  const action = await placed(guest);
  await guest.hit(hitOf(action, {}, { message: 'm'.repeat(10_000) }));
  expect(await metric('stillframe_hit_bytes')).toBeGreaterThan(20_000);
});

/** The text format 0.0.4: `# HELP`, `# TYPE`, then the samples of that name alone. */
test('metrics are in the text format of Prometheus', async () => {
  await start({});
  const guest = await agent('agent-metrics');
  await guest.hit(hitOf(await placed(guest), { a: 1 }));
  await ide.connection.sendRequest('un"known\\\n').catch(() => {});
  const response = await fetch(`${server.url}/metrics`);
  expect(response.headers.get('content-type')).toContain('text/plain; version=0.0.4');
  const text = await response.text();
  expect(text.endsWith('\n')).toBe(true);
  // As Go's ParseFloat reads them, which ignores case in the words.
  const NUMBER = '(?:[+-]?(?:\\d+(?:\\.\\d+)?(?:e[+-]?\\d+)?|[Ii]nf)|[Nn]a[Nn])';
  const LABEL = '[a-zA-Z_]\\w*="(?:[^"\\\\\\n]|\\\\["\\\\n])*"';
  const sample = new RegExp(`^([a-zA-Z_:][\\w:]*)(\\{${LABEL}(?:,${LABEL})*\\})? (${NUMBER})$`);
  const types = new Map<string, string>();
  const seen = new Set<string>();
  let family = '';
  for (const line of text.split('\n').filter((each) => each !== '')) {
    const [, kind, name = '', type = ''] = /^# (HELP|TYPE) ([\w:]+) (.*)$/.exec(line) ?? [];
    if (kind === 'HELP') expect(types.has(name)).toBe(false);
    if (kind === 'TYPE') {
      expect(type).toMatch(/^(counter|gauge|histogram|summary)$/);
      types.set(name, type);
      family = name;
    }
    if (kind !== undefined) continue;
    const found = sample.exec(line);
    expect(found, line).not.toBeNull();
    const [whole = '', own = ''] = found ?? [];
    expect(own.replace(types.get(family) === 'histogram' ? /_(bucket|sum|count)$/ : /$^/, '')).toBe(family);
    const key = whole.slice(0, whole.lastIndexOf(' '));
    expect(seen.has(key), key).toBe(false);
    seen.add(key);
  }
  for (const name of ['agents_connected', 'actions_active', 'hits_stored_total', 'hit_batch_seconds'])
    expect(types.has(`stillframe_${name}`), name).toBe(true);
  expect(seen.has('stillframe_hit_batch_seconds_bucket{le="+Inf"}')).toBe(true);
});

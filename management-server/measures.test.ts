/** Counters, timers and metrics; saved sources; canaries: over real sockets and a real database. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addCount, addValue, emptySketch } from '@stillframe/core/metric/sketch';
import type { Action, ActionDraft, CustomSource } from '@stillframe/protocol/action';
import { ERROR_CODES, type ErrorName } from '@stillframe/protocol/errors';
import {
  ActionCreate,
  type ActionInfo,
  ActionUpdate,
  HitList,
  MetricRead,
  SourceList,
  SourceRemove,
  SourceSave,
} from '@stillframe/protocol/messages/ide-connection';
import type { MetricPoint, Sketch } from '@stillframe/protocol/metric';
import type { Health } from '@stillframe/protocol/status';
import { hitOf, type ScriptedAgent, startScriptedAgent } from '@stillframe/test-kit/scripted-agent';
import { type IdeClient, startIdeClient } from '@stillframe/test-kit/wire-client';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ManagementServer, startManagementServer } from './main.ts';

let home: string;
let server: ManagementServer;
let ide: IdeClient;
let now: number;
const agents: ScriptedAgent[] = [];

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'stillframe-measures-'));
  now = Date.now();
  await open();
});

afterEach(async () => {
  ide.close();
  await Promise.all(agents.splice(0).map((agent) => agent.close()));
  await server.close();
  rmSync(home, { recursive: true, force: true });
});

async function open(): Promise<void> {
  server = await startManagementServer({ port: 0, dataDirectory: home, log: () => {}, clock: () => now });
  ide = await startIdeClient({ url: server.url, key: readFileSync(server.tokenFile, 'utf8').trim() });
}

async function agent(name: string, tags: string[] = []): Promise<ScriptedAgent> {
  const key = readFileSync(server.agentKeyFile, 'utf8').trim();
  const started = await startScriptedAgent({ url: server.url, key, description: { name, tags } });
  agents.push(started);
  return started;
}

const DRAFT = {
  kind: 'metric',
  expression: 'order.total',
  location: { path: '/app/src/orders.ts', line: 1 },
  target: { by: 'all' },
  dialect: 'javascript',
} as const satisfies ActionDraft;

const place = (draft: Partial<ActionDraft> = {}) =>
  ide.request(ActionCreate, { ...DRAFT, ...draft } as unknown as ActionDraft);

const told = (to: ScriptedAgent, { id }: Pick<Action, 'id'>) =>
  to.until((actions) => actions.find((action) => action.id === id), `the action ${id}`);

const sketchOf = (...values: number[]): Sketch => values.reduce(addValue, emptySketch());

function point(action: ActionInfo, sketch: Sketch, fields: Partial<MetricPoint> = {}): MetricPoint {
  return { actionId: action.id, revision: action.revision, from: now - 1000, to: now, sketch, ...fields };
}

describe('drafts of kinds that measure', () => {
  const ROWS: [name: string, draft: Partial<ActionDraft>, says: string | undefined][] = [
    ['a metric', {}, undefined],
    ['a metric without an expression', { expression: undefined }, 'Give the metric an expression'],
    ['a counter', { kind: 'counter', expression: undefined }, undefined],
    ['a counter by a group', { kind: 'counter', expression: 'order.country' }, undefined],
    ['a duration', { kind: 'duration', expression: undefined }, undefined],
    ['tic & toc without a second line', { kind: 'tictoc', expression: undefined }, 'a second line'],
    [
      'tic & toc in two files',
      { kind: 'tictoc', expression: undefined, endLocation: { path: '/app/other.ts', line: 4 } },
      'the same file',
    ],
    [
      'tic & toc on one line',
      { kind: 'tictoc', expression: undefined, endLocation: { ...DRAFT.location } },
      'two different lines',
    ],
    ['a metric of the slowest', { sampling: { by: 'slowest' } }, '"slowest" is for method durations'],
    ['the slowest calls', { kind: 'duration', expression: undefined, sampling: { by: 'slowest' } }, undefined],
    ['a metric now and then', { sampling: { by: 'interval', everyMs: 1000 } }, 'measures every execution'],
    ['frames with locals in a counter', { kind: 'counter', capture: { framesWithLocals: 3 } }, 'only a snapshot'],
    ['a source nobody saved', { target: { by: 'source', source: 'shop' } }, 'Save the source "shop" first'],
  ];
  test.each(ROWS)('%s', async (_name, draft, says) => {
    const answer = await place(draft).catch((error: unknown) => error);
    if (says === undefined) return expect(answer).toMatchObject({ kind: draft.kind ?? 'metric', state: 'active' });
    expect(answer).toMatchObject({ code: ERROR_CODES.invalidParams, message: expect.stringContaining(says) });
  });
});

test('a condition that is added is read in the language of the file', async () => {
  const snapshot = { kind: 'snapshot', expression: undefined, dialect: 'python' } as const;
  const action = await place({ ...snapshot, location: { path: '/app/orders.py', line: 1 } });
  const edited = await ide.request(ActionUpdate, { id: action.id, condition: 'total > 1 and not done' });
  expect(edited.condition).toMatchObject({ dialect: 'python' });
});

describe('figures', () => {
  test('are merged over agents, repeated batches count once, and survive the server', async () => {
    const [a, b] = [await agent('orders-1'), await agent('orders-2')];
    const action = await place();
    await told(a, action);
    await a.measure([point(action, sketchOf(1, 2, 3))]);
    await b.measure([point(action, sketchOf(100))]);
    await a.measure([point(action, sketchOf(1, 2, 3))], 1);
    const seen = await ide.until(() => {
      const info = ide.actions.get(action.id);
      return info?.metric?.count === 4 ? info : undefined;
    }, 'four values in the view');
    expect(seen.metric).toMatchObject({ min: 1, max: 100, mean: 26.5, estimated: false });
    expect(seen.summary).toBe('Waiting: The agent has not answered yet (2 agents)');
    const before = await ide.request(MetricRead, { actionId: action.id });
    expect(before).toMatchObject({ unit: 'none', total: { count: 4 }, series: [{ count: 4 }], groups: [] });
    ide.close();
    await server.close();
    await open();
    await expect(ide.request(MetricRead, { actionId: action.id })).resolves.toEqual(before);
  });

  test('of sampled executions are scaled up and say so', async () => {
    const a = await agent('orders');
    const action = await place();
    await told(a, action);
    await a.measure([point(action, sketchOf(5, 5, 7)), point(action, sketchOf(9, 9), { sampledBy: 10 })]);
    const { total } = await ide.request(MetricRead, { actionId: action.id });
    expect(total).toMatchObject({ count: 23, min: 5, max: 9, estimated: true });
    expect(total.p50).toBeCloseTo(9, 0);
  });

  test('of a counter are kept by group, over time', async () => {
    const a = await agent('orders');
    const action = await place({ kind: 'counter', expression: 'order.country' });
    await told(a, action);
    const counts = (number: number): Sketch => addCount(emptySketch(), number);
    const start = Math.floor(now / 60_000) * 60_000 + 60_000;
    for (const [at, de, fr] of [
      [start, 3, 1],
      [start + 30_000, 5, 0],
    ] as const) {
      now = at;
      await a.measure([
        point(action, counts(de), { group: 'DE' }),
        ...(fr > 0 ? [point(action, counts(fr), { group: 'FR' })] : []),
      ]);
    }
    const all = await ide.request(MetricRead, { actionId: action.id, stepMs: 10_000 });
    expect(all.groups.map(({ group, summary }) => [group, summary.count])).toEqual([
      ['DE', 8],
      ['FR', 1],
    ]);
    expect(all.series.map(({ at, count }) => [at - start, count])).toEqual([
      [0, 4],
      [30_000, 5],
    ]);
    const fr = await ide.request(MetricRead, { actionId: action.id, group: 'FR' });
    expect(fr.total.count).toBe(1);
    const minutes = await ide.request(MetricRead, { actionId: action.id, stepMs: 60_000 });
    expect(minutes.series.map(({ count }) => count)).toEqual([9]);
  });

  test('do not end an action, and the hits of its slowest calls do not either', async () => {
    const a = await agent('orders');
    const action = await place({
      kind: 'duration',
      expression: undefined,
      sampling: { by: 'slowest' },
      maxHits: 1,
    });
    const live = await told(a, action);
    await a.hit(hitOf(live, { took: 5 }), hitOf(live, { took: 9 }));
    const { total } = await ide.request(HitList, { actionId: action.id });
    expect(total).toBe(1);
    await expect(ide.request(MetricRead, { actionId: action.id })).resolves.toMatchObject({ unit: 'ms' });
    expect(a.actions().map(({ id }) => id)).toEqual([action.id]);
  });

  const REFUSED: [name: string, params: unknown, code: ErrorName][] = [
    ['of an action that is not there', { actionId: 'nobody' }, 'notFound'],
    ['of a snapshot', { actionId: 'snapshot' }, 'invalidParams'],
    ['in steps of nothing', { actionId: 'snapshot', stepMs: 0 }, 'invalidParams'],
  ];
  test.each(REFUSED)('%s are refused', async (_name, params, code) => {
    const snapshot = await place({ kind: 'snapshot', expression: undefined });
    const { actionId } = params as { actionId: string };
    const asked = { ...(params as object), actionId: actionId === 'snapshot' ? snapshot.id : actionId };
    const failure = await ide.connection.sendRequest(MetricRead.method, asked).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: ERROR_CODES[code] });
  });
});

describe('saved sources', () => {
  const SHOP: CustomSource = { name: 'shop', match: 'all', terms: [{ tag: 'eu' }, { agent: 'orders-*' }] };

  test('take in agents that come later, and follow when they are changed', async () => {
    await ide.request(SourceSave, { source: SHOP });
    const action = await place({ target: { by: 'source', source: 'shop' } });
    expect(action.summary).toBe('Waiting: no agent is connected. Start the service with the agent');
    const [inside, outside] = [await agent('orders-1', ['eu']), await agent('billing', ['eu'])];
    await told(inside, action);
    expect(outside.actions()).toEqual([]);
    await ide.request(SourceSave, { source: { ...SHOP, terms: [{ agent: 'billing' }] } });
    await told(outside, action);
    await inside.until((actions) => (actions.length === 0 ? true : undefined), 'the action to be gone');
  });

  test('are told to editors, survive the server, and are not removed from under an action', async () => {
    await ide.request(SourceSave, { source: SHOP });
    await ide.until(() => ide.changes.find(({ sources }) => sources?.length === 1), 'the source in the view');
    const action = await place({ target: { by: 'source', source: 'shop' } });
    const failure = await ide.request(SourceRemove, { name: 'shop' }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: ERROR_CODES.conflict, message: expect.stringContaining(action.id) });
    ide.close();
    await server.close();
    await open();
    await expect(ide.request(SourceList, {})).resolves.toEqual({ sources: [SHOP] });
    await ide.connection.sendRequest('action/remove', { ids: [action.id] });
    await expect(ide.request(SourceRemove, { name: 'shop' })).resolves.toEqual({ removed: 'shop' });
    await expect(ide.request(SourceRemove, { name: 'shop' })).rejects.toMatchObject({ code: ERROR_CODES.notFound });
  });
});

describe('a canary', () => {
  const well: Health = { ms: 5000, delayP99Ms: 12, requests: 500, failedRequests: 0, latencyP99Ms: 40 };
  const canary = { agents: 1, watchMs: 60_000 };
  const snapshot = { kind: 'snapshot', expression: undefined, canary } as const;
  const stateOf = (action: ActionInfo, state: string) =>
    ide.until(() => {
      const info = ide.actions.get(action.id);
      return info?.canaryState?.state === state ? info : undefined;
    }, `the canary to be ${state}`);

  test('is tried on as many as were asked for, and goes to all when nothing gets worse', async () => {
    const action = await place(snapshot);
    expect(action.summary).toContain('no agent is connected');
    const first = await agent('orders-1');
    const second = await agent('orders-2');
    const live = await told(first, action);
    expect(second.actions()).toEqual([]);
    first.arm(live, { health: { before: well, since: well } });
    const watching = await ide.until(() => {
      const info = ide.actions.get(action.id);
      return info?.canaryState?.until === undefined ? undefined : info;
    }, 'the watch to begin');
    expect(watching.canaryState).toMatchObject({ agents: ['orders-1'], reason: 'Being tried on orders-1' });
    expect(watching.summary).toContain('Being tried on orders-1; it goes to all if nothing gets worse');
    expect(watching.agents.find(({ agent: name }) => name === 'orders-2')?.links.at(-1)?.reason).toBe(
      'Held back: being tried on orders-1',
    );
    now += 60_000;
    first.arm(live, { health: { before: well, since: { ...well, requests: 900 } } });
    const widened = await stateOf(action, 'widened');
    expect(widened.canaryState?.reason).toBe('Given to all after 60 s without harm on orders-1');
    await told(second, action);
  });

  const WORSE: [name: string, harm: (agent: ScriptedAgent, live: Action) => Promise<void> | void, reason: string][] = [
    [
      'a slower event loop',
      (first, live) => first.arm(live, { health: { before: well, since: { ...well, delayP99Ms: 90 } } }),
      'Withdrawn: orders-1: the event loop’s delay (p99) went from 12 ms to 90 ms, more than 2 times',
    ],
    [
      'a refusal',
      (first, live) =>
        first.arm(live, { state: 'rejected', links: [{ link: 'line', state: 'broken', reason: 'There is no code' }] }),
      'Withdrawn: orders-1: There is no code',
    ],
    ['an agent that goes', (first) => first.close(), 'Withdrawn: orders-1 disconnected while it was watched'],
  ];
  test.each(WORSE)('is withdrawn for %s, everywhere', async (_name, harm, reason) => {
    const first = await agent('orders-1');
    const second = await agent('orders-2');
    const action = await place(snapshot);
    const live = await told(first, action);
    first.arm(live, { health: { before: well, since: well } });
    await ide.until(() => ide.actions.get(action.id)?.canaryState?.until, 'the watch to begin');
    await harm(first, live);
    const withdrawn = await stateOf(action, 'withdrawn');
    expect(withdrawn).toMatchObject({ state: 'withdrawn', summary: reason });
    expect(second.actions()).toEqual([]);
  });

  test('waits for its agents after the server was away', async () => {
    const first = await agent('orders-1');
    const action = await place(snapshot);
    first.arm(await told(first, action), { health: { before: well, since: well } });
    await ide.until(() => ide.actions.get(action.id)?.canaryState?.until, 'the watch to begin');
    ide.close();
    await server.close();
    await first.close();
    agents.length = 0;
    now += 120_000;
    await open();
    const { actions } = await ide.connection.sendRequest<{ actions: ActionInfo[] }>('action/list', {});
    expect(actions[0]?.canaryState).toMatchObject({ state: 'watching' });
  });
});

/**
 * Lifecycle and budgets over time, with a clock of the test's own: the shared table, carried out by what runs in the service's
 * thread. What the worker would do is done here: it hears of the clock, takes a place out while it rests, and puts it in again.
 */
import { readFileSync } from 'node:fs';
import { MessageChannel } from 'node:worker_threads';
import type { Action, ActionKind } from '@stillframe/protocol/action';
import type { ExpressionNode } from '@stillframe/protocol/expression';
import { DEFAULT_CAPTURE_LIMITS, DEFAULT_PROCESS_BUDGETS, type ProcessBudgets } from '@stillframe/protocol/limits';
import type { ActionCounts } from '@stillframe/protocol/status';
import { makeValue } from '@stillframe/test-kit/written-values';
import { expect, test } from 'vitest';
import {
  CONTROL,
  COUNTS_PER_SLOT,
  type HostCommand,
  type HostMessage,
  MAX_SLOTS,
  type Probe,
} from './shared/probe-messages.ts';
import { readCounts } from './worker/action-status.ts';
import { measureBufferFor, probeAction } from './worker/probe-action.ts';
import { createMeasureReader } from './worker/read-measure.ts';
import type { Place } from './worker/resolve-location.ts';

// The agent takes its clock when it is loaded.
const clock = { ms: 0 };
Object.defineProperty(performance, 'now', { value: () => clock.ms, configurable: true });
const { createProbeTable } = await import('./host/probe-table.ts');
const { createDeepCapture } = await import('./host/deep-capture.ts');
Reflect.deleteProperty(performance, 'now');

type Bounds = number | [least: number, most: number];
interface Placed {
  id: string;
  line?: number;
  kind?: ActionKind;
  revision?: number;
  maxHits?: number;
  lifetimeMs?: number;
  condition?: boolean;
  expression?: boolean;
  sampling?: { by: 'interval'; everyMs: number } | { by: 'distinct' };
}
interface Reached {
  times: number;
  everyMs: number;
  line?: number;
  ok?: boolean | null;
  v?: unknown;
  takesMs?: number;
}
type Expected = Partial<Record<keyof ActionCounts, Bounds>> & {
  state?: 'armed' | 'finished';
  groups?: Record<string, number>;
};
interface Event {
  at: number;
  place?: Placed;
  reach?: Reached;
  policy?: Partial<ProcessBudgets>;
  disconnect?: true;
  connect?: true;
  remove?: string;
  expect?: Record<string, Expected>;
}
interface Row {
  note: string;
  budgets?: Partial<ProcessBudgets>;
  events: Event[];
}

const url = new URL('../../test-fixtures/conformance/timelines.json', import.meta.url);
const rows = JSON.parse(readFileSync(url, 'utf8')) as Row[];

test.each(rows.map((row) => [row.note, row] as const))('%s', (_, row) => check(row));

/** A clock never begins at nothing. */
const EPOCH = 1_000_000;

function check({ budgets, events }: Row): void {
  clock.ms = EPOCH;
  const agent = startAgent({ ...DEFAULT_PROCESS_BUDGETS, ...budgets });
  let last = 0;
  for (const event of events) {
    expect(event.at, 'events are in order').toBeGreaterThanOrEqual(last);
    last = event.at;
    // Costs may have carried the clock beyond it.
    clock.ms = Math.max(clock.ms, EPOCH + event.at);
    if (event.place) agent.place(event.place);
    if (event.reach) agent.reach(event.reach, EPOCH + event.at);
    if (event.policy) agent.setBudgets(event.policy);
    if (event.disconnect) agent.setOnline(false);
    if (event.connect) agent.setOnline(true);
    if (event.remove) agent.remove(event.remove);
    for (const [id, expected] of Object.entries(event.expect ?? {})) checkAction(agent, id, expected, event.at);
  }
  agent.close();
}

function checkAction(agent: Agent, id: string, { state, groups, ...counts }: Expected, at: number): void {
  const where = `${id} at ${at}`;
  const actual = id === 'total' ? agent.total() : agent.counts(id);
  for (const [name, bounds] of Object.entries(counts) as [keyof ActionCounts, Bounds][]) {
    const [least, most] = typeof bounds === 'number' ? [bounds, bounds] : bounds;
    expect(actual[name], `${name} of ${where}`).toBeGreaterThanOrEqual(least);
    expect(actual[name], `${name} of ${where}`).toBeLessThanOrEqual(most);
  }
  if (state !== undefined) expect(agent.state(id), `state of ${where}`).toBe(state);
  if (groups !== undefined) expect(agent.groups(id), `groups of ${where}`).toEqual(groups);
  expect(agent.sent(), `hits of all at ${at}`).toBe(agent.captures());
}

interface LivePlaced {
  action: Action;
  line: number;
  slot: number;
  endsAt: number;
  measure: ReturnType<typeof measureBufferFor>;
  groupNames: Map<number, string>;
}

type Agent = ReturnType<typeof startAgent>;

function startAgent(initial: ProcessBudgets) {
  const { port1: commands, port2: worker } = new MessageChannel();
  const counts = new Int32Array(MAX_SLOTS * COUNTS_PER_SLOT);
  const control = new Int32Array(4);
  const live = new Map<string, LivePlaced>();
  /** Clock at which a line's breakpoint is put in again. */
  const resting = new Map<number, number>();
  let budgets = initial;
  let online = true;
  let sent = 0;
  let slots = 0;
  let removedCaptures = 0;

  const post = (message: HostMessage): void => {
    if (message.type === 'spent') resting.set(message.probeId, message.untilMs);
    if (message.type === 'group') live.get(message.actionId)?.groupNames.set(message.index, message.text);
    if (message.type !== 'hit') return;
    sent += 1;
    if (online) control[CONTROL.queued] = 0;
  };
  const deep = createDeepCapture('timelines');
  const reached = createProbeTable({ commands, post, counts, control, deep });

  function command(message: HostCommand): void {
    worker.postMessage(message);
    control[CONTROL.mailbox] = 1;
  }

  function tellLine(line: number): void {
    const actions = [...live.values()]
      .filter((each) => each.line === line)
      .map((each) => probeAction({ ...each, budgets }, {} as Place));
    const probe: Probe = {
      id: line,
      names: [],
      hasThis: false,
      // V8's own cost is the machine's, which has no part in the table.
      entryMicros: 0,
      lagMicros: 0,
      firstLagMicros: 0,
      actions,
    };
    resting.delete(line);
    command({ command: 'set', probe });
  }

  function tellPolicy(): void {
    command({ command: 'policy', budgets, redactedNames: [], redactedTypes: [] });
  }
  tellPolicy();

  const agent = {
    place(placed: Placed): void {
      const known = live.get(placed.id);
      if (known?.action.revision === (placed.revision ?? 1)) return;
      const action = actionOf(placed);
      const line = placed.line ?? 0;
      const measure = measureBufferFor(action);
      if (known !== undefined) removedCaptures += hitsOf(known);
      const endsAt = clock.ms + action.remainingMs;
      live.set(placed.id, { action, line, slot: slots++, endsAt, measure, groupNames: new Map() });
      tellLine(line);
    },
    remove(id: string): void {
      const known = live.get(id) as LivePlaced;
      removedCaptures += hitsOf(known);
      live.delete(id);
      tellLine(known.line);
    },
    reach({ times, everyMs, line = 0, ok, v, takesMs = 0 }: Reached, from: number): void {
      const readers: Record<string, () => unknown> = { v: () => makeValue(v ?? null) };
      // Without the variable the condition fails.
      if (ok !== null) {
        readers.ok = () => {
          clock.ms += takesMs;
          return ok ?? true;
        };
      }
      for (let at = 0; at < times; at++) {
        clock.ms = Math.max(clock.ms, from + at * everyMs);
        if (clock.ms >= (resting.get(line) ?? 0)) expect(reached(line, readers)).toBe(false);
      }
    },
    setBudgets(changed: Partial<ProcessBudgets>): void {
      budgets = { ...budgets, ...changed };
      tellPolicy();
      for (const line of new Set([...live.values()].map((each) => each.line))) tellLine(line);
    },
    setOnline(value: boolean): void {
      online = value;
      if (online) control[CONTROL.queued] = 0;
    },
    counts: (id: string) => readCounts(counts, (live.get(id) as LivePlaced).slot),
    total(): ActionCounts {
      const all = [...live.keys()].map(agent.counts);
      const sum = (name: keyof ActionCounts) => all.reduce((total, each) => total + each[name], 0);
      const names = ['evaluated', 'matched', 'rateLimited', 'captured', 'dropped', 'failed'] as const;
      const totals = Object.fromEntries(names.map((name) => [name, sum(name)])) as unknown as ActionCounts;
      return { ...totals, captured: totals.captured + removedCaptures };
    },
    state(id: string): 'armed' | 'finished' {
      const { action, endsAt } = live.get(id) as LivePlaced;
      const measured = measureBufferFor(action) !== undefined;
      const hasAll = !measured && agent.counts(id).captured >= action.maxHits;
      return hasAll || clock.ms >= endsAt ? 'finished' : 'armed';
    },
    groups(id: string): Record<string, number> {
      const { measure, groupNames } = live.get(id) as LivePlaced;
      const found = measure === undefined ? new Map<number, number>() : createMeasureReader(measure).counts();
      return Object.fromEntries([...found].map(([index, count]) => [groupNames.get(index), count]));
    },
    sent: () => sent,
    captures: () => [...live.values()].reduce((sum, each) => sum + hitsOf(each), removedCaptures),
    close(): void {
      worker.close();
      commands.close();
    },
  };

  function hitsOf({ action, slot }: LivePlaced): number {
    return measureBufferFor(action) === undefined ? readCounts(counts, slot).captured : 0;
  }
  return agent;
}

const variable = (name: string): ExpressionNode => ({ op: 'name', name });
const expression = (name: string) => ({ text: name, dialect: 'javascript' as const, tree: variable(name) });

function actionOf(placed: Placed): Action {
  const { id, kind = 'snapshot', revision = 1, maxHits = 10, lifetimeMs = 3_600_000, sampling } = placed;
  return {
    id,
    revision,
    kind,
    location: { path: 'orders.js', line: 1 },
    target: { by: 'all' },
    watches: [],
    maxHits,
    createdAt: 0,
    expiresAt: lifetimeMs,
    remainingMs: lifetimeMs,
    capture: DEFAULT_CAPTURE_LIMITS,
    createdBy: 'test',
    ...(placed.condition && { condition: expression('ok') }),
    ...(placed.expression && { expression: expression('v') }),
    ...(kind === 'log' && { template: { text: 'reached', parts: ['reached'] } }),
    ...(sampling && {
      sampling: sampling.by === 'distinct' ? { by: 'distinct', expression: expression('v') } : sampling,
    }),
  };
}

/**
 * Counters, tic & toc, durations and metrics over real processes on every Node.js version: what is counted and timed is held
 * against what the program did.
 */
import { realpathSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseExpression } from '@stillframe/core/expression/parse-expression';
import { emptySketch, mergeSketches, quantile, scaleSketch, summarise } from '@stillframe/core/metric/sketch';
import type { Action } from '@stillframe/protocol/action';
import type { Expression } from '@stillframe/protocol/expression';
import type { MetricPoint, MetricSummary } from '@stillframe/protocol/metric';
import { DEFAULT_POLICY, type Policy } from '@stillframe/protocol/policy';
import type { ActionStatus } from '@stillframe/protocol/status';
import { type AgentServer, snapshotAction, startAgentServer } from '@stillframe/test-kit/agent-server';
import { markedLine } from '@stillframe/test-kit/marks';
import { nodeVersions } from '@stillframe/test-kit/node-versions';
import { type StartedProcess, startProcess } from '@stillframe/test-kit/processes';
import { describe, expect, test } from 'vitest';

const REGISTER = pathToFileURL(fileURLToPath(new URL('./register.cjs', import.meta.url))).href;
const PROGRAM = realpathSync(fileURLToPath(new URL('../../test-fixtures/programs/node/measured.cjs', import.meta.url)));

/**
 * What the least disturbed of many calls may be off: V8's share of a condition is subtracted as it was measured before, which
 * on a machine that does other things meanwhile is too much or too little. On a quiet one it is within 0.2 ms.
 */
const TOO_SHORT_MS = 0.4;
const TOO_LONG_MS = 1;
/** Node's own timers may come so much too early. */
const EARLY_MS = 1;
/** What others on the machine may take away from a call, and the share of calls from which they may take more. */
const DISTURBED_MS = 9;
const DISTURBED_SHARE = 0.2;
/** What a scaled count may be off, where a line does something else most of the time. */
const SCALED_SHARE = 0.35;

interface Placed {
  kind: Action['kind'];
  mark: string;
  /** Of the second line of tic & toc. */
  end?: string;
  condition?: string;
  expression?: string;
  functionName?: string;
}

interface Row extends Placed {
  name: string;
  /** With the usual budgets. */
  governed?: boolean;
  job: unknown[];
  /** Measurements by group (`''` without groups). */
  counts?: Record<string, number>;
  /** All groups together, where not all are listed. */
  total?: number;
  /** Of a metric. */
  p50?: number;
  sum?: number;
  /** Of a timer: how long the calls took, in order. */
  ms?: number[];
  /** The fastest is not only no faster, but also no slower than that. */
  exact?: boolean;
}

/** For what is not about the governor: a machine that is busy with other things must not make it step in. */
const GENEROUS: Policy = {
  ...DEFAULT_POLICY,
  revision: 1,
  budgets: { ...DEFAULT_POLICY.budgets, cpuSharePerAction: 0.5, cpuShare: 0.5 },
};

const repeated = (count: number, ms: number) => Array.from({ length: count }, () => ms);

const ROWS: Row[] = [
  {
    name: 'a counter counts every execution, a hundred a second within the usual budgets',
    governed: true,
    kind: 'counter',
    mark: 'count',
    job: ['count', 120],
    counts: { '': 120 },
  },
  {
    name: 'only those of a condition',
    kind: 'counter',
    mark: 'count',
    condition: 'order.net < 10',
    job: ['count', 40],
    counts: { '': 10 },
  },
  {
    name: 'by the value of an expression',
    kind: 'counter',
    mark: 'count',
    expression: 'order.country',
    job: ['count', 60],
    counts: { DE: 20, FR: 20, IT: 20 },
  },
  {
    name: 'a hundred groups and the rest',
    kind: 'counter',
    mark: 'count',
    expression: 'order.country',
    job: ['count', 120, 100, 120],
    counts: { DE: 1, '(more)': 20 },
    total: 120,
  },
  {
    name: 'a metric',
    kind: 'metric',
    mark: 'total',
    expression: 'total',
    job: ['count', 50],
    counts: { '': 50 },
    sum: 2450,
    p50: 48,
  },
  {
    name: 'a metric of a bigint',
    kind: 'metric',
    mark: 'count',
    expression: 'order.big',
    job: ['count', 10],
    counts: { '': 10 },
    sum: 50,
    p50: 5,
  },
  {
    name: 'tic & toc in one function',
    kind: 'tictoc',
    mark: 'tic',
    end: 'toc',
    job: ['section', 30, 2],
    ms: repeated(30, 2),
    exact: true,
  },
  {
    name: 'an exception between does not pair wrongly',
    kind: 'tictoc',
    mark: 'riskytic',
    end: 'riskytoc',
    job: ['risky'],
    ms: repeated(10, 2),
  },
  {
    name: 'recursion pairs from the inside',
    kind: 'tictoc',
    mark: 'nestedtic',
    end: 'nestedtoc',
    job: ['nested'],
    ms: [1, 2, 3, 4].flatMap((ms) => repeated(5, ms)),
  },
  {
    name: 'executions that overlap',
    kind: 'tictoc',
    mark: 'asynctic',
    end: 'asynctoc',
    job: ['concurrent'],
    ms: [20, 30, 40, 50, 60],
  },
  {
    name: 'lines of two functions in one context',
    kind: 'tictoc',
    mark: 'begin',
    end: 'end',
    job: ['requests'],
    ms: [20, 30, 40, 50, 60],
  },
  {
    name: 'a duration, by its line',
    kind: 'duration',
    mark: 'choose',
    job: ['choose'],
    ms: [...repeated(6, 1), ...repeated(3, 2)],
  },
  {
    name: 'a duration, by its name',
    kind: 'duration',
    mark: 'tic',
    functionName: 'decide',
    job: ['choose'],
    ms: [...repeated(6, 1), ...repeated(3, 2)],
  },
  {
    name: 'a duration of calls that a condition wants',
    kind: 'duration',
    mark: 'choose',
    condition: 'way == 1',
    job: ['choose'],
    ms: repeated(3, 1),
  },
  {
    name: 'a duration of an arrow function',
    kind: 'duration',
    mark: 'arrow',
    job: ['arrow'],
    ms: repeated(10, 1),
    exact: true,
  },
  {
    name: 'a duration of an async function, by a line inside',
    kind: 'duration',
    mark: 'load',
    job: ['load'],
    ms: repeated(5, 20),
  },
  {
    name: 'a duration of a recursive async method',
    kind: 'duration',
    mark: 'walk',
    functionName: 'Store.walk',
    job: ['walk'],
    ms: [...repeated(4, 15), ...repeated(2, 30), 45],
  },
  {
    name: 'a return from inside a loop',
    kind: 'duration',
    mark: 'search',
    job: ['search'],
    ms: repeated(10, 1),
  },
];

const REFUSED: [name: string, placed: Placed, reason: string][] = [
  ['a generator', { kind: 'duration', mark: 'generator' }, 'is a generator'],
  ['a loop first', { kind: 'duration', mark: 'looped' }, 'begins with a loop'],
  ['a call returned out of try … finally', { kind: 'duration', mark: 'guarded' }, 'try … finally'],
  ['a name that is not there', { kind: 'duration', mark: 'tic', functionName: 'nothing' }, 'no function "nothing"'],
  ['a name that is there twice', { kind: 'duration', mark: 'tic', functionName: 'search' }, '2 functions "search"'],
  ['a line outside of all functions', { kind: 'duration', mark: 'outside' }, 'no function at line'],
  ['one line twice', { kind: 'tictoc', mark: 'tic', end: 'tic' }, 'same statement'],
];

describe.each(nodeVersions())('$name', ({ path: node }) => {
  test.each(ROWS.map((row) => [row.name, row] as const))('%s', (_name, row) => check(node, row));

  test('a busy line is looked at a part of the time, and its count is scaled', async () => {
    await withProgram(node, async (server, program) => {
      const action = await place(server, { kind: 'counter', mark: 'count' });
      const truly = Number(await run(program, ['busy', 4000, 0.1]));
      const status = await server.until(() => withCounts(server, action, 100), 'the counts');
      server.setActions([]);
      const points = await settled(server, action, status.counts.captured);
      const summary = summaryOf(points);
      expect(summary.estimated).toBe(true);
      expect(status.sampledBy).toBeGreaterThan(2);
      expect(status.links.at(-1)?.reason).toMatch(/measured, which stand for (about|at least)/);
      expect(summary.count / truly, `${summary.count} of ${truly}`).toBeGreaterThan(1 - SCALED_SHARE);
      expect(summary.count / truly, `${summary.count} of ${truly}`).toBeLessThan(1 + SCALED_SHARE);
    });
  });
});

test.each(REFUSED)('refused: %s', async (_name, placed, reason) => {
  await withProgram(process.execPath, async (server) => {
    const action = actionOf(placed);
    server.setActions([action]);
    const status = await server.until(() => server.statuses.get(action.id), 'a status');
    expect(status.state).toBe('rejected');
    expect(status.links.at(-1)?.reason).toContain(reason);
  });
});

test('measurements are sent again after a reconnect, once each, and merged while the server is away', async () => {
  const first = await startAgentServer();
  const { port } = new URL(first.url);
  const program = startMeasured(process.execPath, first.url);
  await first.until(() => first.agents[0], 'the agent');
  const action = await place(first, { kind: 'counter', mark: 'count' });
  const before = run(program, ['count', 30]);
  await first.until(() => (total(first.metrics) > 0 ? true : undefined), 'a first point');
  first.holdAcknowledgements(true);
  await before;
  await first.close();
  await run(program, ['count', 70]);
  const second = await startAgentServer({ port: Number(port) });
  second.setActions([action]);
  await second.until(() => (total(first.metrics) + total(second.metrics) >= 100 ? true : undefined), 'all of them');
  second.setActions([]);
  // What the first server took without acknowledging it comes to the second one again.
  expect(total(second.metrics)).toBeLessThanOrEqual(100);
  expect(second.metrics.length).toBeLessThanOrEqual(3);
  await program.stop();
  await second.close();
});

async function check(node: string, row: Row): Promise<void> {
  await withProgram(node, async (server, program) => {
    const action = await place(server, row, row.governed === true ? DEFAULT_POLICY : GENEROUS);
    await run(program, row.job);
    server.setActions([]);
    const counts = row.counts ?? { '': row.ms?.length ?? 0 };
    const wanted = row.total ?? Object.values(counts).reduce((sum, count) => sum + count, 0);
    const points = await settled(server, action, wanted);
    expect(total(points)).toBe(wanted);
    for (const [group, count] of Object.entries(counts)) {
      expect(total(points.filter((point) => (point.group ?? '') === group)), group).toBe(count);
    }
    const summary = summaryOf(points);
    expect(summary.estimated).toBe(false);
    checkValues(row, points, summary);
  });
}

function checkValues(row: Row, points: MetricPoint[], summary: MetricSummary): void {
  if (row.sum !== undefined) expect(points.reduce((sum, { sketch }) => sum + (sketch.sum ?? 0), 0)).toBe(row.sum);
  if (row.p50 !== undefined)
    expect(Math.abs((summary.p50 ?? Number.NaN) - row.p50)).toBeLessThanOrEqual(row.p50 * 0.01);
  if (row.ms === undefined) return;
  // A process that was put aside for another took longer indeed, so a median is the machine's; the least disturbed call and
  // the order of all tell whether the right ends were paired.
  const early = row.exact === true ? TOO_SHORT_MS : EARLY_MS;
  const [least = 0] = row.ms;
  expect(summary.min ?? Number.NaN).toBeGreaterThanOrEqual(least - early);
  if (row.exact === true) expect(summary.min ?? Number.NaN).toBeLessThanOrEqual(least + TOO_LONG_MS);
  const sketch = points.map((point) => point.sketch).reduce(mergeSketches, emptySketch());
  let disturbed = 0;
  for (const [at, ms] of row.ms.entries()) {
    const measured = quantile(sketch, (at + 1) / row.ms.length) ?? Number.NaN;
    expect(measured, `${at + 1} of ${row.ms.length}`).toBeGreaterThanOrEqual(ms * 0.99 - early);
    if (measured > ms * 1.01 + DISTURBED_MS) disturbed += 1;
  }
  expect(disturbed, JSON.stringify(summary)).toBeLessThanOrEqual(Math.ceil(row.ms.length * DISTURBED_SHARE));
}

function total(points: readonly MetricPoint[]): number {
  return points.reduce((sum, { sketch }) => sum + sketch.count, 0);
}

function summaryOf(points: readonly MetricPoint[]): MetricSummary {
  const by = Math.max(1, ...points.map(({ sampledBy }) => sampledBy ?? 1));
  const whole = points
    .map(({ sketch, sampledBy = 1 }) => scaleSketch(sketch, sampledBy))
    .reduce(mergeSketches, emptySketch());
  return { ...summarise(whole, 'ms'), estimated: by > 1 };
}

async function place(server: AgentServer, placed: Placed, policy = DEFAULT_POLICY): Promise<Action> {
  const action = actionOf(placed);
  server.setActions([action], policy);
  await server.until(
    () => (server.statuses.get(action.id)?.state === 'armed' ? true : undefined),
    'the action to be armed',
  );
  return action;
}

function settled(server: AgentServer, { id }: Action, wanted: number): Promise<MetricPoint[]> {
  const points = () => server.metrics.filter(({ actionId }) => actionId === id);
  return server.until(() => (total(points()) >= wanted ? points() : undefined), `${wanted} measurements`);
}

function withCounts(server: AgentServer, { id }: Action, least: number): ActionStatus | undefined {
  const status = server.statuses.get(id);
  return status !== undefined && status.counts.captured >= least ? status : undefined;
}

function actionOf({ kind, mark, end, condition, expression, functionName }: Placed): Action {
  const at = (name: string) => ({ path: PROGRAM, line: markedLine(PROGRAM, name).line });
  return snapshotAction(PROGRAM, at(mark).line, {
    kind,
    ...(end !== undefined && { endLocation: at(end) }),
    ...(condition !== undefined && { condition: parsed(condition) }),
    ...(expression !== undefined && { expression: parsed(expression) }),
    ...(functionName !== undefined && { functionName }),
  });
}

function parsed(text: string): Expression {
  const { tree, problems } = parseExpression(text, 'javascript');
  if (tree === undefined) throw new Error(problems[0]?.message);
  return { text, dialect: 'javascript', tree };
}

async function run(program: StartedProcess, job: unknown[]): Promise<string> {
  const before = program.stdout().length;
  program.write(`${JSON.stringify(job)}\n`);
  await program.output(new RegExp(`^[\\s\\S]{${before}}[\\s\\S]*finished ${job[0]} .*`), 60_000);
  return /finished \w+ (.*)/.exec(program.stdout().slice(before))?.[1] ?? '';
}

function startMeasured(node: string, url: string): StartedProcess {
  const env = { STILLFRAME_URL: url, STILLFRAME_KEY: 'test-key', STILLFRAME_NAME: 'measured', NODE_OPTIONS: '' };
  return startProcess(node, ['--import', REGISTER, PROGRAM], { env });
}

async function withProgram(
  node: string,
  use: (server: AgentServer, program: StartedProcess) => Promise<void>,
): Promise<void> {
  const server = await startAgentServer();
  const program = startMeasured(node, server.url);
  try {
    await server.until(() => server.agents[0], 'the agent');
    await use(server, program);
    expect(program.stderr()).toBe('');
  } finally {
    await program.stop();
    await server.close();
  }
}

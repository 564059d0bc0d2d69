/**
 * A snapshot on every executable line of published packages, while their own test suites run: the same results as without
 * an agent, no process that dies, memory within bounds. What the agent can carry at once is a wave; the suite runs once for each.
 */
import { execFileSync } from 'node:child_process';
import { join, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Action } from '@stillframe/protocol/action';
import { AgentHit } from '@stillframe/protocol/hit';
import { DEFAULT_POLICY, type Policy } from '@stillframe/protocol/policy';
import { type AgentServer, snapshotAction, startAgentServer } from '@stillframe/test-kit/agent-server';
import { startProcess } from '@stillframe/test-kit/processes';
import { beforeAll, describe, expect, test } from 'vitest';
import { checkOut } from './checkout.ts';
import { executableLines } from './executable-lines.ts';

const REGISTER = pathToFileURL(fileURLToPath(new URL('../../agents/node/register.cjs', import.meta.url))).href;
const RUNNER = fileURLToPath(new URL('./run-when-told.cjs', import.meta.url));
/** `MAX_SLOTS` of the agent. */
const WAVE = 1000;
/** Beyond the suite's own peak: the 256 MB the worker's heap may have, and 1,000 hits of 64 kB on their way between the threads. */
const MOST_MEMORY_KB = 450_000;
/** One hit in so many is checked against the protocol to the last field. */
const CHECKED_HITS = 20;

interface Explored {
  name: string;
  /** What loads all of it. */
  entry: string;
  sources: string;
  suite: string[];
  /** Standard output's closing count, with what this version of Node.js makes of it. */
  closing: RegExp;
}

const PACKAGES: Explored[] = [
  {
    name: 'qs',
    entry: 'lib/index.js',
    sources: 'lib',
    suite: ['../../node_modules/tape/bin/tape', 'test/*.js'],
    closing: /^# pass {2}1699$/m,
  },
  {
    name: 'less',
    entry: 'lib/less-node/index.js',
    sources: 'lib',
    // Two cases expect the words in which an older V8 said the same error.
    suite: ['test/index.js'],
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the suite prints colours
    closing: /^2\u001b\[31m Failed\u001b\[39m, 315 passed$/m,
  },
];

/** Nothing stands in the way of a capture but the action's own hits and limits. */
const UNGOVERNED: Policy = {
  ...DEFAULT_POLICY,
  revision: 1,
  budgets: {
    snapshotsPerSecondPerAction: 1e6,
    snapshotsPerSecond: 1e6,
    logsPerSecondPerAction: 1e6,
    logsPerSecond: 1e6,
    bytesPerSecond: 1e9,
    cpuSharePerAction: 1,
    cpuShare: 1,
    queue: 1000,
  },
};
const POLICIES: [name: string, policy: Policy, maxHits: number][] = [
  ['as it is by default', DEFAULT_POLICY, 100_000],
  ['with every rate lifted', UNGOVERNED, 3],
];

let root: string;
beforeAll(() => {
  root = checkOut(PACKAGES.map(({ name }) => name));
});

describe.each(PACKAGES)('$name', (explored) => {
  let plain: Outcome;
  let places: { file: string; line: number }[];
  beforeAll(async () => {
    plain = await run(explored, undefined);
    expect(plain.stdout).toMatch(explored.closing);
    const folder = join(root, 'checkout', explored.name);
    const lines = await executableLines(loadedFiles(folder, explored));
    places = [...lines].flatMap(([file, each]) => each.map((line) => ({ file, line })));
  });

  test.each(POLICIES)('a snapshot on every line, the agent %s', async (policyName, policy, maxHits) => {
    const waves: Wave[] = [];
    for (let from = 0; from < places.length; from += WAVE) {
      const actions = places.slice(from, from + WAVE).map(({ file, line }) => snapshotAction(file, line, { maxHits }));
      waves.push(await explore(explored, actions, policy));
    }
    for (const wave of waves) expect(withoutCost(wave.outcome)).toEqual(withoutCost(plain));
    const total = (of: (wave: Wave) => number) => waves.reduce((sum, wave) => sum + of(wave), 0);
    const ratio = total(({ outcome }) => outcome.ms) / waves.length / plain.ms;
    const memory = Math.max(...waves.map(({ outcome }) => outcome.maxRssKb)) - plain.maxRssKb;
    const figures = `${explored.name}, ${policyName}: ${total(({ armed }) => armed)} of ${places.length} lines armed in ${waves.length} waves, ${total(({ reached }) => reached)} reached, ${total(({ hits }) => hits)} hits, ${ratio.toFixed(2)} times as long, ${Math.round(memory / 1000)} MB more`;
    process.stdout.write(`${figures}\n`);
    expect(
      total(({ armed }) => armed),
      figures,
    ).toBe(places.length);
    expect(
      total(({ hits }) => hits),
      figures,
    ).toBeGreaterThan(0);
    expect(memory, figures).toBeLessThan(MOST_MEMORY_KB);
  });
});

interface Outcome extends Cost {
  exit: number | string;
  stdout: string;
  stderr: string;
}

interface Wave {
  armed: number;
  reached: number;
  hits: number;
  outcome: Outcome;
}

async function explore(explored: Explored, actions: Action[], policy: Policy): Promise<Wave> {
  const server = await startAgentServer({ policy });
  let hits = 0;
  const take = () => {
    for (const hit of server.hits.splice(0)) if (hits++ % CHECKED_HITS === 0) AgentHit.parse(hit);
  };
  // They are many, and nobody needs them afterwards.
  const taking = setInterval(take, 20);
  try {
    const outcome = await run(explored, server, () => arm(server, actions, policy));
    take();
    const statuses = [...server.statuses.values()];
    return {
      armed: statuses.filter(({ state }) => state === 'armed' || state === 'finished').length,
      // As far as it was told before the process ended.
      reached: statuses.filter(({ counts }) => counts.evaluated > 0).length,
      hits,
      outcome,
    };
  } finally {
    clearInterval(taking);
    await server.close();
  }
}

async function arm(server: AgentServer, actions: Action[], policy: Policy): Promise<void> {
  server.setActions(actions, policy);
  await server.until(
    () => {
      const statuses = actions.map(({ id }) => server.statuses.get(id));
      return statuses.some((status) => status === undefined || status.state === 'pending') ? undefined : true;
    },
    'every line to be armed',
    60_000,
  );
}

/** The suite in a process of its own; under an agent when there is a `server`, begun when `ready` is done. */
async function run(explored: Explored, server: AgentServer | undefined, ready?: () => Promise<void>): Promise<Outcome> {
  const folder = join(root, 'checkout', explored.name);
  const [suite = '', ...rest] = explored.suite;
  const agent = server === undefined ? [] : ['--import', REGISTER];
  const env = { STILLFRAME_URL: server?.url, STILLFRAME_KEY: 'k', NODE_OPTIONS: '' };
  const args = [...agent, RUNNER, join(folder, explored.entry), join(folder, suite), ...rest];
  const program = startProcess(process.execPath, args, { cwd: folder, env });
  try {
    await ready?.();
    program.write('go\n');
    const exit = await program.exited;
    const cost = /^explored (.*)$/m.exec(program.stderr())?.[1];
    if (cost === undefined)
      throw new Error(`The suite ended with ${exit} before it could say so:\n${program.stderr()}`);
    return { exit, stdout: program.stdout(), stderr: program.stderr(), ...(JSON.parse(cost) as Cost) };
  } finally {
    await program.stop();
  }
}

interface Cost {
  ms: number;
  maxRssKb: number;
}

/** Asynchronous cases end in any order. */
function withoutCost({ exit, stdout, stderr }: Outcome): { exit: number | string; lines: string[]; warnings: string } {
  const warnings = stderr.replace(/^explored .*$/m, '').replaceAll(/\(node:\d+\)/g, '(node)');
  return { exit, lines: stdout.split('\n').sort(), warnings };
}

/** The package's own files that its entry loads. */
function loadedFiles(folder: string, { entry, sources }: Explored): string[] {
  const code = `require(${JSON.stringify(join(folder, entry))}); console.log(JSON.stringify(Object.keys(require.cache)))`;
  const loaded = JSON.parse(execFileSync(process.execPath, ['-e', code], { encoding: 'utf8' })) as string[];
  return loaded.filter((file) => file.startsWith(join(folder, sources) + sep));
}

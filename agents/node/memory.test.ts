/** Memory of the service over 100,000 hits at one line: V8's debugger and our captures must leave nothing behind. */
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseTemplate } from '@stillframe/core/expression/parse-template';
import type { Action } from '@stillframe/protocol/action';
import { DEFAULT_CAPTURE_LIMITS } from '@stillframe/protocol/limits';
import { DEFAULT_POLICY, type Policy } from '@stillframe/protocol/policy';
import { snapshotAction, startAgentServer } from '@stillframe/test-kit/agent-server';
import { markedLine } from '@stillframe/test-kit/marks';
import { nodeVersions } from '@stillframe/test-kit/node-versions';
import { type StartedProcess, startProcess } from '@stillframe/test-kit/processes';
import { describe, expect, test } from 'vitest';

const REGISTER = pathToFileURL(fileURLToPath(new URL('./register.cjs', import.meta.url))).href;
const HOT = fileURLToPath(new URL('../../test-fixtures/programs/node/hot.cjs', import.meta.url));
/** Bytes; one hit that stayed behind would be some 500, so 100,000 of them 50 MB. */
const HEAP_SLACK = 3_000_000;

interface Row {
  name: string;
  rounds: number;
  hitsPerRound: number;
  fields: Partial<Action>;
}

const { template } = parseTemplate('total {total} of {order}', 'javascript');
const ROWS: Row[] = [
  { name: 'logs', rounds: 10, hitsPerRound: 10_000, fields: { kind: 'log', ...(template && { template }) } },
  {
    name: 'deep snapshots, over several of the sessions they pause with',
    rounds: 5,
    hitsPerRound: 1_000,
    fields: { capture: { ...DEFAULT_CAPTURE_LIMITS, framesWithLocals: 3, captureMs: 50 } },
  },
];

/** No rate and no share of a core stands in the way. */
const UNLIMITED: Policy = {
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

describe.each(nodeVersions())('$name', ({ path: node }) => {
  test.each(ROWS)('$name', { timeout: 120_000 }, (row) => staysFlat(node, row));
});

async function staysFlat(node: string, { rounds, hitsPerRound, fields }: Row): Promise<void> {
  const server = await startAgentServer({ policy: UNLIMITED });
  const env = { STILLFRAME_URL: server.url, STILLFRAME_KEY: 'k', NODE_OPTIONS: '' };
  const program = startProcess(node, ['--expose-gc', '--import', REGISTER, HOT], { env });
  await server.until(() => server.agents[0], 'the agent');
  const heaps: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const { line } = markedLine(HOT, 'hot');
    const action = snapshotAction(HOT, line, { maxHits: hitsPerRound, ...fields });
    server.setActions([action], UNLIMITED);
    const done = await server.until(
      () => (server.statuses.get(action.id)?.state === 'finished' ? server.statuses.get(action.id) : undefined),
      `round ${round} of hits`,
      60_000,
    );
    expect(done.counts.captured).toBe(hitsPerRound);
    server.hits.splice(0, server.hits.length - 1);
    if (fields.capture !== undefined) expect(server.hits[0]?.frames[1]?.scopes).toBeDefined();
    heaps.push(await heapOf(program));
  }
  expect((heaps.at(-1) ?? 0) - (heaps[0] ?? 0), heaps.join(' ')).toBeLessThan(HEAP_SLACK);
  expect(program.stderr()).toBe('');
  await program.stop();
  await server.close();
}

async function heapOf(program: StartedProcess): Promise<number> {
  const before = program.stdout().length;
  program.write('memory\n');
  await program.output(new RegExp(`^[\\s\\S]{${before}}memory \\{.*\\}`));
  const [, json = '{}'] = /memory (\{.*\})/.exec(program.stdout().slice(before)) ?? [];
  return (JSON.parse(json) as { heapUsed: number }).heapUsed;
}

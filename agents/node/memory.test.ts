/** Memory of the service over 100,000 hits at one line: V8's debugger and our captures must leave nothing behind. */
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseTemplate } from '@stillframe/core/expression/parse-template';
import { DEFAULT_POLICY, type Policy } from '@stillframe/protocol/policy';
import { snapshotAction, startAgentServer } from '@stillframe/test-kit/agent-server';
import { markedLine } from '@stillframe/test-kit/marks';
import { nodeVersions } from '@stillframe/test-kit/node-versions';
import { type StartedProcess, startProcess } from '@stillframe/test-kit/processes';
import { expect, test } from 'vitest';

const REGISTER = pathToFileURL(fileURLToPath(new URL('./register.cjs', import.meta.url))).href;
const HOT = fileURLToPath(new URL('../../test-fixtures/programs/node/hot.cjs', import.meta.url));
const ROUNDS = 10;
const HITS_PER_ROUND = 10_000;
/** Bytes; one hit that stayed behind would be some 500, so 100,000 of them 50 MB. */
const HEAP_SLACK = 3_000_000;

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

test.each(nodeVersions())('$name', { timeout: 120_000 }, async ({ path: node }) => {
  const server = await startAgentServer({ policy: UNLIMITED });
  const env = { STILLFRAME_URL: server.url, STILLFRAME_KEY: 'k', NODE_OPTIONS: '' };
  const program = startProcess(node, ['--expose-gc', '--import', REGISTER, HOT], { env });
  await server.until(() => server.agents[0], 'the agent');
  const { template } = parseTemplate('total {total} of {order}', 'javascript');
  const heaps: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const { line } = markedLine(HOT, 'hot');
    const action = snapshotAction(HOT, line, { kind: 'log', maxHits: HITS_PER_ROUND, ...(template && { template }) });
    server.setActions([action], UNLIMITED);
    const done = await server.until(
      () => (server.statuses.get(action.id)?.state === 'finished' ? server.statuses.get(action.id) : undefined),
      `round ${round} of hits`,
      60_000,
    );
    expect(done.counts.captured).toBe(HITS_PER_ROUND);
    server.hits.splice(0, server.hits.length - 1);
    heaps.push(await heapOf(program));
  }
  expect((heaps.at(-1) ?? 0) - (heaps[0] ?? 0), heaps.join(' ')).toBeLessThan(HEAP_SLACK);
  expect(program.stderr()).toBe('');
  await program.stop();
  await server.close();
});

async function heapOf(program: StartedProcess): Promise<number> {
  const before = program.stdout().length;
  program.write('memory\n');
  await program.output(new RegExp(`^[\\s\\S]{${before}}memory \\{.*\\}`));
  const [, json = '{}'] = /memory (\{.*\})/.exec(program.stdout().slice(before)) ?? [];
  return (JSON.parse(json) as { heapUsed: number }).heapUsed;
}

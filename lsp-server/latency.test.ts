/**
 * How long an editor waits at the promised size, its own reading of the answer included. The median of the processor time
 * is asserted, which other work on the machine does not change; `benchmarks/language-server.ts` prints what is promised.
 */
import { startManagementServer } from '@stillframe/management-server/main';
import { type LargeScene, startLargeScene } from '@stillframe/test-kit/large-scene';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startLspServer } from './main.ts';

const BOUND_MS = 20;
const RUNS = 50;

let large: LargeScene;

beforeAll(async () => {
  large = await startLargeScene({ startManagementServer, startLspServer });
}, 60_000);
afterAll(() => large.scene.close());

test('each request of a large file', async () => {
  expect(large.requests.length).toBe(5);
  for (const [name, ask] of large.requests) {
    const times: number[] = [];
    for (let run = 0; run < RUNS; run++) {
      const before = process.cpuUsage();
      const answer = await ask(run);
      const { user, system } = process.cpuUsage(before);
      times.push((user + system) / 1000);
      expect(JSON.stringify(answer).length, name).toBeGreaterThan(100);
    }
    const median = times.sort((a, b) => a - b)[RUNS / 2] ?? Number.NaN;
    expect(median, name).toBeLessThan(BOUND_MS);
  }
});

/**
 * What an editor waits for: lenses, hints, hover and code actions in a file of 10,000 lines with 200 actions, from the
 * request to the answer as objects, over pipes to a `stillframe lsp` of its own. `node benchmarks/language-server.ts`.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { startManagementServer } from '@stillframe/management-server/main';
import { startLargeScene } from '@stillframe/test-kit/large-scene';
import type { LspSceneParts } from '@stillframe/test-kit/lsp-scene';
import { ms, print, printMachine, printTable, quantile } from './measured.ts';

const PROMISED_P99_MS = 20;
const RUNS = 500;
const BINARY = fileURLToPath(new URL('../cli/bin/stillframe.mjs', import.meta.url));

const startLspServer: LspSceneParts['startLspServer'] = async ({ input, output, onBug }) => {
  const child = spawn(process.execPath, [BINARY, 'lsp', '--stdio'], { stdio: ['pipe', 'pipe', 'inherit'] });
  input.pipe(child.stdin);
  child.stdout.pipe(output);
  child.once('error', (error) => onBug(error, 'stillframe lsp'));
  process.once('exit', () => child.kill());
};

printMachine();
const { scene, requests } = await startLargeScene({ startManagementServer, startLspServer });
const rows: string[][] = [];
for (const [name, ask] of requests) {
  const times: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const began = performance.now();
    await ask(run);
    times.push(performance.now() - began);
  }
  const p99 = quantile(times, 0.99);
  rows.push([name, ms(quantile(times, 0.5)), ms(p99), p99 < PROMISED_P99_MS ? 'yes' : 'no']);
}
print('\nA file of 10,000 lines, 200 actions with hits');
printTable(['request', 'p50', 'p99', `p99 < ${PROMISED_P99_MS} ms`], rows);
await scene.close();
process.exit(0);

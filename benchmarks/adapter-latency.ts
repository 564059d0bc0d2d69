/**
 * How long a debugger takes to draw a stopped thread (stackTrace + scopes + variables of each scope) on the largest hit an
 * agent may send; real server and debug adapter, each a process of its own. `node benchmarks/adapter-latency.ts [--rounds 500]`.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startDapClient } from '@stillframe/test-kit/dap-client';
import { largeHit } from '@stillframe/test-kit/large-hit';
import { startProcess } from '@stillframe/test-kit/processes';
import { startScriptedAgent } from '@stillframe/test-kit/scripted-agent';
import { median, ms, print, printMachine, printTable, quantile } from './measured.ts';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '500' } } });
const ROUNDS = Number(values.rounds);
const STILLFRAME = fileURLToPath(new URL('../cli/bin/stillframe.mjs', import.meta.url));
const TEXT = 'export const a = 1;\n';

const home = mkdtempSync(join(tmpdir(), 'stillframe-adapter-'));
const file = join(home, 'orders.js');
writeFileSync(file, TEXT);
const data = join(home, 'data');
const server = startProcess(process.execPath, [STILLFRAME, 'server', '--port', '0', '--data', data, '--json']);
const [ready] = await server.output(/\{.*\}/);
const { url, agentKeyFile, tokenFile } = JSON.parse(ready) as Record<'url' | 'agentKeyFile' | 'tokenFile', string>;
const key = readFileSync(agentKeyFile, 'utf8').trim();
const agent = await startScriptedAgent({ url, key, sources: { '/app/orders.js': TEXT } });
const adapter = spawn(process.execPath, [STILLFRAME, 'dap', '--stdio'], {
  env: { ...process.env, STILLFRAME_URL: url, STILLFRAME_TOKEN_FILE: tokenFile, XDG_CONFIG_HOME: home },
  stdio: ['pipe', 'pipe', 'inherit'],
});
const client = startDapClient({ input: adapter.stdin, output: adapter.stdout });
await client.request('initialize', { adapterID: 'stillframe', clientID: 'vscode', supportsVariablePaging: true });
await client.request('attach', { cwd: home });
await client.request('configurationDone');
await client.request('setBreakpoints', { source: { path: file }, breakpoints: [{ line: 1 }] });
const hit = largeHit(await agent.until((all) => all[0], 'the action'));
await agent.hit(hit);
const { threadId = 0 } = await client.event('stopped');

const times: number[] = [];
for (let round = 0; round < ROUNDS; round++) {
  const begun = performance.now();
  const { stackFrames } = await client.request('stackTrace', { threadId });
  const { scopes } = await client.request('scopes', { frameId: stackFrames[0]?.id ?? 0 });
  for (const { variablesReference } of scopes) await client.request('variables', { variablesReference });
  times.push(performance.now() - begun);
}

printMachine();
const kilobytes = Math.round(JSON.stringify(hit).length / 1024);
print(`A stopped thread drawn from a hit of ${kilobytes} kB with ${hit.frames.length} frames, ${ROUNDS} times.\n`);
printTable(
  ['figure', 'median', 'p99', 'promise'],
  [['stackTrace + scopes + variables', ms(median(times)), ms(quantile(times, 0.99)), 'p99 < 20 ms']],
);

await client.request('disconnect', {});
await agent.close();
await server.stop();
rmSync(home, { recursive: true, force: true });

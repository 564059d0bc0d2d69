/**
 * From placing to armed, and from a hit in the service to its sight in the editor, on loopback: a real server, agent and
 * language server, each a process of its own. `node benchmarks/place-latency.ts [--rounds 200]`.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { startLspClient } from '@stillframe/test-kit/lsp-client';
import { markedLine } from '@stillframe/test-kit/marks';
import { startProcess } from '@stillframe/test-kit/processes';
import { median, ms, print, printMachine, printTable, quantile } from './measured.ts';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '200' } } });
const ROUNDS = Number(values.rounds);
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const STILLFRAME = join(ROOT, 'cli', 'bin', 'stillframe.mjs');
const REGISTER = pathToFileURL(join(ROOT, 'agents', 'node', 'register.cjs')).href;
const PROGRAM = join(ROOT, 'test-fixtures', 'programs', 'node', 'common.cjs');

const home = mkdtempSync(join(tmpdir(), 'stillframe-latency-'));
const server = startProcess(process.execPath, [
  STILLFRAME,
  'server',
  '--port',
  '0',
  '--data',
  join(home, 'data'),
  '--json',
]);
const [ready] = await server.output(/\{.*\}/);
const { url, agentKeyFile, tokenFile } = JSON.parse(ready) as Record<'url' | 'agentKeyFile' | 'tokenFile', string>;
const service = startProcess(process.execPath, ['--import', REGISTER, PROGRAM], {
  env: { STILLFRAME_URL: url, STILLFRAME_KEY_FILE: agentKeyFile },
});
const tool = spawn(process.execPath, [STILLFRAME, 'lsp', '--stdio'], {
  env: { ...process.env, STILLFRAME_URL: url, STILLFRAME_TOKEN_FILE: tokenFile, XDG_CONFIG_HOME: home },
  stdio: ['pipe', 'pipe', 'inherit'],
});
const editor = await startLspClient({
  input: tool.stdin,
  output: tool.stdout,
  folders: [dirname(PROGRAM)],
  initializationOptions: { client: { state: true } },
});
const uri = pathToFileURL(PROGRAM).href;
editor.open(uri, readFileSync(PROGRAM, 'utf8'), 'javascript');
await editor.until(() => editor.states.at(-1)?.agents[0], 'the agent');
await editor.until(
  async () => (await editor.codeLens(uri)).find(({ command }) => command?.title === 'Add snapshot'),
  'lenses',
);

const armed: number[] = [];
const visible: number[] = [];
const { line } = markedLine(PROGRAM, 'async');
for (let round = 0; round < ROUNDS; round++) {
  const begun = performance.now();
  const placed = (await editor.execute('stillframe.action.create', {
    kind: 'snapshot',
    uri,
    line: line - 1,
    maxHits: 1,
  })) as { id: string };
  const action = () => editor.states.at(-1)?.actions.find(({ id }) => id === placed.id);
  await editor.until(() => (action()?.agentState === 'armed' || (action()?.hits ?? 0) > 0 ? true : undefined), 'armed');
  armed.push(performance.now() - begun);
  await editor.until(() => ((action()?.hits ?? 0) > 0 ? true : undefined), 'the hit');
  const seen = performance.timeOrigin + performance.now();
  const { hits } = (await editor.execute('stillframe.hit.list', { actionId: placed.id })) as { hits: { at: number }[] };
  visible.push(seen - (hits[0]?.at ?? Number.NaN));
  await editor.execute('stillframe.action.remove', { id: placed.id });
}
tool.kill();
await Promise.all([service.stop(), server.stop()]);
rmSync(home, { recursive: true, force: true });

printMachine();
print(`${ROUNDS} snapshots placed one after another through the language server; the line is reached every 5 ms\n`);
const row = (name: string, all: number[], target: string) => [name, ms(median(all)), ms(quantile(all, 0.99)), target];
printTable(
  ['', 'median', 'p99', 'promised p99'],
  [row('place → armed, seen by the editor', armed, '< 50 ms'), row('hit → visible in the editor', visible, '< 100 ms')],
);

/** The adapter as editors start it: `stillframe dap` as a process of its own, on every Node an editor may bring. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { startManagementServer } from '@stillframe/management-server/main';
import { type DapClient, startDapClient } from '@stillframe/test-kit/dap-client';
import { type DapScene, startDapScene } from '@stillframe/test-kit/dap-scene';
import { nodeVersions } from '@stillframe/test-kit/node-versions';
import { hitOf, type ScriptedAgent } from '@stillframe/test-kit/scripted-agent';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startDebugAdapter } from './main.ts';

const STILLFRAME = fileURLToPath(new URL('../cli/bin/stillframe.mjs', import.meta.url));
const FILE = 'src/orders.js';
const TEXT = 'export const a = 1;\n';

let scene: DapScene;
let agent: ScriptedAgent;
let child: ChildProcess | undefined;
beforeEach(async () => {
  scene = await startDapScene({ startManagementServer, startDebugAdapter }, { [FILE]: TEXT });
  agent = await scene.agent({ sources: { '/app/src/orders.js': TEXT } });
});
afterEach(async () => {
  child?.kill('SIGKILL');
  await scene.close();
});

test.each(nodeVersions())('over standard streams on $name', async ({ path }) => {
  const { client, exited } = started(path);
  await placed(client);
  const action = await agent.until((all) => all[0], 'the action');
  await agent.hit(hitOf(action, { a: 1 }));
  const { threadId = 0 } = await client.event('stopped');
  const { stackFrames } = await client.request('stackTrace', { threadId });
  expect(stackFrames[0]).toMatchObject({ line: 1, source: { path: scene.path(FILE) } });
  await client.request('disconnect', {});
  await agent.until((all) => (all.length === 0 ? true : undefined), 'the removal');
  expect(await exited).toEqual([0, null]);
});

test.each(['SIGTERM', 'end of input'])('%s: nothing is left in the service', async (how) => {
  const { client, exited, process: adapter } = started(process.execPath);
  await placed(client);
  await agent.until((all) => all[0], 'the action');
  if (how === 'SIGTERM') adapter.kill('SIGTERM');
  else client.hangUp();
  await agent.until((all) => (all.length === 0 ? true : undefined), 'the removal');
  expect(await exited).toEqual([0, null]);
});

test('on a port it says which one, for clients that wait for that line', async () => {
  const adapter = spawn(process.execPath, [STILLFRAME, 'dap', '--port', '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  child = adapter;
  const [line] = (await once(adapter.stdout.setEncoding('utf8'), 'data')) as [string];
  const port = Number(/^DAP server listening at: 127\.0\.0\.1:(\d+)\n$/.exec(line)?.[1]);
  const socket = connect(port, '127.0.0.1');
  const client = startDapClient({ input: socket, output: socket });
  await placed(client);
  await agent.until((all) => all[0], 'the action');
  await client.request('disconnect', {});
  await client.closed;
});

test('a port that is taken is said in one line', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  const adapter = spawn(process.execPath, [STILLFRAME, 'dap', '--port', String(port)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  child = adapter;
  let errors = '';
  adapter.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  expect(await once(adapter, 'close')).toEqual([1, null]);
  expect(errors).toBe(
    `stillframe: Choose another --port, or 0 for any that is free: something listens on ${port} already\n`,
  );
  taken.close();
});

function started(node: string) {
  const adapter = spawn(node, [STILLFRAME, 'dap', '--stdio'], { stdio: ['pipe', 'pipe', 'inherit'] });
  child = adapter;
  const client = startDapClient({ input: adapter.stdin, output: adapter.stdout });
  return { client, exited: once(adapter, 'exit'), process: adapter };
}

async function placed(client: DapClient): Promise<void> {
  await client.request('initialize', { adapterID: 'stillframe', clientID: 'vscode' });
  await client.request('launch', { cwd: scene.workspace });
  await client.event('initialized');
  await client.request('configurationDone');
  await client.request('setBreakpoints', { source: { path: scene.path(FILE) }, breakpoints: [{ line: 1 }] });
}

/**
 * The agent is a guest: it ends with its host, says nothing, survives any server, and leaves nothing behind. Real processes,
 * on every Node.js version.
 */

import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type AgentServer, snapshotAction, startAgentServer } from '@stillframe/test-kit/agent-server';
import { markedLine } from '@stillframe/test-kit/marks';
import { nodeVersions } from '@stillframe/test-kit/node-versions';
import { type StartedProcess, startProcess } from '@stillframe/test-kit/processes';
import { describe, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';

const REGISTER = pathToFileURL(fileURLToPath(new URL('./register.cjs', import.meta.url))).href;
const COMMON = fileURLToPath(new URL('../../test-fixtures/programs/node/common.cjs', import.meta.url));
const LINE = markedLine(COMMON, 'plain').line;

function withAgent(node: string, url: string, args: string[], env: Record<string, string> = {}): StartedProcess {
  return startProcess(node, ['--import', REGISTER, ...args], {
    env: { STILLFRAME_URL: url, STILLFRAME_KEY: 'k', NODE_OPTIONS: '', ...env },
  });
}

/** A process under an armed action. */
async function armed(node: string, server: AgentServer, args: string[] = [COMMON]) {
  const program = withAgent(node, server.url, args);
  await server.until(() => server.agents[0], 'the agent');
  const action = snapshotAction(COMMON, LINE, { maxHits: 100 });
  server.setActions([action]);
  await server.until(() => server.hits[0], 'a hit');
  return { program, action };
}

const ENDINGS: [name: string, code: string, exit: number | string][] = [
  ['a program that has nothing more to do', '', 0],
  ['process.exit', 'process.exit(3)', 3],
  ['an uncaught error', 'throw new TypeError("own")', 1],
  ['an unhandled rejection', 'Promise.reject(new Error("own"))', 1],
];

describe.each(nodeVersions())('$name', ({ path: node }) => {
  test.each(ENDINGS)('%s ends as it would without an agent', async (_name, code, exit) => {
    const server = await startAgentServer();
    // Any `--import` shows in Node's own frames of a stack trace; this one does nothing.
    const plain = startProcess(node, ['--import', 'data:text/javascript,', '-e', code], { env: { NODE_OPTIONS: '' } });
    const guest = withAgent(node, server.url, ['-e', code]);
    expect(await plain.exited).toBe(exit);
    expect(await guest.exited).toBe(exit);
    expect(guest.stdout()).toBe(plain.stdout());
    expect(guest.stderr()).toBe(plain.stderr());
    await server.close();
  });

  test('a process that exits under an armed action says nothing of a debugger', async () => {
    const server = await startAgentServer();
    const { program } = await armed(node, server);
    program.kill('SIGTERM');
    expect(await program.exited).toBe('SIGTERM');
    expect(program.stderr()).toBe('');
    await server.close();
  });

  test('a server that comes back is told everything, and unacknowledged hits are sent again', async () => {
    const first = await startAgentServer();
    const { port } = new URL(first.url);
    const { program } = await armed(node, first);
    first.holdAcknowledgements(true);
    const seen = first.hits.length;
    await first.close();
    const second = await startAgentServer({ port: Number(port) });
    second.setActions([snapshotAction(COMMON, LINE, { maxHits: 100 })]);
    await second.until(() => second.agents[0], 'the agent to return');
    await second.until(() => second.hits[0], 'a hit after the return');
    const sequences = second.hits.map(({ sequence }) => sequence);
    expect(sequences).toEqual([...new Set(sequences)].sort((a, b) => a - b));
    expect(seen).toBeGreaterThan(0);
    await program.stop();
    await second.close();
  });

  test('an action ends by itself when the server is gone', async () => {
    const server = await startAgentServer();
    const program = withAgent(node, server.url, [COMMON]);
    await server.until(() => server.agents[0], 'the agent');
    const action = snapshotAction(COMMON, LINE, { maxHits: 100, remainingMs: 1500 });
    server.setActions([action]);
    await server.until(() => (server.statuses.get(action.id)?.state === 'armed' ? true : undefined), 'armed');
    const finished = await server.until(
      () => (server.statuses.get(action.id)?.state === 'finished' ? server.statuses.get(action.id) : undefined),
      'the end of its lifetime',
    );
    expect(finished.counts.captured).toBeLessThan(100);
    await program.stop();
    await server.close();
  });
});

test('a server that sends garbage does no harm', async () => {
  const garbage = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  const sent = new Promise<void>((resolve) => {
    garbage.on('connection', (socket) => {
      const nonsense = ['', '{', '[]', 'null', '{"jsonrpc":"2.0"}', '{"id":1}', '{"id":1,"result":7}', '{"method":5}'];
      for (const text of nonsense) socket.send(text);
      socket.send('{"method":"agent/desiredState","params":{"revision":1,"actions":[1,null,{"id":"a"}]}}');
      socket.send('{"id":1,"result":{"policy":7,"acknowledged":"x"}}');
      socket.send(Buffer.from([0, 1, 2]));
      socket.on('close', () => resolve());
    });
  });
  await new Promise((resolve) => garbage.once('listening', resolve));
  const { port } = garbage.address() as AddressInfo;
  const program = withAgent(process.execPath, `ws://127.0.0.1:${port}`, [COMMON]);
  await sent;
  expect(program.stderr()).toBe('');
  await program.stop();
  garbage.close();
});

test('a server that accepts and never answers keeps nobody alive', async () => {
  const silent = createServer(() => {});
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const { port } = silent.address() as AddressInfo;
  const program = withAgent(process.execPath, `ws://127.0.0.1:${port}`, ['-e', 'setTimeout(() => {}, 300)']);
  expect(await program.exited).toBe(0);
  silent.close();
});

test('a wrong key is said once, with what to do', async () => {
  const server = await startAgentServer({ key: 'right' });
  const program = withAgent(process.execPath, server.url, [COMMON]);
  const [line] = await program.output(/stillframe: .*\n/);
  expect(line).toContain('Set STILLFRAME_KEY_FILE');
  expect(line).not.toContain('right');
  await program.stop();
  await server.close();
});

const OFF: [name: string, env: Record<string, string>, stderr: string][] = [
  ['STILLFRAME_DISABLED=1', { STILLFRAME_DISABLED: '1' }, ''],
  ['a wrong address', { STILLFRAME_URL: 'nonsense' }, 'Set STILLFRAME_URL to http(s)://host:port'],
  ['a wrong tag', { STILLFRAME_TAGS: 'a b' }, 'Change the tag "a b"'],
];

test.each(OFF)('%s: the service runs without an agent', async (_name, env, stderr) => {
  const program = withAgent(process.execPath, 'ws://127.0.0.1:1', ['-p', '1 + 1'], env);
  expect(await program.exited).toBe(0);
  expect(program.stdout()).toBe('2\n');
  expect(program.stderr()).toContain(stderr);
  if (stderr === '') expect(program.stderr()).toBe('');
});

test('start() from code is the same as the register module, and once per process', async () => {
  const server = await startAgentServer();
  const agent = fileURLToPath(new URL('./dist/agent.cjs', import.meta.url));
  const code = `const { start } = require(${JSON.stringify(agent)});
    const first = start({ url: ${JSON.stringify(server.url)}, key: 'k', name: 'by-code', tags: ['x'] });
    console.log(first === start({ name: 'second' }));
    process.stdin.once('data', () => first.stop().then(() => console.log('stopped')));`;
  const program = startProcess(process.execPath, ['-e', code]);
  const described = await server.until(() => server.agents[0], 'the agent');
  expect(described).toMatchObject({ name: 'by-code', tags: ['x'], runtime: 'node' });
  program.write('stop\n');
  await program.output(/true[\s\S]*stopped/);
  await program.stop();
  await server.close();
});

/** An action that is tried first: the service is watched before it is armed and while it is, and not a moment longer. */
import { realpathSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Health } from '@stillframe/protocol/status';
import { type AgentServer, snapshotAction, startAgentServer } from '@stillframe/test-kit/agent-server';
import { markedLine } from '@stillframe/test-kit/marks';
import { nodeVersions } from '@stillframe/test-kit/node-versions';
import { startProcess } from '@stillframe/test-kit/processes';
import { describe, expect, test } from 'vitest';

const REGISTER = pathToFileURL(fileURLToPath(new URL('./register.cjs', import.meta.url))).href;
const PROGRAM = realpathSync(
  fileURLToPath(new URL('../../test-fixtures/programs/node/answering.cjs', import.meta.url)),
);
const CANARY = { agents: 1, watchMs: 8000, maxDelayRatio: 2, maxErrorShare: 0.01 };

describe.each(nodeVersions())('$name', ({ path: node }) => {
  test('the service is compared with what it was before', async () => {
    const server = await startAgentServer();
    const program = start(node, server, [PROGRAM]);
    await program.output(/ready/);
    await server.until(() => server.agents[0], 'the agent');
    const action = snapshotAction(PROGRAM, markedLine(PROGRAM, 'answer').line, { canary: CANARY, maxHits: 100 });
    server.setActions([action]);
    const waiting = await server.until(() => server.statuses.get(action.id), 'a status');
    expect(waiting.state).toBe('pending');
    expect(waiting.links).toEqual([
      { link: 'armed', state: 'pending', reason: expect.stringContaining('watched for 2 s first') },
    ]);
    program.write('ask\n');
    await program.output(/answered/);
    // Not one of those requests has been looked at.
    const armed = await server.until(() => withState(server, action.id, 'armed'), 'the end of the watch');
    expect(armed.counts.evaluated).toBe(0);
    program.write('ask\n');
    const status = await server.until(() => {
      const now = server.statuses.get(action.id);
      return (now?.health?.since?.requests ?? 0) >= 10 ? now : undefined;
    }, 'the requests since');
    expect(status.counts.evaluated).toBe(10);
    checkHealth(status.health?.before);
    checkHealth(status.health?.since);
    expect(status.health?.before.ms).toBeGreaterThanOrEqual(1990);
    await program.stop();
    expect(program.stderr()).toBe('');
    await server.close();
  });

  test('a watch keeps nobody alive', async () => {
    const server = await startAgentServer();
    // It ends when its input does.
    const program = start(node, server, ['-e', 'process.stdin.once("data", () => process.stdin.destroy())']);
    await server.until(() => server.agents[0], 'the agent');
    const action = snapshotAction('later.cjs', 1, { canary: CANARY });
    server.setActions([action]);
    await server.until(() => server.statuses.get(action.id)?.health?.before, 'a first report');
    program.write('end\n');
    expect(await program.exited).toBe(0);
    expect(program.stderr()).toBe('');
    await server.close();
  });
});

function checkHealth(health: Health | undefined): void {
  expect(health).toMatchObject({ requests: 10, failedRequests: 2 });
  expect(health?.latencyP99Ms).toBeGreaterThan(18);
  expect(health?.delayP99Ms).toBeGreaterThanOrEqual(0);
}

function withState(server: AgentServer, id: string, state: string) {
  const status = server.statuses.get(id);
  return status?.state === state ? status : undefined;
}

function start(node: string, server: AgentServer, args: string[]) {
  const env = { STILLFRAME_URL: server.url, STILLFRAME_KEY: 'k', NODE_OPTIONS: '' };
  return startProcess(node, ['--import', REGISTER, ...args], { env });
}

/** An action slows down the function it is in and no other: V8 would keep whatever it is asked about in its interpreter. */
import { fileURLToPath, pathToFileURL } from 'node:url';
import { snapshotAction, startAgentServer } from '@stillframe/test-kit/agent-server';
import { markedLine } from '@stillframe/test-kit/marks';
import { nodeVersions } from '@stillframe/test-kit/node-versions';
import { type StartedProcess, startProcess } from '@stillframe/test-kit/processes';
import { expect, test } from 'vitest';

const REGISTER = pathToFileURL(fileURLToPath(new URL('./register.cjs', import.meta.url))).href;
const NEIGHBOURS = fileURLToPath(new URL('../../test-fixtures/programs/node/neighbours.cjs', import.meta.url));
/** In the interpreter it takes 20 to 50 times as long. */
const MOST = 8;

test.each(nodeVersions())('$name: the next function keeps its speed', async ({ path: node }) => {
  const server = await startAgentServer();
  const env = { STILLFRAME_URL: server.url, STILLFRAME_KEY: 'k', NODE_OPTIONS: '' };
  const program = startProcess(node, ['--import', REGISTER, NEIGHBOURS], { env });
  await server.until(() => server.agents[0], 'the agent');
  const before = await timeOf(program);
  const action = snapshotAction(NEIGHBOURS, markedLine(NEIGHBOURS, 'cold').line);
  server.setActions([action]);
  await server.until(() => (server.statuses.get(action.id)?.state === 'armed' ? true : undefined), 'armed');
  expect((await timeOf(program)) / before).toBeLessThan(MOST);
  await program.stop();
  await server.close();
});

async function timeOf(program: StartedProcess): Promise<number> {
  const from = program.stdout().length;
  program.write('go\n');
  await program.output(new RegExp(`^[\\s\\S]{${from}}took [\\d.]+\n`));
  return Number(/took ([\d.]+)/.exec(program.stdout().slice(from))?.[1]);
}

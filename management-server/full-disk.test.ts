/** A disk that takes no more, as a real process meets it: a limit on the size of its files, which SQLite feels the same way. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ActionCreate, AgentList, HitList } from '@stillframe/protocol/messages/ide-connection';
import { startProcess } from '@stillframe/test-kit/processes';
import { hitOf, startScriptedAgent } from '@stillframe/test-kit/scripted-agent';
import { startIdeClient } from '@stillframe/test-kit/wire-client';
import { expect, test } from 'vitest';

const STILLFRAME = fileURLToPath(new URL('../cli/bin/stillframe.mjs', import.meta.url));

/** Blocks of 512 bytes; enough for the tables and some hits. */
const LIMITED = 'ulimit -f 1500; exec "$@"';

test.skipIf(process.platform === 'win32')('a full disk is said, and the server goes on', async () => {
  const home = mkdtempSync(join(tmpdir(), 'stillframe-full-'));
  const command = [process.execPath, STILLFRAME, 'server', '--port', '0', '--data', home, '--json'];
  const server = startProcess('sh', ['-c', LIMITED, 'sh', ...command], { env: { NODE_OPTIONS: '' } });
  const { url } = JSON.parse((await server.output(/\{.*\}/))[0]) as { url: string };
  const key = (name: string) => readFileSync(join(home, name), 'utf8').trim();
  const ide = await startIdeClient({ url, key: key('token') });
  const agent = await startScriptedAgent({ url, key: key('agent.key') });
  const { id } = await ide.request(ActionCreate, {
    kind: 'log',
    template: 'reached',
    location: { path: '/app/a.js', line: 1 },
    target: { by: 'all' },
    dialect: 'javascript',
    maxHits: 100_000,
  });
  const action = await agent.until((actions) => actions[0], 'the action');
  let stored = 0;
  const flood = (async () => {
    for (; stored < 1000; stored++) await agent.hit(hitOf(action, {}, { message: 'm'.repeat(50_000) }));
  })();
  await expect(flood).rejects.toMatchObject({
    data: { code: 'unavailable' },
    message: expect.stringMatching(/^Free space on the server's disk: it cannot store now/),
  });
  await server.output(/cannot store \(.*\): free space on the disk/);
  expect(server.stderr()).not.toContain('report this bug');
  expect((await ide.request(AgentList, {})).total).toBe(1);
  expect((await ide.request(HitList, { actionId: id })).total).toBe(stored);
  ide.close();
  await agent.close();
  await server.stop();
  rmSync(home, { recursive: true, force: true });
});

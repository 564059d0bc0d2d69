/** What was acknowledged is there after the death of the server: a real process, killed with SIGKILL in the middle of a flood of hits. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ActionCreate, HitList } from '@stillframe/protocol/messages/ide-connection';
import { startProcess } from '@stillframe/test-kit/processes';
import { startScriptedAgent } from '@stillframe/test-kit/scripted-agent';
import { startIdeClient } from '@stillframe/test-kit/wire-client';
import { expect, test } from 'vitest';

const STILLFRAME = fileURLToPath(new URL('../cli/bin/stillframe.mjs', import.meta.url));
const ACKNOWLEDGED = 500;

test('kill -9 loses no acknowledged hit, and doubles none', async () => {
  const home = mkdtempSync(join(tmpdir(), 'stillframe-kill-'));
  const start = async () => {
    const server = startProcess(process.execPath, [STILLFRAME, 'server', '--port', '0', '--data', home, '--json']);
    const [json] = await server.output(/\{.*\}/);
    const { url } = JSON.parse(json) as { url: string };
    const key = (name: string) => readFileSync(join(home, name), 'utf8').trim();
    return { server, url, ide: await startIdeClient({ url, key: key('token') }), agentKey: key('agent.key') };
  };

  const first = await start();
  const agent = await startScriptedAgent({ url: first.url, key: first.agentKey, description: { id: 'agent-kill' } });
  const { id } = await first.ide.request(ActionCreate, {
    kind: 'log',
    template: 'reached',
    location: { path: '/app/a.js', line: 1 },
    target: { by: 'all' },
    dialect: 'javascript',
    maxHits: 100_000,
  });
  await agent.until((actions) => (actions.length === 1 ? true : undefined), 'the action');
  let acknowledged = 0;
  const flood = (async () => {
    for (;;) {
      await agent.hit({
        actionId: id,
        revision: 1,
        at: Date.now(),
        message: `line ${acknowledged}`,
        frames: [{ function: 'f' }],
        watches: [],
        values: [],
        capture: { heldUpMicros: 1, nodes: 0 },
      });
      acknowledged += 1;
      if (acknowledged === ACKNOWLEDGED) first.server.kill('SIGKILL');
    }
  })();
  await expect(flood).rejects.toThrow();
  expect(await first.server.exited).toBe('SIGKILL');
  first.ide.close();
  await agent.close();

  const second = await start();
  const { total, hits } = await second.ide.request(HitList, { actionId: id, afterOrdinal: 0, limit: 1000 });
  // One more may have been stored whose answer was lost on the way.
  expect([acknowledged, acknowledged + 1]).toContain(total);
  expect(hits.map(({ message }) => message)).toEqual(Array.from({ length: total }, (_, at) => `line ${at}`));
  second.ide.close();
  await second.server.stop();
  rmSync(home, { recursive: true, force: true });
});

/**
 * The program an editor starts, on every Node an editor may bring: nothing but messages on its output, and an end for
 * every way in which an editor goes away.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { startManagementServer } from '@stillframe/management-server/main';
import { type LspScene, startLspScene } from '@stillframe/test-kit/lsp-scene';
import { nodeVersions } from '@stillframe/test-kit/node-versions';
import { hitOf } from '@stillframe/test-kit/scripted-agent';
import { afterEach, expect, test } from 'vitest';

const BINARY = fileURLToPath(new URL('../cli/bin/stillframe.mjs', import.meta.url));
const FILE = 'src/orders.ts';
const TEXT = 'export function total(order) {\n  return order.sum;\n}\n';

let scene: LspScene;
let child: ChildProcessWithoutNullStreams;
let exited: Promise<number | null>;
let errors: string;

async function start(node = process.execPath): Promise<void> {
  errors = '';
  scene = await startLspScene(
    {
      startManagementServer,
      async startLspServer({ input, output }) {
        child = spawn(node, [BINARY, 'lsp', '--stdio']);
        exited = new Promise((resolve) => child.once('exit', resolve));
        child.stderr.setEncoding('utf8').on('data', (text: string) => {
          errors += text;
        });
        input.pipe(child.stdin);
        child.stdout.pipe(output);
        // A program that has ended takes no more; its exit code is what is looked at.
        child.stdin.on('error', () => {});
      },
    },
    { workspace: { [FILE]: TEXT } },
  );
}
afterEach(async () => {
  child.kill('SIGKILL');
  await exited;
  await scene.close({ ended: true });
});

test.each(nodeVersions())('a snapshot, shutdown and exit on $name', async ({ path }) => {
  await start(path);
  const { editor } = scene;
  const uri = scene.uri(FILE);
  editor.open(uri, TEXT);
  const agent = await scene.agent({ sources: { [`/app/${FILE}`]: TEXT } });
  await editor.untilLens(uri, 'Add snapshot');
  await editor.execute('stillframe.action.create', { kind: 'snapshot', uri, line: 1 });
  const action = await agent.until((all) => all[0], 'the action');
  agent.arm(action);
  await agent.hit(hitOf(action, { order: { sum: 7 } }));
  await editor.untilLens(uri, '● snapshot · 1/10 hits');
  expect(JSON.stringify(await editor.inlayHints(uri))).toContain('order = {sum: 7}');
  expect(JSON.stringify(await editor.hover(uri, 1, 10))).toContain('**order** in the last hit');
  await editor.request('shutdown', undefined);
  editor.notify('exit', undefined);
  expect(await exited).toBe(0);
  expect(errors).toBe('');
});

test('an editor that is gone', async () => {
  await start();
  child.stdin.end();
  expect(await exited).toBe(1);
});

test('a message it does not know, and one that is none', async () => {
  await start();
  const { editor } = scene;
  await expect(editor.request('stillframe/unheardOf', {})).rejects.toThrow(/stillframe\/unheardOf/);
  child.stdin.write('Content-Length: 5\r\n\r\nhello');
  expect(await editor.execute('stillframe.auth.status')).toMatchObject({ server: scene.url });
});

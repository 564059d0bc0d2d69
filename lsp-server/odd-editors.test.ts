/** Editors that refuse what they are asked, change their mind, spell the same file in another way, or count emojis. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startManagementServer } from '@stillframe/management-server/main';
import { type LspScene, startLspScene } from '@stillframe/test-kit/lsp-scene';
import { hitOf, type ScriptedAgent } from '@stillframe/test-kit/scripted-agent';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { CancellationTokenSource } from 'vscode-languageserver/node';
import { startLspServer } from './main.ts';

const FILE = 'src/orders [a].ts';
const TEXT = "export function total(order) {\n  const face = '🦊🦊'; return order.sum; // 🦊\n}\n";
const LINE = TEXT.split('\n')[1] ?? '';
const OF_ORDER = LINE.indexOf('order.sum');

let scene: LspScene;
let agent: ScriptedAgent;
let uri: string;
beforeEach(async () => {
  scene = await startLspScene({ startManagementServer, startLspServer }, { workspace: { [FILE]: TEXT } });
  await scene.connected();
  agent = await scene.agent({ sources: { [`/app/${FILE}`]: TEXT } });
  await agent.settled();
  uri = scene.uri(FILE);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await scene.close();
});

test('an editor that refuses every request still places, shows and opens', async () => {
  const editor = await scene.secondEditor({
    refuses: [
      'workspace/configuration',
      'workspace/codeLens/refresh',
      'workspace/inlayHint/refresh',
      'client/registerCapability',
      'window/showMessageRequest',
      'window/showDocument',
    ],
  });
  editor.open(uri, TEXT);
  await editor.untilLens(uri, 'Add snapshot');
  expect(await editor.execute('stillframe.action.compose', { uri, line: 1 })).toBeNull();
  const unasked = await editor.until(() => editor.messages[0], 'the question nobody could be asked');
  expect(unasked).toMatch(/^Place a snapshot at line 2 .*This editor has no dialog to ask: nothing was done$/);
  await editor.execute('stillframe.action.create', { kind: 'snapshot', uri, line: 1 });
  const action = await agent.until((all) => all[0], 'the action');
  await agent.hit(hitOf(action, { order: { sum: 7 } }));
  const { uri: shown } = (await editor.execute('stillframe.hit.open', { actionId: action.id })) as { uri: string };
  expect(editor.messages.at(-1)).toBe(`Open ${new URL(shown).pathname}`);
});

test('what cannot be written is said in words', async () => {
  const { editor } = scene;
  const file = join(scene.root, 'file');
  writeFileSync(file, '');
  vi.stubEnv('XDG_CACHE_HOME', file);
  await expect(editor.execute('stillframe.source.showDeployed', { uri })).rejects.toThrow(
    /^Make your cache folder writable, or set XDG_CACHE_HOME: /,
  );
});

test('a request that nobody waits for any more is not answered at length', async () => {
  const { editor } = scene;
  editor.open(uri, TEXT);
  await editor.untilLens(uri, 'Add snapshot');
  const cancelled = new CancellationTokenSource();
  const asked = editor.request('textDocument/codeLens', { textDocument: { uri } }, cancelled.token);
  cancelled.cancel();
  await expect(asked).rejects.toThrow(/cancelled/i);
  expect(await editor.codeLens(uri)).toHaveLength(3);
});

test('the same file under another spelling of its URI has the unsaved text of its editor', async () => {
  const { editor } = scene;
  const spelled = uri.replace('[a]', '%5ba%5D').replace('/orders', '/%6Frders');
  expect(spelled).not.toBe(uri);
  editor.open(spelled, `// new\n${TEXT}`);
  expect(await editor.execute('stillframe.action.create', { kind: 'snapshot', uri, line: 2 })).toBeNull();
  expect(editor.questions.map(({ message }) => message)).toEqual([expect.stringMatching(/has unsaved changes/)]);
  expect(agent.actions()).toEqual([]);
});

test('positions count UTF-16 units', async () => {
  const { editor } = scene;
  editor.open(uri, TEXT);
  await editor.untilLens(uri, 'Add snapshot');
  const at = (character: number) => ({ line: 1, character });
  const end = at(OF_ORDER + 'order.sum'.length);
  const actions = await editor.codeActions(uri, { start: at(OF_ORDER), end });
  const watching = actions.find(({ title }) => title.endsWith('watching order.sum'));
  await editor.execute('stillframe.action.create', watching?.command?.arguments?.[0]);
  const action = await agent.until((all) => all[0], 'the action');
  expect(action.location).toMatchObject({ line: 2, column: OF_ORDER + 1 });
  await agent.hit(hitOf(action, { order: { sum: 7 } }));
  await editor.untilLens(uri, '◌ snapshot · 1/10');
  const [hint] = await editor.inlayHints(uri);
  expect(hint?.position).toEqual(at(LINE.length));
  const hover = await editor.hover(uri, 1, OF_ORDER + 1);
  expect(hover?.range).toEqual({ start: at(OF_ORDER), end: at(OF_ORDER + 'order'.length) });
  agent.arm(action, { state: 'rejected', links: [{ link: 'line', state: 'broken', reason: 'No code' }] });
  const problem = await editor.until(() => editor.diagnostics.get(uri)?.[0], 'the diagnostic');
  expect(problem.range).toEqual({ start: at(2), end: at(LINE.length) });
});

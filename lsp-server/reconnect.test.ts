/** A server that is not there yet, goes away in the middle of a question, comes back changed, or is another one. */
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startManagementServer } from '@stillframe/management-server/main';
import type { LspClient } from '@stillframe/test-kit/lsp-client';
import { type LspScene, startLspScene } from '@stillframe/test-kit/lsp-scene';
import { startWire, type Wire } from '@stillframe/test-kit/lsp-wire';
import { hitOf, type ScriptedAgent, startScriptedAgent } from '@stillframe/test-kit/scripted-agent';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startLspServer } from './main.ts';

const FILE = 'src/orders.ts';
const TEXT = 'export function total(order) {\n  return order.sum;\n}\n';
const OTHER_FILE = 'src/bills.ts';
const OTHER_TEXT = '// bills\n';

let scene: LspScene;
let agent: ScriptedAgent;
let wire: Wire;
let uri: string;
beforeEach(async () => {
  const workspace = { [FILE]: TEXT, [OTHER_FILE]: OTHER_TEXT };
  scene = await startLspScene({ startManagementServer, startLspServer }, { workspace });
  agent = await scene.agent({ sources: { [`/app/${FILE}`]: TEXT } });
  await agent.settled();
  uri = scene.uri(FILE);
});
afterEach(async () => {
  await wire.close();
  await scene.close();
});

test('documents opened before the server is there get their lenses when it comes', async () => {
  const editor = await editorBehind(await startWire(scene.url, { isCut: true }));
  editor.open(uri, TEXT);
  await editor.until(() => editor.messages[0], 'what is wrong');
  expect(await editor.codeLens(uri)).toEqual([]);
  wire.mend();
  await editor.untilLens(uri, 'Add snapshot');
  wire.cut();
  await editor.until(() => editor.messages[1], 'what is wrong again');
  expect(editor.messages).toEqual(
    Array(2).fill(expect.stringMatching(/^Cannot reach .* Start it with "stillframe server"/)),
  );
});

test('what is asked while the server is away goes where the files are when it comes', async () => {
  const editor = await editorBehind(await startWire(scene.url, { isCut: true }));
  await editor.until(() => editor.messages[0], 'what is wrong');
  wire.mend();
  expect(await editor.execute('stillframe.action.create', { kind: 'snapshot', uri, line: 1 })).toMatchObject({
    placed: [{ line: 2, agents: 1 }],
  });
});

test('a connection that ends in the middle of questions is no bug, and the answers are empty', async () => {
  const editor = await editorBehind(await startWire(scene.url));
  editor.open(uri, TEXT);
  await editor.untilLens(uri, 'Add snapshot');
  const { codeLens } = editor.refreshes;
  const { lost } = wire.hold('program');
  agent.load({ [`/app/${OTHER_FILE}`]: OTHER_TEXT });
  await editor.until(() => (editor.refreshes.codeLens > codeLens ? true : undefined), 'news of the files');
  const asked = [
    editor.codeLens(uri),
    editor.inlayHints(uri),
    editor.execute('stillframe.source.showDeployed', { uri }).catch((error: Error) => error.message),
  ];
  await lost;
  wire.cut();
  const [lenses, hints, shown] = await Promise.all(asked);
  expect([lenses, hints]).toEqual([[], []]);
  expect(shown).toMatch(/^(The connection was lost before the server answered; try again|Cannot reach)/);
  wire.mend();
  await editor.untilLens(uri, 'Add snapshot');
});

test('what happened meanwhile is shown when the connection is back', async () => {
  const editor = await editorBehind(await startWire(scene.url));
  editor.open(uri, TEXT);
  await editor.untilLens(uri, 'Add snapshot');
  for (const line of [0, 1]) await editor.execute('stillframe.action.create', { kind: 'snapshot', uri, line });
  const [first, second] = await agent.until((all) => (all.length === 2 ? all : undefined), 'both actions');
  if (first === undefined || second === undefined) throw new Error('There are not two actions');
  agent.arm(second);
  await agent.hit(hitOf(second, { order: { sum: 1 } }));
  await editor.untilLens(uri, '● snapshot · 1/10');
  expect(hintTexts(await editor.inlayHints(uri))).toContain('order = {sum: 1}');

  wire.cut();
  await editor.until(() => editor.messages[0], 'what is wrong');
  await scene.editor.execute('stillframe.action.remove', { id: first.id });
  await agent.hit(hitOf(second, { order: { sum: 2 } }), hitOf(second, { order: { sum: 3 } }));
  wire.mend();
  await editor.untilLens(uri, '● snapshot · 3/10');
  const live = (await editor.codeLens(uri)).filter(({ command }) => command?.title.includes('hits'));
  expect(live).toHaveLength(1);
  expect(hintTexts(await editor.inlayHints(uri))).toContain('order = {sum: 3}');
  expect(JSON.stringify(await editor.hover(uri, 1, 10))).toContain('in the last 3 hits');
});

test('another server behind the same address: nothing of the one before is left', async () => {
  const editor = await editorBehind(await startWire(scene.url));
  editor.open(uri, TEXT);
  await editor.untilLens(uri, 'Add snapshot');
  const dataDirectory = join(scene.root, 'other');
  mkdirSync(dataDirectory, { mode: 0o700 });
  copyFileSync(process.env.STILLFRAME_TOKEN_FILE ?? '', join(dataDirectory, 'token'));
  const other = await startManagementServer({ port: 0, dataDirectory, log: () => {} });
  const key = readFileSync(other.agentKeyFile, 'utf8').trim();
  const elsewhere = await startScriptedAgent({ url: other.url, key, sources: { [`/elsewhere/${FILE}`]: TEXT } });
  await elsewhere.settled();
  try {
    wire.cut();
    await editor.until(() => editor.messages[0], 'what is wrong');
    wire.mend(other.url);
    await editor.execute('stillframe.action.create', { kind: 'snapshot', uri, line: 1 });
    const action = await elsewhere.until((all) => all[0], 'the action');
    expect(action.location.path).toBe(`/elsewhere/${FILE}`);
  } finally {
    await elsewhere.close();
    await other.close();
  }
});

async function editorBehind(made: Wire): Promise<LspClient> {
  wire = made;
  return scene.secondEditor({ initializationOptions: { server: wire.url } });
}

function hintTexts(hints: readonly { label: unknown }[]): string {
  return JSON.stringify(hints.map(({ label }) => label));
}

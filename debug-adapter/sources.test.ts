/** Which file an editor opens for a frame: its own when it is what runs, otherwise the deployed text. */
import { readFileSync } from 'node:fs';
import { sha256Of } from '@stillframe/management-client/workspace/content-hash';
import { startManagementServer } from '@stillframe/management-server/main';
import type { Frame } from '@stillframe/protocol/hit';
import { type DapScene, startDapScene } from '@stillframe/test-kit/dap-scene';
import { hitOf } from '@stillframe/test-kit/scripted-agent';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startDebugAdapter } from './main.ts';

const SAME = 'export const same = 1;\n';
const DEPLOYED = 'export const deployed = 1;\n';
const LIBRARY = 'module.exports = 1;\n';

let scene: DapScene;
beforeEach(async () => {
  const files = { 'src/same.js': SAME, 'src/edited.js': `// edited\n${DEPLOYED}` };
  scene = await startDapScene({ startManagementServer, startDebugAdapter }, files);
});
afterEach(() => scene.close());

const frame = (path: string, text: string | undefined, origin: Frame['origin'] = 'application'): Frame => ({
  function: 'f',
  path,
  line: 1,
  origin,
  ...(text !== undefined && { sha256: sha256Of(text) }),
});
const expectedOrigin = (text: string, more = '') => `deployed ${sha256Of(text).slice(0, 8)}${more}`;

interface Row {
  name: string;
  frame: Frame;
  /** `<workspace>` stands for the workspace. */
  source: object;
  /** What the source request, or the file at the path, gives. */
  content?: string;
}

const ROWS: Row[] = [
  { name: 'the same text', frame: frame('/app/src/same.js', SAME), source: { path: '<workspace>/src/same.js' } },
  {
    name: 'a text nobody named',
    frame: frame('/app/src/edited.js', undefined),
    source: { path: '<workspace>/src/edited.js' },
  },
  {
    name: 'edited since',
    frame: frame('/app/src/edited.js', DEPLOYED),
    source: {
      path: '/app/src/edited.js',
      sourceReference: 1,
      origin: expectedOrigin(DEPLOYED, ', local file differs'),
    },
    content: DEPLOYED,
  },
  {
    name: 'edited since, and nobody runs that version any more',
    frame: frame('/app/src/edited.js', 'older\n'),
    source: { path: '<workspace>/src/edited.js', origin: `local file differs from ${expectedOrigin('older\n')}` },
  },
  {
    name: 'only deployed',
    frame: frame('/app/dist/gone.js', DEPLOYED),
    source: { path: '/app/dist/gone.js', sourceReference: 1, origin: expectedOrigin(DEPLOYED) },
    content: DEPLOYED,
  },
  {
    name: 'a library',
    frame: frame('/app/node_modules/x/index.js', LIBRARY, 'library'),
    source: { sourceReference: 1, presentationHint: 'deemphasize' },
    content: LIBRARY,
  },
  {
    name: 'nowhere',
    frame: frame('C:\\app\\other.js', 'x\n'),
    source: { name: 'other.js', presentationHint: 'deemphasize', origin: 'C:\\app\\other.js' },
  },
  {
    name: 'the platform itself',
    frame: frame('node:internal/timers', undefined, 'runtime'),
    source: { name: 'node:internal/timers', presentationHint: 'deemphasize' },
  },
];

test.each(ROWS)('$name', async ({ frame: captured, source, content }) => {
  const { client, shown } = await show(captured, 'vscode');
  expect(JSON.parse(JSON.stringify(shown).replaceAll(scene.workspace, '<workspace>'))).toMatchObject(source);
  if (!('sourceReference' in source)) expect(shown).not.toHaveProperty('sourceReference');
  if (content === undefined) return;
  const { sourceReference = 0 } = shown ?? {};
  expect(await client.request('source', { sourceReference })).toMatchObject({ content });
});

test('an editor that opens files only gets a copy that cannot be edited by mistake', async () => {
  const { shown } = await show(frame('/app/src/edited.js', DEPLOYED), 'hx');
  expect(shown).not.toHaveProperty('sourceReference');
  expect(shown?.path).not.toContain(scene.workspace);
  expect(readFileSync(shown?.path ?? '', 'utf8')).toBe(DEPLOYED);
});

test('mappings of the launch configuration lead to the file', async () => {
  const pathMappings = [{ localRoot: scene.path('src'), remoteRoot: '/elsewhere' }];
  const { shown } = await show(frame('/elsewhere/same.js', SAME), 'vscode', { pathMappings });
  expect(shown?.path).toBe(scene.path('src/same.js'));
});

async function show(captured: Frame, clientID: string, options: object = {}) {
  const agent = await scene.agent({
    sources: {
      '/app/src/same.js': SAME,
      '/app/src/edited.js': DEPLOYED,
      '/app/dist/gone.js': DEPLOYED,
      '/app/node_modules/x/index.js': LIBRARY,
    },
  });
  const { client } = scene.debugger();
  await client.request('initialize', { adapterID: 'stillframe', clientID });
  await client.request('attach', { cwd: scene.workspace, ...options });
  await client.request('configurationDone');
  await client.request('setBreakpoints', { source: { path: scene.path('src/same.js') }, breakpoints: [{ line: 1 }] });
  const action = await agent.until((all) => all[0], 'the action');
  await agent.hit(hitOf(action, {}, { frames: [captured] }));
  const { threadId = 0 } = await client.event('stopped');
  const { stackFrames } = await client.request('stackTrace', { threadId });
  return { client, shown: stackFrames[0]?.source };
}

/** Where an action goes from an editor's line, and what is said when the text is not what is deployed. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { startManagementServer } from '@stillframe/management-server/main';
import type { ActionPlaced } from '@stillframe/protocol/messages/editor-extensions';
import { type LspScene, startLspScene } from '@stillframe/test-kit/lsp-scene';
import type { ScriptedAgent } from '@stillframe/test-kit/scripted-agent';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startLspServer } from './main.ts';

const TEXT = 'export function add(a, b) {\n  return a + b;\n}\n';
const OTHER = 'export function add(a, b) {\n  const sum = a + b;\n  return sum;\n}\n';
const CRLF = TEXT.replaceAll('\n', '\r\n');

interface Row {
  name: string;
  /** Below the workspace. */
  file: string;
  disk?: string;
  /** Undefined: the file is not open. */
  buffer?: string;
  deployed: Record<string, string>;
  spec?: object;
  answer?: string;
  /** Path, line and column the agent is told; `null` when nothing may be placed. */
  placed: { path: string; line: number; column?: number } | null;
  asked?: RegExp;
  warned?: RegExp;
  error?: RegExp;
  /** Whether the agent is told the hash of what it runs. */
  sameHash?: boolean;
}

const same = (file: string) => ({ file, disk: TEXT, buffer: TEXT, deployed: { [`/app/${file}`]: TEXT } });

const ROWS: Row[] = [
  { name: 'the same text', ...same('a/same.ts'), placed: { path: '/app/a/same.ts', line: 2 }, sameHash: true },
  {
    name: 'a column on the line',
    ...same('a/column.ts'),
    spec: { character: 9 },
    placed: { path: '/app/a/column.ts', line: 2, column: 10 },
  },
  {
    name: 'a file that is not open',
    file: 'a/closed.ts',
    disk: TEXT,
    deployed: { '/app/a/closed.ts': TEXT },
    placed: { path: '/app/a/closed.ts', line: 2 },
    sameHash: true,
  },
  {
    name: 'odd characters in the path',
    ...same('a b/%41 #1 [x] ü?/ö&=+,;.ts'),
    placed: { path: '/app/a b/%41 #1 [x] ü?/ö&=+,;.ts', line: 2 },
    sameHash: true,
  },
  {
    name: 'an editor that drops the byte order mark',
    file: 'a/mark.ts',
    disk: `\uFEFF${TEXT}`,
    buffer: TEXT,
    deployed: { '/app/a/mark.ts': `\uFEFF${TEXT}` },
    placed: { path: '/app/a/mark.ts', line: 2 },
    sameHash: true,
  },
  {
    name: 'an editor that turns line ends round',
    file: 'a/ends.ts',
    disk: CRLF,
    buffer: TEXT,
    deployed: { '/app/a/ends.ts': CRLF },
    placed: { path: '/app/a/ends.ts', line: 2 },
    sameHash: true,
  },
  {
    name: 'content decides between files of the same name',
    file: 'a/moved.ts',
    disk: TEXT,
    buffer: TEXT,
    deployed: { '/srv/one/moved.ts': OTHER, '/srv/two/moved.ts': TEXT },
    placed: { path: '/srv/two/moved.ts', line: 2 },
    sameHash: true,
  },
  {
    name: 'another text, and nobody says anyway',
    file: 'a/differs.ts',
    disk: OTHER,
    buffer: OTHER,
    deployed: { '/app/a/differs.ts': TEXT },
    placed: null,
    asked: /^differs\.ts differs from the text that is deployed, so line 2 may mean other code there\.$/,
  },
  {
    name: 'another text, placed anyway',
    file: 'a/anyway.ts',
    disk: OTHER,
    buffer: OTHER,
    deployed: { '/app/a/anyway.ts': TEXT },
    answer: 'Place anyway',
    placed: { path: '/app/a/anyway.ts', line: 2 },
    asked: /differs/,
    warned: /^Placed although anyway\.ts differs from the text that is deployed$/,
    sameHash: false,
  },
  {
    name: 'drift that the client has allowed is not asked about',
    file: 'a/allowed.ts',
    disk: OTHER,
    buffer: OTHER,
    deployed: { '/app/a/allowed.ts': TEXT },
    spec: { allowDrift: true },
    placed: { path: '/app/a/allowed.ts', line: 2 },
  },
  {
    name: 'unsaved changes are called that',
    file: 'a/unsaved.ts',
    disk: TEXT,
    buffer: OTHER,
    deployed: { '/app/a/unsaved.ts': TEXT },
    placed: null,
    asked: /^unsaved\.ts has unsaved changes and so differs/,
  },
  {
    name: 'the deployed text is shown first',
    file: 'a/shown.ts',
    disk: OTHER,
    buffer: OTHER,
    deployed: { '/app/a/shown.ts': TEXT },
    answer: 'Show deployed text',
    placed: null,
    asked: /differs/,
  },
  {
    name: 'two files that could be meant',
    file: 'index.ts',
    disk: OTHER,
    buffer: OTHER,
    deployed: { '/one/index.ts': `${TEXT}//1`, '/two/index.ts': `${TEXT}//2` },
    placed: null,
    error: /^Add a path mapping to \.stillframe\.json: Several deployed files match/,
  },
  {
    name: 'a path mapping decides',
    file: 'api/index.ts',
    disk: TEXT,
    buffer: TEXT,
    deployed: { '/mapped/index.ts': TEXT },
    placed: { path: '/mapped/index.ts', line: 2 },
    sameHash: true,
  },
  {
    name: 'a file nobody has loaded waits',
    file: 'a/nowhere.ts',
    disk: 'nowhere();\n',
    buffer: 'nowhere();\n',
    deployed: {},
    spec: { line: 0 },
    placed: { path: 'a/nowhere.ts', line: 1 },
    warned: /No connected agent has loaded .* The snapshot waits until one does$/,
  },
  {
    name: 'a text file',
    file: 'a/notes.txt',
    disk: TEXT,
    buffer: TEXT,
    deployed: {},
    placed: null,
    error: /^Choose a line in a saved JavaScript/,
  },
  {
    name: 'a condition that cannot be read',
    ...same('a/condition.ts'),
    spec: { condition: 'a >' },
    placed: null,
    error: /^Change the condition: /,
  },
  {
    name: 'a condition that would change something',
    ...same('a/assigns.ts'),
    spec: { condition: 'a = 1' },
    placed: null,
    error: /^Change the condition: /,
  },
  {
    name: 'a target that cannot be read',
    ...same('a/target.ts'),
    spec: { target: 'tag:' },
    placed: null,
    error: /tag/i,
  },
  {
    name: 'a log without a text',
    ...same('a/log.ts'),
    spec: { kind: 'log' },
    placed: null,
    error: /^Give the log a text/,
  },
  {
    name: 'a line before the first',
    ...same('a/line.ts'),
    spec: { line: -1 },
    placed: null,
    error: /^Change line of stillframe\.action\.create/,
  },
];

let scene: LspScene;
let agent: ScriptedAgent;

beforeAll(async () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: this is how the file spells it
  const config = { pathMappings: [{ localRoot: '${workspaceFolder}/api', remoteRoot: '/mapped' }] };
  const workspace = { '.stillframe.json': JSON.stringify(config) };
  scene = await startLspScene({ startManagementServer, startLspServer }, { workspace });
  await scene.connected();
  agent = await scene.agent();
});
afterAll(() => scene.close());

test.each(ROWS)(
  '$name',
  async ({ file, disk, buffer, deployed, spec, answer, placed, asked, warned, error, sameHash }) => {
    const { editor } = scene;
    const uri = scene.uri(file);
    mkdirSync(dirname(scene.path(file)), { recursive: true });
    if (disk !== undefined) writeFileSync(scene.path(file), disk);
    await load(deployed);
    if (buffer !== undefined) editor.open(uri, buffer);
    editor.questions.length = 0;
    editor.messages.length = 0;
    editor.answers.splice(0, Infinity, ...(answer === undefined ? [] : [answer]));
    editor.shown.length = 0;

    const creating = editor.execute('stillframe.action.create', { kind: 'snapshot', uri, line: 1, ...spec });
    if (error !== undefined) await expect(creating).rejects.toThrow(error);
    const made = error === undefined ? ((await creating) as ActionPlaced | null) : null;
    expect(editor.questions.map(({ message }) => message)).toEqual(
      asked === undefined ? [] : [expect.stringMatching(asked)],
    );
    const warnings = warned === undefined ? [] : [expect.stringMatching(warned)];
    expect(made?.warnings ?? []).toEqual(warnings);
    expect(editor.messages).toEqual(warnings);
    expect(editor.shown.length).toBe(answer === 'Show deployed text' ? 1 : 0);
    if (placed === null) {
      expect(made).toBeNull();
      expect(agent.actions()).toEqual([]);
      return;
    }
    const action = await agent.until((all) => all.find(({ id }) => id === made?.id), 'the action');
    expect(action.location).toMatchObject(placed);
    expect(action.location.column).toBe(placed.column);
    if (sameHash !== undefined) {
      const [loaded] = (made?.placed ?? []).map(({ version }) => version);
      expect(action.location.sha256 === loaded).toBe(sameHash);
    }
    await editor.execute('stillframe.action.remove', { id: action.id });
    await agent.until((all) => (all.some(({ id }) => id === action.id) ? undefined : true), 'the removal');
  },
);

let loadedBefore: string[] = [];

/** The agent runs these and nothing else; waits until the language server has heard of it. */
async function load(deployed: Record<string, string>): Promise<void> {
  agent.unload(loadedBefore);
  agent.load(deployed);
  loadedBefore = Object.keys(deployed);
  const probe = { [`/probe/${Math.random()}.ts`]: `// ${Math.random()}\n` };
  agent.load(probe);
  const [[path, text] = ['', '']] = Object.entries(probe);
  const local = `probe/${path.split('/').at(-1)}`;
  mkdirSync(scene.path('probe'), { recursive: true });
  writeFileSync(scene.path(local), text);
  loadedBefore.push(path);
  await scene.editor.until(async () => {
    const { text: explained } = (await scene.editor.execute('stillframe.mapping.explain', {
      uri: scene.uri(local),
    })) as { text: string };
    return explained.includes(`${path} `) ? true : undefined;
  }, 'the files to be known');
}

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
  /** What else the agent is told. */
  told?: object;
}

const NESTED = `export function outer(list) {
  return list.map((item) => {
    const twice = item * 2;
    return twice;
  });
}
app.post('/orders', (request) => {
  const { body } = request;
  return body;
});
`;

const same = (file: string, text = TEXT) => ({ file, disk: text, buffer: text, deployed: { [`/app/${file}`]: text } });
/** An action of some kind that is placed in the file as it is deployed. */
const kind = (name: string, file: string, spec: object, told: object, line = 2): Row => {
  return { name, ...same(file, NESTED), spec, told, placed: { path: `/app/${file}`, line } };
};

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
  kind('a counter', 'k/counter.ts', { kind: 'counter' }, { kind: 'counter' }),
  kind(
    'a counter by a value, on a condition',
    'k/by.ts',
    { kind: 'counter', expression: 'item', condition: 'item > 1' },
    { kind: 'counter', expression: { text: 'item' }, condition: { text: 'item > 1' } },
  ),
  kind(
    'a metric',
    'k/metric.ts',
    { kind: 'metric', expression: 'item * 2', expiresSec: 60 },
    { kind: 'metric', expression: { text: 'item * 2' } },
  ),
  kind(
    'tic & toc',
    'k/tictoc.ts',
    { kind: 'tictoc', endLine: 3 },
    { endLocation: { path: '/app/k/tictoc.ts', line: 4, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) } },
  ),
  {
    name: 'tic & toc in a file nobody has loaded',
    file: 'k/nowhere.ts',
    disk: 'a();\nnowhere();\n',
    deployed: {},
    spec: { kind: 'tictoc', line: 0, endLine: 1 },
    placed: { path: 'k/nowhere.ts', line: 1 },
    told: { endLocation: { path: 'k/nowhere.ts', line: 2 } },
    warned: /The tictoc waits until one does$/,
  },
  {
    name: 'tic & toc by a path mapping, in another text that is allowed',
    file: 'api/timed.ts',
    disk: OTHER,
    buffer: OTHER,
    deployed: { '/mapped/timed.ts': TEXT },
    spec: { kind: 'tictoc', endLine: 2 },
    answer: 'Place anyway',
    placed: { path: '/mapped/timed.ts', line: 2 },
    told: { endLocation: { path: '/mapped/timed.ts', line: 3 } },
    asked: /^timed\.ts differs from the text that is deployed, so lines 2 and 3 may mean other code there\.$/,
    warned: /^Placed although/,
  },
  {
    name: 'tic & toc with one line',
    ...same('k/one.ts'),
    spec: { kind: 'tictoc' },
    placed: null,
    error: /^Give tic & toc a second line/,
  },
  kind('a duration', 'k/duration.ts', { kind: 'duration' }, { kind: 'duration', functionName: null }),
  kind(
    'a duration of the function round a line, which needs no name',
    'k/round.ts',
    { kind: 'duration', character: 2, functionName: 'outer' },
    { location: { line: 2, column: 3 }, functionName: null },
  ),
  kind(
    'a duration of a function with a name that no text has',
    'k/post.ts',
    { kind: 'duration', line: 7, functionName: "post('/orders') callback" },
    { functionName: null },
    8,
  ),
  kind(
    'a duration of another function than the one round the line',
    'k/another.ts',
    { kind: 'duration', line: 7, functionName: 'outer' },
    { functionName: 'outer' },
    8,
  ),
  kind(
    'a duration with its slowest calls',
    'k/slowest.ts',
    { kind: 'duration', sampling: { by: 'slowest', aboveMs: 20 }, maxHits: 5 },
    { sampling: { by: 'slowest', aboveMs: 20 }, maxHits: 5 },
  ),
  kind(
    'a snapshot for each value',
    'k/distinct.ts',
    { sampling: { by: 'distinct', expression: 'item' } },
    { sampling: { by: 'distinct', expression: { text: 'item' } } },
  ),
  kind(
    'a snapshot now and then, with the variables of callers',
    'k/deep.ts',
    { sampling: { by: 'interval', everyMs: 5000 }, framesWithLocals: 3 },
    { sampling: { by: 'interval', everyMs: 5000 }, capture: { framesWithLocals: 3, depth: 3 } },
  ),
  kind(
    'one agent first',
    'k/canary.ts',
    { canary: { watchMs: 5000 } },
    { canary: { agents: 1, watchMs: 5000, maxDelayRatio: 2, maxErrorShare: 0.01 } },
  ),
  {
    name: 'a metric without an expression',
    ...same('k/none.ts'),
    spec: { kind: 'metric', expression: '  ' },
    placed: null,
    error: /^Give the metric an expression/,
  },
  {
    name: 'a sampling that does not go with the kind',
    ...same('k/sampled.ts'),
    spec: { sampling: { by: 'slowest' } },
    placed: null,
    error: /"slowest" is for method durations, not for a snapshot/,
  },
  {
    name: 'a source nobody has saved',
    ...same('k/source.ts'),
    spec: { kind: 'counter', target: 'source:checkout' },
    placed: null,
    error: /^Save the source "checkout" first/,
  },
  {
    name: 'more frames than are ever captured',
    ...same('k/frames.ts'),
    spec: { framesWithLocals: 6 },
    placed: null,
    error: /^Change framesWithLocals of stillframe\.action\.create/,
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
  async ({ file, disk, buffer, deployed, spec, answer, placed, asked, warned, error, sameHash, told }) => {
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
    if (told === undefined) expect(action.location.column).toBe(placed.column);
    else expect({ functionName: null, ...action }).toMatchObject(told);
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

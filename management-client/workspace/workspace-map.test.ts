/** Between a workspace on disk and what agents have loaded, in both directions. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { DeployedFile } from '@stillframe/protocol/messages/ide-connection';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { gitBlobOf, sha256Of } from './content-hash.ts';
import { readWorkspaceConfig } from './read-workspace-config.ts';
import { WorkspaceMap } from './workspace-map.ts';

let root: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'stillframe-map-')));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const deployed = (path: string, text: string): DeployedFile => ({ path, sha256: sha256Of(text), agentIds: ['a'] });

interface Row {
  name: string;
  /** Files of the workspace. */
  local: Record<string, string>;
  deployed: DeployedFile[];
  mappings?: { localRoot: string; remoteRoot: string }[];
  /** The local file, and where it leads. */
  from: string;
  to: { verdict: string; rule?: string; path?: string; sameContent?: boolean };
  /** The way back, when it is another one than to the file itself. */
  back?: string | undefined;
}

const ROWS: Row[] = [
  {
    name: 'the same content under another root',
    local: { 'src/orders.ts': 'orders', 'src/other.ts': 'other' },
    deployed: [deployed('/app/dist/orders.ts', 'orders')],
    from: 'src/orders.ts',
    to: { verdict: 'mapped', rule: 'content', path: '/app/dist/orders.ts', sameContent: true },
  },
  {
    name: 'edited since: the end of the path',
    local: { 'src/orders.ts': 'edited' },
    deployed: [deployed('/app/src/orders.ts', 'orders')],
    from: 'src/orders.ts',
    to: { verdict: 'mapped', rule: 'suffix', path: '/app/src/orders.ts', sameContent: false },
  },
  {
    name: 'a setting wins over content, whatever its order, the longest first',
    local: { 'api/src/a.ts': 'a' },
    deployed: [
      deployed('/elsewhere/src/a.ts', 'a'),
      deployed('/srv/src/a.ts', 'other'),
      deployed('/srv/api/src/a.ts', 'x'),
    ],
    mappings: [
      { localRoot: '.', remoteRoot: '/srv/api-old' },
      { localRoot: '$' + '{workspaceFolder}/api/', remoteRoot: '/srv/' },
    ],
    from: 'api/src/a.ts',
    to: { verdict: 'mapped', rule: 'setting', path: '/srv/src/a.ts', sameContent: false },
  },
  {
    name: 'two services with the same file',
    local: { 'lib/twice.ts': 'twice' },
    deployed: [deployed('/one/lib/twice.ts', 'twice'), deployed('/two/lib/twice.ts', 'twice')],
    from: 'lib/twice.ts',
    to: { verdict: 'ambiguous' },
  },
  {
    name: 'two versions of one file',
    local: { 'src/a.ts': 'new' },
    deployed: [deployed('/app/src/a.ts', 'new'), deployed('/app/src/a.ts', 'old')],
    from: 'src/a.ts',
    to: { verdict: 'mapped', path: '/app/src/a.ts', sameContent: false },
  },
  {
    name: 'nobody has loaded it',
    local: { 'src/a.ts': 'a' },
    deployed: [deployed('/app/src/b.ts', 'b')],
    from: 'src/a.ts',
    to: { verdict: 'unmapped', rule: 'none' },
  },
  {
    name: 'a namesake in another folder is no evidence',
    local: { 'src/deep/index.ts': 'mine' },
    deployed: [deployed('/app/other/index.ts', 'theirs')],
    from: 'src/deep/index.ts',
    to: { verdict: 'unmapped' },
  },
];

test.each(ROWS)('$name', async ({ local, deployed: files, mappings, from, to }) => {
  write(local);
  if (mappings !== undefined) write({ '.stillframe.json': JSON.stringify({ pathMappings: mappings }) });
  const map = new WorkspaceMap({ folders: [root], files: async () => files });
  const match = await map.deployedFor(join(root, from));
  const { verdict, rule, sameContent, files: found } = match;
  expect({ verdict, rule, sameContent, path: found[0]?.path }).toMatchObject(to);
  expect(match.explanation).not.toBe('');
  if (verdict !== 'mapped' || found[0] === undefined) return;
  expect(await map.localFor(found[0].path, found[0].sha256)).toMatchObject({ path: join(root, from) });
});

test("the editor's text counts, saved or not", async () => {
  write({ 'src/a.ts': 'saved' });
  const map = new WorkspaceMap({ folders: [root], files: async () => [deployed('/app/src/a.ts', 'unsaved')] });
  expect(await map.deployedFor(join(root, 'src/a.ts'))).toMatchObject({ sameContent: false });
  expect(await map.deployedFor(join(root, 'src/a.ts'), 'unsaved')).toMatchObject({ sameContent: true });
});

test('a file that runs where it is edited is itself', async () => {
  write({ 'src/a.ts': 'a' });
  const map = new WorkspaceMap({ folders: [root], files: async () => [] });
  expect(await map.localFor(join(root, 'src/a.ts'))).toMatchObject({ path: join(root, 'src/a.ts'), rule: 'content' });
  expect(await map.localFor('/nowhere/src/b.ts')).toMatchObject({ rule: 'none' });
});

test('of two local namesakes the one with the content is meant; without it, none', async () => {
  write({ 'one/index.ts': 'one', 'two/index.ts': 'two' });
  const map = new WorkspaceMap({ folders: [root], files: async () => [] });
  expect((await map.localFor('/app/dist/index.ts', sha256Of('two'))).path).toBe(join(root, 'two/index.ts'));
  expect(await map.localFor('/app/dist/index.ts', sha256Of('neither'))).toMatchObject({
    rule: 'none',
    explanation: expect.stringMatching(/^Several local files/),
  });
});

test('a hash is kept until the file changes', async () => {
  write({ 'a.ts': 'before' });
  const path = join(root, 'a.ts');
  const map = new WorkspaceMap({ folders: [root], files: async () => [] });
  expect(await map.hashOf(path)).toBe(sha256Of('before'));
  writeFileSync(path, 'behind');
  utimesSync(path, new Date(), new Date(Date.now() + 5000));
  expect(await map.hashOf(path)).toBe(sha256Of('behind'));
  expect(await map.hashOf(join(root, 'missing.ts'))).toBeUndefined();
});

test('a folder that is no repository is walked, without what is not its own', async () => {
  write({ 'src/a.ts': 'a', 'node_modules/x/b.ts': 'b', 'venv/c.py': 'c', 'README.md': '#' });
  const map = new WorkspaceMap({ folders: [root], files: async () => [] });
  expect((await map.localFor('/app/src/a.ts', sha256Of('a'))).path).toBe(join(root, 'src/a.ts'));
  expect((await map.localFor('/app/x/b.ts', sha256Of('b'))).path).toBeUndefined();
});

test('in a repository, what git ignores is not looked at; what is new is', async () => {
  execFileSync('git', ['init', '-q'], { cwd: root });
  write({ '.gitignore': 'out/\n', 'out/a.ts': 'a', 'src/a.ts': 'edited', 'src/new.ts': 'new' });
  const map = new WorkspaceMap({ folders: [root], files: async () => [] });
  expect((await map.localFor('/app/src/a.ts', sha256Of('a'))).path).toBe(join(root, 'src/a.ts'));
  expect((await map.localFor('/app/src/new.ts')).path).toBe(join(root, 'src/new.ts'));
});

test('a new file is found after a refresh', async () => {
  const map = new WorkspaceMap({ folders: [root], files: async () => [] });
  expect((await map.localFor('/app/src/a.ts')).path).toBeUndefined();
  write({ 'src/a.ts': 'a' });
  map.refresh();
  expect((await map.localFor('/app/src/a.ts')).path).toBe(join(root, 'src/a.ts'));
});

test('names of contents are those of sha256sum and git', () => {
  write({ 'a.txt': 'héllo\r\n' });
  const path = join(root, 'a.txt');
  const git = execFileSync('git', ['hash-object', '--no-filters', path]).toString().trim();
  expect(gitBlobOf('héllo\r\n')).toBe(git);
  expect(gitBlobOf(Buffer.from('héllo\r\n'))).toBe(git);
  expect(sha256Of('')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
});

/** `.stillframe.json`: what is in it, and what is wrong with it. */
const CONFIGS: [text: string | undefined, config: object][] = [
  [undefined, { pathMappings: [] }],
  ['{}', { pathMappings: [] }],
  [
    '{"server":"http://a","target":"tag:production"}',
    { server: 'http://a', target: 'tag:production', pathMappings: [] },
  ],
  ['{"unknown":1}', { pathMappings: [] }],
  ['{"target":5}', { pathMappings: [], problem: expect.stringMatching(/^Correct .*\.stillframe\.json: /) }],
  ['{"pathMappings":[{"localRoot":"a"}]}', { pathMappings: [], problem: expect.any(String) }],
  ['{', { pathMappings: [], problem: expect.stringMatching(/JSON/) }],
];

test.each(CONFIGS)('.stillframe.json: %s', async (text, config) => {
  if (text !== undefined) write({ '.stillframe.json': text });
  expect(await readWorkspaceConfig(root)).toEqual(config);
});

test('local roots are relative to the folder of the file', async () => {
  const mappings = ['api', '$' + '{workspaceFolder}/api', '/abs'].map((localRoot) => ({
    localRoot,
    remoteRoot: '/app',
  }));
  write({ '.stillframe.json': JSON.stringify({ pathMappings: mappings }) });
  const { pathMappings } = await readWorkspaceConfig(root);
  expect(pathMappings.map(({ localRoot }) => localRoot)).toEqual([join(root, 'api'), `${root}/api`, '/abs']);
});

function write(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
}

/** The command line as scripts and people use it: real processes, a real server and service, the JSON that is a contract. */
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { markedLine } from '@stillframe/test-kit/marks';
import { nodeVersions } from '@stillframe/test-kit/node-versions';
import { type StartedProcess, startProcess } from '@stillframe/test-kit/processes';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const STILLFRAME = fileURLToPath(new URL('./bin/stillframe.mjs', import.meta.url));
const REGISTER = pathToFileURL(fileURLToPath(new URL('../agents/node/register.cjs', import.meta.url))).href;
const PROGRAMS = fileURLToPath(new URL('../test-fixtures/programs/node', import.meta.url));
const COMMON = join(PROGRAMS, 'common.cjs');
const PLAIN = markedLine(COMMON, 'plain').line;

const home = mkdtempSync(join(tmpdir(), 'stillframe-cli-'));
let server: StartedProcess;
let service: StartedProcess;
let env: Record<string, string>;

beforeAll(async () => {
  server = startProcess(process.execPath, [
    STILLFRAME,
    'server',
    '--port',
    '0',
    '--data',
    join(home, 'data'),
    '--json',
  ]);
  const [json] = await server.output(/\{.*\}/);
  const { url, agentKeyFile, tokenFile } = JSON.parse(json) as Record<'url' | 'agentKeyFile' | 'tokenFile', string>;
  env = {
    STILLFRAME_URL: url,
    STILLFRAME_TOKEN_FILE: tokenFile,
    XDG_CONFIG_HOME: join(home, 'config'),
    STILLFRAME_NO_KEYCHAIN: '1',
  };
  service = startProcess(process.execPath, ['--import', REGISTER, COMMON], {
    env: {
      STILLFRAME_URL: url,
      STILLFRAME_KEY_FILE: agentKeyFile,
      STILLFRAME_NAME: 'common',
      STILLFRAME_TAGS: 'production',
    },
  });
  for (;;) {
    const { out } = await stillframe(['agents', '--json']);
    if ((JSON.parse(out) as unknown[]).length > 0) break;
  }
});

afterAll(async () => {
  await service.stop();
  await server.stop();
  rmSync(home, { recursive: true, force: true });
});

async function stillframe(
  args: string[],
  options: { env?: Record<string, string>; node?: string; input?: string } = {},
) {
  const child = startProcess(options.node ?? process.execPath, [STILLFRAME, ...args], {
    cwd: PROGRAMS,
    env: { ...env, NODE_OPTIONS: '', ...options.env },
  });
  if (options.input !== undefined) child.write(options.input);
  const code = await child.exited;
  return { code, out: child.stdout(), err: child.stderr() };
}

test('agents --json', async () => {
  const { out } = await stillframe(['agents', '--json']);
  expect(JSON.parse(out)).toEqual([
    {
      id: expect.any(String),
      name: 'common',
      tags: ['production'],
      runtime: 'node',
      host: expect.any(String),
      pid: service.pid,
    },
  ]);
});

test('a snapshot from place to hits, and why', async () => {
  const place = `common.cjs:${PLAIN}`;
  const args = [
    'snapshot',
    'add',
    place,
    '--condition',
    'sum > 3',
    '--watch',
    'items.length',
    '--tag',
    'production',
    '--max-hits',
    '1',
    '--json',
  ];
  const added = JSON.parse((await stillframe(args)).out) as { id: string; status: string };
  expect(added).toEqual({ id: expect.any(String), status: expect.stringMatching(/^(armed|completed)$/) });
  const followed = await stillframe(['hits', added.id, '--follow', '--json']);
  const [line = ''] = followed.out.split('\n');
  const hit = JSON.parse(line);
  expect(hit).toMatchObject({
    id: `${added.id}-1`,
    agent: 'common',
    watches: [{ text: 'items.length', value: '2' }],
  });
  expect(hit.frames[0]).toMatchObject({ function: 'plain', file: COMMON, line: PLAIN });
  const variables = hit.frames[0].variables as { name: string; value: string }[];
  expect(variables.find(({ name }) => name === 'sum')).toEqual({ name: 'sum', type: 'number', value: '6' });
  expect(JSON.parse((await stillframe(['hits', added.id, '--json'])).out)).toEqual([hit]);
  const why = JSON.parse((await stillframe(['why', added.id, '--json'])).out);
  const [explained] = why.agents as { agent: string; links: { link: string }[] }[];
  expect(explained?.agent).toBe('common');
  expect(explained?.links.map(({ link }) => link).slice(0, 3)).toEqual(['targeted', 'delivered', 'file']);
});

test('a log that goes to the service’s own output', async () => {
  const args = [
    'log',
    'add',
    `common.cjs:${PLAIN}`,
    'sum is {sum} of {items}',
    '--to',
    'both',
    '--max-hits',
    '2',
    '--json',
  ];
  const { id } = JSON.parse((await stillframe(args)).out) as { id: string };
  await service.output(/\[stillframe info common\.cjs:\d+\] sum is 6 of \[2, 4\]/);
  const { out } = await stillframe(['hits', id, '--follow', '--json']);
  expect(JSON.parse(out.split('\n')[0] ?? '')).toMatchObject({ message: 'sum is 6 of [2, 4]' });
});

test('actions are listed and removed', async () => {
  const { id } = JSON.parse((await stillframe(['snapshot', 'add', 'nowhere.js:3', '--expires', '30s', '--json'])).out);
  const listed = JSON.parse((await stillframe(['actions', '--json'])).out) as { id: string; target: string }[];
  expect(listed.find((action) => action.id === id)).toMatchObject({
    file: 'nowhere.js',
    line: 3,
    target: 'all',
    state: 'active',
  });
  expect((await stillframe(['actions'])).out).toContain('snapshot at nowhere.js:3');
  expect(JSON.parse((await stillframe(['actions', 'remove', id, '--json'])).out)).toEqual({
    removed: [id],
    unknown: [],
  });
});

const MISTAKES: [name: string, args: string[], message: string][] = [
  ['no line', ['snapshot', 'add', 'common.cjs'], 'Name a place as FILE:LINE'],
  [
    'a condition that does not parse',
    ['snapshot', 'add', 'common.cjs:3', '--condition', 'sum >'],
    'Change the condition',
  ],
  [
    'a time without a unit',
    ['snapshot', 'add', 'common.cjs:3', '--expires', '15'],
    'Give --expires a time such as 30s',
  ],
  [
    'agent and tag',
    ['snapshot', 'add', 'common.cjs:3', '--agent', 'a', '--tag', 'b'],
    'Give one of --agent, --tag and --source',
  ],
  ['a tag that is none', ['snapshot', 'add', 'common.cjs:3', '--tag', 'a,b c!'], 'is not a tag'],
  [
    'a file of no language',
    ['snapshot', 'add', 'notes.txt:3'],
    'Name a JavaScript, TypeScript, Python, Java or Kotlin file',
  ],
  ['an id nobody has', ['why', 'nobody'], 'Cannot find the action "nobody"'],
  ['removing what is not there', ['actions', 'remove', 'nobody'], 'There is no action nobody'],
  ['a port that is none', ['server', '--port', 'many'], 'Give --port a number'],
];

test.each(MISTAKES)('%s: one line of reason, and exit code 1', async (_name, args, message) => {
  const { code, out, err } = await stillframe(args);
  expect(code).toBe(1);
  expect(out).toBe('');
  expect(err).toContain(message);
  expect(err.trim().split('\n')).toHaveLength(1);
});

test('a server that is not there', async () => {
  const { code, err } = await stillframe(['agents'], { env: { STILLFRAME_URL: 'http://127.0.0.1:9' } });
  expect(code).toBe(1);
  expect(err).toContain('Cannot reach the Stillframe server at http://127.0.0.1:9');
});

test('a wrong token', async () => {
  const { code, err } = await stillframe(['agents'], { env: { STILLFRAME_TOKEN: 'wrong-token' } });
  expect(code).toBe(1);
  expect(err).toContain('Sign in to');
  expect(err).not.toContain('wrong-token');
});

test('login keeps the token where it says, and only after saying so', async () => {
  const token = readFileSync(env.STILLFRAME_TOKEN_FILE ?? '', 'utf8');
  const clean = { STILLFRAME_TOKEN_FILE: '' };
  const refused = await stillframe(['login', '--token-file', env.STILLFRAME_TOKEN_FILE ?? ''], { env: clean });
  expect(refused.code).toBe(1);
  expect(refused.err).toContain('--insecure-file');
  const allowed = await stillframe(['login', '--insecure-file', '--token-file', env.STILLFRAME_TOKEN_FILE ?? ''], {
    env: clean,
  });
  expect(allowed.code).toBe(0);
  const file = join(home, 'config', 'stillframe', 'tokens.json');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(allowed.out + allowed.err).not.toContain(token.trim());
  expect((await stillframe(['agents', '--json'], { env: clean })).code).toBe(0);
  expect((await stillframe(['logout'], { env: clean })).code).toBe(0);
  expect((await stillframe(['agents', '--json'], { env: clean })).code).toBe(1);
});

describe.each(nodeVersions())('$name', ({ path: node }) => {
  test('runs the client commands', async () => {
    const { code, out } = await stillframe(['agents', '--json'], { node });
    expect(code).toBe(0);
    expect(JSON.parse(out)).toHaveLength(1);
  });

  test('runs the server, or says which version it needs', async () => {
    const data = join(home, `data-${node.replaceAll('/', '-')}`);
    const child = startProcess(node, [STILLFRAME, 'server', '--port', '0', '--data', data, '--json'], {
      env: { NODE_OPTIONS: '' },
    });
    const [line] = await child.output(/\{.*\}|22\.5 or newer/);
    expect(line === '22.5 or newer').toBe(node.includes('node-20'));
    await child.stop();
  });
});

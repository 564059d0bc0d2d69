/** The program as the shell and the operator see it: help, pipes that close, keychains that hang, signals, and starts that fail. */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type StartedProcess, startProcess } from '@stillframe/test-kit/processes';
import { startIdeClient } from '@stillframe/test-kit/wire-client';
import { afterAll, beforeAll, expect, test } from 'vitest';

const STILLFRAME = fileURLToPath(new URL('./bin/stillframe.mjs', import.meta.url));

const home = mkdtempSync(join(tmpdir(), 'stillframe-process-'));
const clean = { XDG_CONFIG_HOME: join(home, 'config'), STILLFRAME_NO_KEYCHAIN: '1', NODE_OPTIONS: '' };
let server: StartedProcess;
let ready: { url: string; agentKeyFile: string; tokenFile: string };

beforeAll(async () => {
  // A relative directory, as people type it.
  server = startProcess(process.execPath, [STILLFRAME, 'server', '--port', '0', '--data', 'data', '--json'], {
    cwd: home,
    env: clean,
  });
  ready = JSON.parse((await server.output(/\{.*\}/))[0]) as typeof ready;
});

afterAll(async () => {
  await server.stop();
  rmSync(home, { recursive: true, force: true });
});

async function run(args: readonly string[], env: Record<string, string> = {}, before: readonly string[] = []) {
  const child = startProcess(process.execPath, [...before, STILLFRAME, ...args], {
    cwd: home,
    env: { ...clean, ...env },
  });
  return { code: await child.exited, out: child.stdout(), err: child.stderr() };
}

const COMMANDS = [
  ...['server', 'login', 'logout', 'agents', 'snapshot', 'snapshot add', 'log', 'log add', 'actions', 'actions remove'],
  ...['why', 'hits', 'lsp', 'dap'],
];

test('every command has help, and the first page lists them all', async () => {
  const page = await run(['--help']);
  expect(page.code).toBe(0);
  const pages = await Promise.all(COMMANDS.map((command) => run([...command.split(' '), '--help'])));
  for (const [at, { code, out, err }] of pages.entries()) {
    const command = COMMANDS[at] ?? '';
    expect(out).toContain(`Usage: stillframe ${command}`);
    expect([code, err]).toEqual([0, '']);
    expect(page.out).toContain(`  ${command.split(' ')[0]}`);
  }
});

const MISTAKES: [name: string, args: string[], reason: string][] = [
  ['a command there is not', ['agnts'], "unknown command 'agnts' (Did you mean agents?)"],
  ['an option there is not', ['agents', '--jsn'], "unknown option '--jsn' (Did you mean --json?)"],
  ['a word missing', ['snapshot', 'add'], "missing required argument 'file:line'"],
  ['a word too many', ['server', 'now'], "too many arguments for 'server'"],
  ['an empty port', ['server', '--port', ''], 'Give --port a number from 0 to 65535, not ""'],
  ['a port of the adapter that is none', ['dap', '--port', '0x10'], 'Give --port a number from 0 to 65535'],
  ['a lifetime over the maximum', ['snapshot', 'add', 'a.js:1', '--expires', '2d'], 'Give --expires one day at most'],
  ['hits over the maximum', ['snapshot', 'add', 'a.js:1', '--max-hits', '1000000'], 'whole number from 1 to 100000'],
];

test.each(MISTAKES)('%s: one line of reason, and exit code 1', async (_name, args, reason) => {
  const { code, out, err } = await run(args);
  expect([code, out]).toEqual([1, '']);
  expect(err).toContain(reason);
  expect(err).toMatch(/^stillframe: .*\n$/);
});

test('a token file that is not there is named, instead of another token being taken', async () => {
  const { code, err } = await run(['agents'], {
    STILLFRAME_URL: ready.url,
    STILLFRAME_TOKEN_FILE: join(home, 'nowhere'),
  });
  expect(code).toBe(1);
  expect(err).toMatch(/^stillframe: Correct STILLFRAME_TOKEN_FILE: ".*nowhere" cannot be read, or holds no token\n$/);
});

/** Starts that cannot work: what is prepared in the data directory, and what the person is told to do. */
const FAILED_STARTS: [name: string, prepare: (data: string) => void, args: string[], reason: RegExp][] = [
  [
    'a key that others can read',
    (data) => writeFileSync(join(data, 'agent.key'), 'k'.repeat(43), { mode: 0o644 }),
    [],
    /Run "chmod 600 .*agent\.key" first: others can read the key \(mode 644\)/,
  ],
  [
    'a token file that holds none',
    (data) => writeFileSync(join(data, 'token'), 'changeme\n', { mode: 0o600 }),
    [],
    /Delete .*token so that a new key is made/,
  ],
  [
    'an empty key file',
    (data) => writeFileSync(join(data, 'agent.key'), '', { mode: 0o600 }),
    [],
    /Delete .*agent\.key so that a new key is made/,
  ],
  ['a key file that is a directory', (data) => mkdirSync(join(data, 'token'), { mode: 0o700 }), [], /token/],
  ['a directory others may write to', (data) => chmodSync(data, 0o777), [], /Run "chmod 700 .*" first/],
  ['an address that is not here', () => {}, ['--host', '203.0.113.1'], /Cannot listen on 203\.0\.113\.1:0/],
];

test.each(FAILED_STARTS)('%s: one line of reason, and exit code 1', async (name, prepare, args, reason) => {
  const data = join(home, name.replaceAll(' ', '-'));
  mkdirSync(data, { mode: 0o700 });
  prepare(data);
  const { code, out, err } = await run(['server', '--port', '0', '--data', data, ...args]);
  expect([code, out]).toEqual([1, '']);
  expect(err).toMatch(reason);
  expect(err).toMatch(/^stillframe: .*\n$/);
  expect(err).not.toContain('k'.repeat(43));
});

test('a reader that has enough is no failure', async () => {
  const shell = startProcess('sh', ['-c', `(exec "$0" "$@"; ) | exec true`, process.execPath, STILLFRAME, '--help'], {
    env: clean,
  });
  await shell.exited;
  expect(shell.stderr()).toBe('');
});

test('a keychain that never answers holds up a command for a while, not for ever', async () => {
  const hang =
    'const hang = () => new Promise(() => setInterval(() => {}, 1000)); export default { getPassword: hang };';
  const stand = `data:text/javascript,${encodeURIComponent(hang)}`;
  const hooks = `export const resolve = (name, context, next) =>
    name === 'keytar' ? { url: ${JSON.stringify(stand)}, format: 'module', shortCircuit: true } : next(name, context);`;
  const register = `import { register } from 'node:module'; register(${JSON.stringify(`data:text/javascript,${encodeURIComponent(hooks)}`)});`;
  const { code, out } = await run(
    ['agents', '--json'],
    { STILLFRAME_URL: ready.url, STILLFRAME_DATA: join(home, 'data'), STILLFRAME_NO_KEYCHAIN: '' },
    ['--import', `data:text/javascript,${encodeURIComponent(register)}`],
  );
  expect([code, out]).toEqual([0, '[]\n']);
});

test('the paths the server prints are good from anywhere', () => {
  for (const path of [ready.agentKeyFile, ready.tokenFile]) expect(isAbsolute(path)).toBe(true);
});

test('it ends cleanly on SIGTERM, with editors connected', async () => {
  const data = join(home, 'ended');
  const other = startProcess(process.execPath, [STILLFRAME, 'server', '--port', '0', '--data', data, '--json'], {
    env: clean,
  });
  const { url, tokenFile } = JSON.parse((await other.output(/\{.*\}/))[0]) as typeof ready;
  const editor = await startIdeClient({ url, key: readFileSync(tokenFile, 'utf8').trim() });
  const closed = new Promise((resolve) => editor.socket.once('close', resolve));
  other.kill('SIGTERM');
  expect(await closed).toBe(1001);
  expect(await other.exited).toBe(0);
  expect(other.stderr()).toBe('');
});

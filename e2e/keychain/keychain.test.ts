/**
 * Signing in where the token really lies in the system's keychain: what the extension ships, the debug adapter and the terminal
 * share one sign-in; and what happens on machines without a keychain. Real programs, a real keyring on a bus of the test's own.
 */
import { type ChildProcessWithoutNullStreams, execFile, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { EditorState } from '@stillframe/protocol/messages/editor-extensions';
import { startDapClient } from '@stillframe/test-kit/dap-client';
import { type LspClient, startLspClient } from '@stillframe/test-kit/lsp-client';
import { type StartedProcess, startProcess } from '@stillframe/test-kit/processes';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { installKeyring, type KeyringState, type SessionBus, startSessionBus } from './session-bus.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const STILLFRAME = join(ROOT, 'cli', 'bin', 'stillframe.mjs');
/** Exactly the files of the `.vsix`. */
const SHIPPED = join(ROOT, '.cache', 'vscode-extension', 'dist');

const data = mkdtempSync(join(tmpdir(), 'stillframe-keychain-server-'));
const running: ChildProcessWithoutNullStreams[] = [];
let server: StartedProcess;
let url: string;
let tokenFile: string;
let bus: SessionBus;

beforeAll(async () => {
  installKeyring();
  const packaged = spawnSync(process.execPath, [join(ROOT, 'tools', 'build', 'package-vscode.mjs')], {
    encoding: 'utf8',
  });
  if (packaged.status !== 0) throw new Error(`Packaging the extension failed:\n${packaged.stdout}${packaged.stderr}`);
  server = startProcess(process.execPath, [STILLFRAME, 'server', '--port', '0', '--data', data, '--json']);
  const [ready] = await server.output(/\{.*\}/);
  ({ url, tokenFile } = JSON.parse(ready) as { url: string; tokenFile: string });
});
afterEach(async () => {
  await Promise.all(running.splice(0).map(ended));
  await bus.close();
});
afterAll(async () => {
  await server?.stop();
  rmSync(data, { recursive: true, force: true });
});

test('one sign-in in the keychain is the sign-in of the extension, its debug adapter and the terminal', async () => {
  bus = await startSessionBus('unlocked');
  const editor = await shippedLanguageServer();
  await connectionIs('signedOut', editor);
  await expect(terminal('agents')).rejects.toThrow(/nobody is signed in/);

  expect(await editor.execute('stillframe.auth.login', { tokenFile })).toEqual({ where: 'the keychain' });
  await connectionIs('connected', editor);
  expect(() => statSync(tokensFile())).toThrow(/ENOENT/);
  expect(await keptSecrets()).toEqual([{ account: url, password: readFileSync(tokenFile, 'utf8').trim() }]);

  await connectionIs('connected', await shippedLanguageServer());
  await attach();
  expect(JSON.parse(await terminal('agents', '--json'))).toEqual([]);

  await editor.execute('stillframe.auth.logout');
  expect(await keptSecrets()).toEqual([]);
  await expect(terminal('agents')).rejects.toThrow(/nobody is signed in/);
});

test('a sign-in from the terminal is the sign-in of the extension', async () => {
  bus = await startSessionBus('unlocked');
  expect(JSON.parse(await terminal('login', '--token-file', tokenFile, '--json'))).toEqual({
    server: url,
    where: 'the keychain',
  });
  await connectionIs('connected', await shippedLanguageServer());
});

/** Where there is nobody to take the token, that is said first, and a file comes second. */
const NO_KEYCHAIN: KeyringState[] = ['no bus', 'locked'];

test.each(NO_KEYCHAIN)('%s: a file for the user alone, only after saying so', async (keyring) => {
  bus = await startSessionBus(keyring);
  const editor = await shippedLanguageServer();
  expect(await editor.execute('stillframe.auth.login', { tokenFile })).toEqual({
    needsConsent: expect.stringMatching(/no keychain/),
  });
  expect(() => statSync(tokensFile())).toThrow(/ENOENT/);

  expect(await editor.execute('stillframe.auth.login', { tokenFile, insecure: true })).toEqual({ where: tokensFile() });
  expect(statSync(tokensFile()).mode & 0o777).toBe(0o600);
  await connectionIs('connected', editor);
});

/** As the extension starts it, with nothing but the session's environment to find a token in. */
function environment(): NodeJS.ProcessEnv {
  const { STILLFRAME_TOKEN, STILLFRAME_TOKEN_FILE, STILLFRAME_NO_KEYCHAIN, ...rest } = process.env;
  return { ...rest, ...bus.env, STILLFRAME_URL: url, STILLFRAME_DATA: join(bus.home, 'no-server-here') };
}

function start(file: string): ChildProcessWithoutNullStreams {
  const child = spawn(process.execPath, [join(SHIPPED, file)], { env: environment(), cwd: bus.home });
  running.push(child);
  return child;
}

async function shippedLanguageServer(): Promise<LspClient> {
  const child = start('language-server.mjs');
  return startLspClient({
    input: child.stdin,
    output: child.stdout,
    folders: [bus.home],
    initializationOptions: { client: { state: true } },
  });
}

function connectionIs(connection: EditorState['connection'], editor: LspClient): Promise<unknown> {
  const look = () => (editor.states.at(-1)?.connection === connection ? true : undefined);
  return editor.until(look, `the connection to be ${connection}`, 20_000);
}

async function attach(): Promise<void> {
  const child = start('debug-adapter.mjs');
  const adapter = startDapClient({ input: child.stdin, output: child.stdout });
  await adapter.request('initialize', { adapterID: 'stillframe', clientID: 'vscode' });
  await adapter.request('attach', { cwd: bus.home });
  await adapter.request('disconnect', {});
}

async function terminal(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [STILLFRAME, ...args], { env: environment() });
  return stdout;
}

/** What lies in the keyring, asked by a program of its own. */
async function keptSecrets(): Promise<unknown> {
  const module = join(SHIPPED, 'keytar', 'lib', 'keytar.js');
  const script = `require(${JSON.stringify(module)}).findCredentials('stillframe').then((all) => console.log(JSON.stringify(all)))`;
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', script], { env: environment() });
  return JSON.parse(stdout);
}

function tokensFile(): string {
  return join(bus.home, 'config', 'stillframe', 'tokens.json');
}

async function ended(child: ChildProcessWithoutNullStreams): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill();
  await gone;
}

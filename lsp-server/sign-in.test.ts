/** Tokens: which server gets which, what is said without one, and that none is ever repeated. */

import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { storeToken } from '@stillframe/management-client/sign-in';
import { startManagementServer } from '@stillframe/management-server/main';
import { type LspScene, startLspScene } from '@stillframe/test-kit/lsp-scene';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startLspServer } from './main.ts';

// A keychain of the person who runs the tests is none of their business.
vi.mock('@stillframe/management-client/keychain', () => ({ openKeychain: async () => undefined }));

let scene: LspScene;
let token: string;

beforeEach(async () => {
  scene = await startLspScene({ startManagementServer, startLspServer });
  await scene.connected();
  token = readFileSync(process.env.STILLFRAME_TOKEN_FILE ?? '', 'utf8').trim();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await scene.close();
});

test('without a token an editor says what to do, once, and signs in when it gets one', async () => {
  vi.stubEnv('STILLFRAME_TOKEN_FILE', '');
  vi.stubEnv('STILLFRAME_DATA', join(scene.root, 'none'));
  const editor = await scene.secondEditor();
  await editor.until(() => (editor.messages.length > 0 ? true : undefined), 'the message');
  expect(editor.messages).toEqual([expect.stringMatching(/nobody is signed in.*"stillframe login"/)]);
  expect(editor.messages[0]?.startsWith(`Sign in to ${scene.url}: `)).toBe(true);
  expect(await editor.execute('stillframe.auth.status')).toMatchObject({ server: scene.url, state: 'signedOut' });

  const tokenFile = join(scene.root, 'typed-token');
  const login = (more: object = {}) => editor.execute('stillframe.auth.login', { tokenFile, ...more });
  await expect(login()).rejects.toThrow(/^Write the token to a file first/);
  for (const wrong of ['two words', '', '\n', 'x'.repeat(4097)]) {
    writeFileSync(tokenFile, wrong);
    await expect(login()).rejects.toThrow(/no spaces/);
  }
  writeFileSync(tokenFile, `${token}\n`);
  expect(await login()).toEqual({ needsConsent: expect.stringMatching(/no keychain/) });
  const stored = (await login({ insecure: true })) as { where: string };
  expect(statSync(stored.where).mode & 0o777).toBe(0o600);
  await editor.execute('stillframe.action.remove', { id: 'none' });
  expect(await editor.execute('stillframe.auth.status')).toEqual({
    server: scene.url,
    state: 'connected',
    user: 'local',
  });

  await editor.execute('stillframe.auth.logout');
  await editor.until(async () => {
    const { state } = (await editor.execute('stillframe.auth.status')) as { state: string };
    return state === 'signedOut' ? true : undefined;
  }, 'the end of the sign-in');
  expect(JSON.stringify([editor.messages, editor.logs, editor.questions])).not.toContain(token);
});

test('somebody who signs in at a terminal is connected with the next file that is saved', async () => {
  vi.stubEnv('STILLFRAME_TOKEN_FILE', '');
  vi.stubEnv('STILLFRAME_DATA', join(scene.root, 'none'));
  const editor = await scene.secondEditor();
  const uri = scene.uri('a.ts');
  editor.open(uri, '');
  const message = await editor.until(() => editor.messages[0], 'the message');
  expect(message).toMatch(/the next file you open or save connects$/);
  await storeToken(scene.url, 'wrong', { insecure: true });
  editor.save(uri);
  expect(await editor.until(() => editor.messages[1], 'the refusal')).toMatch(/^Sign in to http/);
  await storeToken(scene.url, token, { insecure: true });
  editor.save(uri);
  await editor.until(async () => {
    const { state } = (await editor.execute('stillframe.auth.status')) as { state: string };
    return state === 'connected' ? true : undefined;
  }, 'the connection');
});

test('a wrong token is refused in words that do not repeat it', async () => {
  vi.stubEnv('STILLFRAME_TOKEN', 'wrong-and-secret');
  const editor = await scene.secondEditor();
  const message = await editor.until(() => editor.messages[0], 'the message');
  expect(message).toMatch(/^Sign in to http:/);
  expect(JSON.stringify([editor.messages, editor.logs])).not.toContain('wrong-and-secret');
});

test('a server that a repository names gets no token from the environment', async () => {
  vi.stubEnv('STILLFRAME_TOKEN', token);
  vi.stubEnv('STILLFRAME_DATA', join(scene.root, 'none'));
  const strangers = await listen();
  const editor = await scene.secondEditor({ folders: [await folderNaming(strangers.url)] });
  const message = await editor.until(() => editor.messages[0], 'the message');
  expect(message).toMatch(/nobody is signed in.*"stillframe login"/);
  expect(message.startsWith(`Sign in to ${strangers.url}: `)).toBe(true);
  expect(strangers.headers).toEqual([]);
  await strangers.close();
});

test('the server of the environment gets it, also when the repository names the same', async () => {
  vi.stubEnv('STILLFRAME_TOKEN', token);
  const editor = await scene.secondEditor({ folders: [await folderNaming(scene.url)] });
  await editor.execute('stillframe.action.remove', { id: 'none' });
  expect(await editor.execute('stillframe.auth.status')).toMatchObject({ state: 'connected', user: 'local' });
});

async function folderNaming(server: string): Promise<string> {
  const { mkdir, writeFile } = await import('node:fs/promises');
  const folder = join(scene.root, 'cloned');
  await mkdir(folder);
  await writeFile(join(folder, '.stillframe.json'), JSON.stringify({ server }));
  return folder;
}

interface Listening {
  url: string;
  /** `Authorization` of every request. */
  headers: (string | undefined)[];
  close(): Promise<void>;
}

async function listen(): Promise<Listening> {
  const headers: (string | undefined)[] = [];
  const server: Server = createServer((request, response) => {
    headers.push(request.headers.authorization);
    response.writeHead(404).end();
  });
  server.on('upgrade', (request, socket) => {
    headers.push(request.headers.authorization);
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    headers,
    close: () => new Promise((resolve) => void server.close(() => resolve())),
  };
}

/** The program an editor starts: nothing but messages on its output, and an end for every way an editor goes away. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type LspClient, startLspClient } from '@stillframe/test-kit/lsp-client';
import { afterEach, beforeEach, expect, test } from 'vitest';

const BINARY = fileURLToPath(new URL('../cli/bin/stillframe.mjs', import.meta.url));

let root: string;
let child: ChildProcessWithoutNullStreams;
let editor: LspClient;
let exited: Promise<number | null>;
let errors: string;

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'stillframe-lsp-'));
  const env = { ...process.env, STILLFRAME_URL: 'http://127.0.0.1:1', XDG_CONFIG_HOME: root, STILLFRAME_DATA: root };
  child = spawn(process.execPath, [BINARY, 'lsp', '--stdio'], { env });
  errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  exited = new Promise((resolve) => child.once('exit', resolve));
  editor = await startLspClient({ input: child.stdin, output: child.stdout, folders: [root] });
});
afterEach(async () => {
  child.kill('SIGKILL');
  await exited;
  rmSync(root, { recursive: true, force: true });
});

test('shutdown and exit', async () => {
  expect(editor.initialized.serverInfo?.name).toBe('stillframe');
  await editor.request('shutdown', undefined);
  editor.notify('exit', undefined);
  expect(await exited).toBe(0);
  expect(errors).toBe('');
});

test('an editor that is gone', async () => {
  child.stdin.end();
  expect(await exited).toBe(1);
});

test('a message it does not know, and one that is none', async () => {
  await expect(editor.request('stillframe/unheardOf', {})).rejects.toThrow(/stillframe\/unheardOf/);
  child.stdin.write('Content-Length: 5\r\n\r\nhello');
  expect(await editor.execute('stillframe.auth.status')).toMatchObject({ server: 'http://127.0.0.1:1' });
});

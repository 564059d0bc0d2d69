import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { readClientConfig, writeClientConfig } from '@stillframe/management-client/client-config';
import { ManagementLink } from '@stillframe/management-client/management-link';
import { findServerUrl, forgetToken, storeToken } from '@stillframe/management-client/sign-in';
import { AgentList } from '@stillframe/protocol/messages/ide-connection';
import type { Command } from 'commander';
import { UsageError } from '../failure.ts';
import { print, printJson } from '../table.ts';
import { CLI_VERSION } from '../version.ts';

interface LoginOptions {
  server?: string;
  tokenFile?: string;
  insecureFile?: true;
  json?: true;
}

export function addLogin(program: Command): void {
  program
    .command('login')
    .description('store the token for a server in the keychain; it is asked for, or read from a file')
    .option('--server <url>', 'which server; remembered for all clients')
    .option('--token-file <file>', 'read the token from a file (- for standard input)')
    .option('--insecure-file', 'where there is no keychain, keep the token in a file only you can read')
    .option('--json', 'print one line of JSON')
    .action(login);
  program
    .command('logout')
    .description('forget the stored token of a server')
    .option('--server <url>', 'which server')
    .option('--json', 'print one line of JSON')
    .action(logout);
}

async function login(options: LoginOptions): Promise<void> {
  const url = await findServerUrl({ explicit: options.server });
  const token = await readToken(options.tokenFile, url);
  await check(url, token);
  const stored = await storeToken(url, token, { insecure: options.insecureFile === true });
  if ('problem' in stored) throw new UsageError(`${stored.problem}: stillframe login --insecure-file does so`);
  await writeClientConfig({ ...(await readClientConfig()), server: url });
  if (options.json) printJson({ server: url, where: stored.where });
  else print(`Signed in to ${url}; the token is in ${stored.where}`);
}

async function logout(options: Pick<LoginOptions, 'server' | 'json'>): Promise<void> {
  const url = await findServerUrl({ explicit: options.server });
  await forgetToken(url);
  if (options.json) printJson({ server: url });
  else print(`The token for ${url} is forgotten`);
}

/** Never an argument: those stand in the shell's history and in every list of processes. */
async function readToken(file: string | undefined, url: string): Promise<string> {
  if (file !== undefined && file !== '-') return nonEmpty(await readFile(file, 'utf8'));
  if (file === '-' || !process.stdin.isTTY) {
    let text = '';
    for await (const chunk of process.stdin) text += String(chunk);
    return nonEmpty(text);
  }
  process.stderr.write(`Token for ${url} (it is not shown): `);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: silent, terminal: true });
  const typed = await new Promise<string>((resolve) => lines.once('line', resolve).once('close', () => resolve('')));
  lines.close();
  process.stderr.write('\n');
  return nonEmpty(typed);
}

function nonEmpty(text: string): string {
  const token = text.trim();
  if (token === '') throw new UsageError('Give a token: the server wrote it to the file "token" in its data directory');
  return token;
}

async function check(url: string, token: string): Promise<void> {
  const link = new ManagementLink({
    url,
    token: async () => token,
    client: { name: 'stillframe-cli', version: CLI_VERSION },
  });
  link.start();
  try {
    await link.request(AgentList, {});
  } finally {
    await link.close();
  }
}

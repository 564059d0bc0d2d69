/**
 * Which server, and with which token. A token is looked for where it is safest to have been put: given, environment, the
 * system's keychain, a file of the user's own, and for a server on this machine the file that server made.
 */
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { serverDataDirectory } from '@stillframe/core/server-data-directory';
import { readClientConfig } from './client-config.ts';
import { openKeychain } from './keychain.ts';
import { readTokenFile, writeTokenFile } from './token-file.ts';

export const DEFAULT_SERVER_URL = 'http://127.0.0.1:7070';

export interface FindOptions {
  /** Given by a setting or a flag. */
  explicit?: string | undefined;
  env?: NodeJS.ProcessEnv;
}

export async function findServerUrl({ explicit, env = process.env }: FindOptions = {}): Promise<string> {
  if (explicit) return explicit;
  if (env.STILLFRAME_URL) return env.STILLFRAME_URL;
  return (await readClientConfig(env)).server ?? DEFAULT_SERVER_URL;
}

export interface FoundToken {
  token: string;
  /** Where it was found, for people. */
  source: string;
}

export async function findToken(
  url: string,
  { explicit, env = process.env }: FindOptions = {},
): Promise<FoundToken | undefined> {
  if (explicit) return { token: explicit, source: 'given' };
  if (env.STILLFRAME_TOKEN) return { token: env.STILLFRAME_TOKEN.trim(), source: 'STILLFRAME_TOKEN' };
  if (env.STILLFRAME_TOKEN_FILE) {
    const token = await readText(env.STILLFRAME_TOKEN_FILE);
    if (token !== undefined) return { token, source: env.STILLFRAME_TOKEN_FILE };
  }
  const account = originOf(url);
  const kept = await (await openKeychain())?.read(account);
  if (kept !== undefined) return { token: kept, source: 'the keychain' };
  const filed = await readTokenFile(account, env);
  if (filed !== undefined) return { token: filed.token, source: filed.file };
  if (!isLoopback(url)) return undefined;
  const file = join(serverDataDirectory({ env, platform: process.platform, home: homedir() }), 'token');
  const token = await readText(file);
  return token === undefined ? undefined : { token, source: file };
}

/** What is wrong with the file that `STILLFRAME_TOKEN_FILE` names, when one is named: scripts have nobody to ask for another. */
export async function tokenFileProblem(env: NodeJS.ProcessEnv = process.env): Promise<string | undefined> {
  const { STILLFRAME_TOKEN_FILE: file } = env;
  if (!file || env.STILLFRAME_TOKEN || (await readText(file)) !== undefined) return undefined;
  return `Correct STILLFRAME_TOKEN_FILE: "${file}" cannot be read, or holds no token`;
}

/**
 * The environment to look in for a server that a repository names: a token in a variable is meant for the server of the
 * variables, and no repository may have it sent elsewhere.
 */
export function tokenEnvironment(url: string, env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  const { STILLFRAME_TOKEN, STILLFRAME_TOKEN_FILE, ...rest } = env;
  const own = env.STILLFRAME_URL;
  return own !== undefined && originOf(own) === originOf(url) ? env : rest;
}

export interface StoreOptions {
  /** The person was told that there is no keychain and said yes to a file only they can read. */
  insecure: boolean;
  env?: NodeJS.ProcessEnv;
}

export async function storeToken(
  url: string,
  token: string,
  { insecure, env = process.env }: StoreOptions,
): Promise<{ where: string } | { problem: string }> {
  const account = originOf(url);
  const keychain = await openKeychain();
  if (keychain !== undefined && (await keychain.write(account, token))) return { where: 'the keychain' };
  if (!insecure) {
    const why =
      keychain === undefined
        ? 'There is no keychain here'
        : 'There is no keychain open here (it is locked, or nobody answered its question)';
    return { problem: `${why}. Allow a file that only you can read, or set STILLFRAME_TOKEN` };
  }
  return { where: await writeTokenFile(account, token, env) };
}

export async function forgetToken(url: string, env: NodeJS.ProcessEnv = process.env): Promise<void> {
  const account = originOf(url);
  await (await openKeychain())?.forget(account);
  await writeTokenFile(account, undefined, env);
}

/** Tokens belong to a server, however its address is spelled: `ws://host:1/ide` and `http://host:1` are one. */
export function originOf(url: string): string {
  try {
    const { protocol, host } = new URL(url);
    const secure = protocol === 'https:' || protocol === 'wss:';
    return `${secure ? 'https' : 'http'}://${host}`;
  } catch {
    return url;
  }
}

function isLoopback(url: string): boolean {
  try {
    const { hostname } = new URL(url);
    return hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.');
  } catch {
    return false;
  }
}

async function readText(file: string): Promise<string | undefined> {
  try {
    const text = (await readFile(file, 'utf8')).trim();
    return text === '' ? undefined : text;
  } catch {
    return undefined;
  }
}

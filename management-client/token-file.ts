/** Tokens in a file only the user can read, by server; for machines without a keychain, after saying so. */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { clientConfigDirectory, writeOwnFile } from './client-config.ts';

const Tokens = z.record(z.string(), z.string());

function fileOf(env: NodeJS.ProcessEnv): string {
  return join(clientConfigDirectory(env), 'tokens.json');
}

/** A file that others can read is not trusted: whoever may read it may also have used it. */
export async function readTokenFile(
  account: string,
  env: NodeJS.ProcessEnv,
): Promise<{ token: string; file: string } | undefined> {
  const file = fileOf(env);
  const token = (await readAll(file))[account];
  return token === undefined ? undefined : { token, file };
}

/** Stores a token, or forgets it; the file's path. */
export async function writeTokenFile(
  account: string,
  token: string | undefined,
  env: NodeJS.ProcessEnv,
): Promise<string> {
  const file = fileOf(env);
  const { [account]: before, ...others } = await readAll(file);
  if (token === undefined && before === undefined) return file;
  const tokens = token === undefined ? others : { ...others, [account]: token };
  await writeOwnFile(file, `${JSON.stringify(tokens, null, 2)}\n`, env);
  return file;
}

async function readAll(file: string): Promise<Record<string, string>> {
  try {
    const { mode } = await stat(file);
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) return {};
    return Tokens.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return {};
  }
}

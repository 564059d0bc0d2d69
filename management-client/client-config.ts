/** The user's own settings for all clients: which server. Secrets are never in it. */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';

const ClientConfig = z.object({ server: z.string().max(2000).optional() });
export type ClientConfig = z.infer<typeof ClientConfig>;

export function clientConfigDirectory(env: NodeJS.ProcessEnv): string {
  if (env.XDG_CONFIG_HOME) return join(env.XDG_CONFIG_HOME, 'stillframe');
  if (process.platform === 'win32' && env.APPDATA) return join(env.APPDATA, 'stillframe');
  return join(homedir(), '.config', 'stillframe');
}

/** A file that is missing or damaged counts as empty. */
export async function readClientConfig(env: NodeJS.ProcessEnv = process.env): Promise<ClientConfig> {
  try {
    const text = await readFile(join(clientConfigDirectory(env), 'config.json'), 'utf8');
    return ClientConfig.parse(JSON.parse(text));
  } catch {
    return {};
  }
}

export async function writeClientConfig(config: ClientConfig, env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const file = join(clientConfigDirectory(env), 'config.json');
  await writeOwnFile(file, `${JSON.stringify(config, null, 2)}\n`, env);
  return file;
}

/** Only the user can read it, and it is there as a whole or not at all. */
export async function writeOwnFile(file: string, text: string, env: NodeJS.ProcessEnv): Promise<void> {
  await mkdir(clientConfigDirectory(env), { recursive: true, mode: 0o700 });
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, text, { mode: 0o600 });
  await rename(draft, file);
}

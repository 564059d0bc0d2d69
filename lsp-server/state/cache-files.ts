/** Texts shown as read-only files in the user's cache, where every editor can open them. */
import { createHash } from 'node:crypto';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';

function cacheDirectory(): string {
  if (process.env.XDG_CACHE_HOME) return join(process.env.XDG_CACHE_HOME, 'stillframe');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'stillframe');
  if (process.platform === 'win32') return join(process.env.LOCALAPPDATA ?? homedir(), 'stillframe', 'cache');
  return join(homedir(), '.cache', 'stillframe');
}

/** Captured values may be confidential: the folder is the user's alone. The file's URI. */
export async function writeCacheFile(kind: 'hits' | 'deployed', name: string, text: string): Promise<string> {
  const version = createHash('sha256').update(name).update(text).digest('hex').slice(0, 12);
  const folder = join(cacheDirectory(), kind, version);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, basename(name));
  await chmod(file, 0o600).catch(() => {});
  await writeFile(file, text, { mode: 0o600 });
  await chmod(file, 0o400);
  return pathToFileURL(file).href;
}

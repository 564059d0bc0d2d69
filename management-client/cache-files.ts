/** Texts shown as read-only files in the user's cache, where every editor can open them. */
import { createHash } from 'node:crypto';
import { chmod, mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Captured values do not stay on disk for longer than someone may still look at them. */
const KEPT_MS = 24 * 3_600_000;
const MAX_KEPT = 200;

function cacheDirectory(): string {
  if (process.env.XDG_CACHE_HOME) return join(process.env.XDG_CACHE_HOME, 'stillframe');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'stillframe');
  if (process.platform === 'win32') return join(process.env.LOCALAPPDATA ?? homedir(), 'stillframe', 'cache');
  return join(homedir(), '.cache', 'stillframe');
}

/** Captured values may be confidential: the folder is the user's alone. The file's URI. */
export async function writeCacheFile(kind: 'hits' | 'deployed', path: string, text: string): Promise<string> {
  const parent = join(cacheDirectory(), kind);
  const folder = join(parent, createHash('sha256').update(path).update(text).digest('hex').slice(0, 16));
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, fileName(path));
  await chmod(file, 0o600).catch(() => {});
  await writeFile(file, text, { mode: 0o600 });
  await chmod(file, 0o400);
  await removeOld(parent);
  return pathToFileURL(file).href;
}

/** The last segment of a path of either platform; agents name it, so it must not lead anywhere. */
function fileName(path: string): string {
  const name = path.split(/[\\/]/).at(-1) ?? '';
  return /^\.*$/.test(name) || name.includes('\0') ? 'source.txt' : name.slice(-200);
}

async function removeOld(parent: string): Promise<void> {
  const names = await readdir(parent);
  const folders = await Promise.all(
    names.map(async (name) => {
      const folder = join(parent, name);
      // Another program of ours may have removed it in the meantime.
      const at = await stat(folder).then(
        ({ mtimeMs }) => mtimeMs,
        () => 0,
      );
      return { folder, at };
    }),
  );
  const newestFirst = folders.sort((a, b) => b.at - a.at);
  const oldest = Date.now() - KEPT_MS;
  const old = newestFirst.filter(({ at }, index) => index >= MAX_KEPT || at < oldest);
  await Promise.all(old.map(({ folder }) => rm(folder, { recursive: true, force: true })));
}

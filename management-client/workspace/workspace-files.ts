/** The source files of a folder: as git lists them, or by walking where there is no repository. */
import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const SOURCE = /\.(?:[cm]?[jt]sx?|py|java|kts?)$/;
const MAX_FILES = 50_000;
const MAX_LISTING_BYTES = 64 * 1_048_576;
const MAX_DEPTH = 25;
/** Folders that hold no sources of the person's own. */
const SKIPPED = new Set([
  'node_modules',
  '.git',
  '.hg',
  '.svn',
  '.venv',
  'venv',
  '__pycache__',
  '.gradle',
  '.idea',
  '.vscode',
]);

/** Absolute paths of source files by their last segment, which is what a deployed path is first compared by. */
export async function sourceFilesByName(folder: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const byName = new Map<string, string[]>();
  for (const path of (await listedByGit(folder)) ?? (await walked(folder))) {
    const name = basename(path);
    const known = byName.get(name);
    if (known === undefined) byName.set(name, [path]);
    else known.push(path);
  }
  return byName;
}

/** Tracked files and new ones that are not ignored; undefined where git is missing or this is no repository. */
async function listedByGit(folder: string): Promise<string[] | undefined> {
  try {
    const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
    const { stdout } = await run('git', args, { cwd: folder, maxBuffer: MAX_LISTING_BYTES, timeout: 10_000 });
    const files = stdout.split('\0').filter((path) => SOURCE.test(path));
    return files.slice(0, MAX_FILES).map((path) => join(folder, path));
  } catch {
    return undefined;
  }
}

async function walked(folder: string): Promise<string[]> {
  const found: string[] = [];
  const open = [{ path: folder, depth: 0 }];
  for (let next = open.pop(); next !== undefined && found.length < MAX_FILES; next = open.pop()) {
    const entries = await readdir(next.path, { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      const path = join(next.path, entry.name);
      if (entry.isFile() && SOURCE.test(entry.name)) found.push(path);
      else if (entry.isDirectory() && !SKIPPED.has(entry.name) && next.depth < MAX_DEPTH)
        open.push({ path, depth: next.depth + 1 });
    }
  }
  return found;
}

/** Keys are made at the first start, 32 random bytes as base64url, in files that only their owner can read. */
import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { StartError } from '../start-error.ts';

const KEY = /^[A-Za-z0-9_-]{32,512}$/;

/** Windows has no such modes: there the directory is the user's own. */
const HAS_MODES = process.platform !== 'win32';

/** Makes the directory for its owner alone; one that others may write to is refused with a `StartError`. */
export function prepareDataDirectory(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const mode = statSync(directory).mode & 0o777;
    if (HAS_MODES && (mode & 0o022) !== 0) {
      throw new StartError(`Run "chmod 700 ${directory}" first: others may write to it (mode ${mode.toString(8)})`);
    }
  } catch (error) {
    if (error instanceof StartError) throw error;
    throw new StartError(`Choose another --data: cannot use ${directory} (${(error as Error).message})`);
  }
}

/** The key in `file`, made when there is none. Throws a `StartError` when others can read it or it is no key. */
export function readOrMakeKey(file: string): string {
  try {
    return readKey(file) ?? makeKey(file);
  } catch (error) {
    if (error instanceof StartError) throw error;
    throw new StartError(`Cannot use the key file ${file}: ${(error as Error).message}`);
  }
}

function readKey(file: string): string | undefined {
  const stats = statSync(file, { throwIfNoEntry: false });
  if (stats === undefined) return undefined;
  const mode = stats.mode & 0o777;
  if (HAS_MODES && (mode & 0o077) !== 0) {
    throw new StartError(`Run "chmod 600 ${file}" first: others can read the key (mode ${mode.toString(8)})`);
  }
  const key = readFileSync(file, 'utf8').trim();
  if (KEY.test(key)) return key;
  throw new StartError(`Delete ${file} so that a new key is made: it holds no key (base64url, 32 characters or more)`);
}

/** The finished file appears under its name at once, so that two servers that start together agree on one key. */
function makeKey(file: string): string {
  const key = randomBytes(32).toString('base64url');
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  writeFileSync(draft, `${key}\n`, { mode: 0o600, flag: 'wx' });
  try {
    linkSync(draft, file);
    return key;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const existing = readKey(file);
    if (existing === undefined) throw new StartError(`Start again: ${file} vanished from ${dirname(file)}`);
    return existing;
  } finally {
    rmSync(draft, { force: true });
  }
}

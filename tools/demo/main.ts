/**
 * The whole product in one command: a server, a real service under traffic, the language server placing a snapshot by its
 * code lens, and the debug adapter walking the captured stack. Everything is a process of its own and ends with this one.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { type DapClient, startDapClient } from '@stillframe/test-kit/dap-client';
import { type LspClient, RICH_CAPABILITIES, startLspClient } from '@stillframe/test-kit/lsp-client';
import { stackLines } from './print-stack.ts';
import { ROOT, SERVICE, STILLFRAME, startServices } from './start-services.ts';

const { values: options } = parseArgs({
  options: {
    once: { type: 'boolean', default: false },
    editor: { type: 'boolean', default: false },
    port: { type: 'string', default: '0' },
    help: { type: 'boolean', default: false },
  },
});
if (options.help) {
  print(
    'npm run demo [-- --once | --editor [--port N]]\n  --once    end after the first captured stack\n  --editor  serve VS Code in the browser with the extension installed',
  );
  process.exit(0);
}

const home = mkdtempSync(join(tmpdir(), 'stillframe-demo-'));
let stopServices = async (): Promise<void> => {};
const closing: (() => void)[] = [];
let code = 0;
process.once('SIGINT', () => end(0));
process.once('SIGTERM', () => end(0));
// Whoever reads this has gone (`npm run demo | head`); nothing may stay behind.
process.stdout.on('error', () => end(0));
try {
  await demo();
} catch (error) {
  process.stderr.write(`The demo failed: ${error instanceof Error ? error.message : String(error)}\n`);
  code = 1;
}
await end(code);

async function demo(): Promise<void> {
  const services = await startServices(home, step);
  stopServices = services.stop;
  const { url, tokenFile, address, clientEnvironment: client } = services;
  print(`  server ${url}, service ${address}: 20 orders a second, some with a negative total`);
  if (options.editor) return serveEditor(client);

  step('Opening orders.ts in an editor (the real language server)');
  const editor = await openEditor(client);
  const uri = pathToFileURL(join(SERVICE, 'src', 'orders.ts')).href;
  editor.open(uri, readFileSync(fileURLToPath(uri), 'utf8'));
  const lens = await editor.until(async () => {
    const lenses = await editor.codeLens(uri);
    return lenses.find(({ command }) => {
      const [argument] = command?.arguments ?? [];
      return command?.title === 'Add snapshot' && argument?.functionName === 'isSuspicious';
    });
  }, 'the code lens "Add snapshot" on isSuspicious');
  const [place] = lens.command?.arguments ?? [];
  print(`  code lens on line ${lens.range.start.line + 1}: ${lens.command?.title}`);

  step('Clicking the lens and typing the condition: order.total < 0');
  const begun = performance.now();
  const placed = (await editor.execute('stillframe.action.create', {
    kind: 'snapshot',
    uri: place.uri,
    line: place.line,
    character: place.character,
    condition: 'order.total < 0',
  })) as { id: string };
  const actionIs = (look: (action: { agentState?: string; hits: number }) => boolean, what: string) =>
    editor.until(() => editor.states.at(-1)?.actions.find((each) => each.id === placed.id && look(each)), what);
  await actionIs(({ agentState, hits }) => agentState === 'armed' || hits > 0, 'the snapshot to be armed');
  const armed = performance.now();
  await actionIs(({ hits }) => hits > 0, 'the first hit');
  const hit = performance.now();
  print(`  armed after ${Math.round(armed - begun)} ms, first hit in the editor after ${Math.round(hit - begun)} ms`);

  step('Attaching the debugger (the real debug adapter)');
  const adapter = await openAdapter(client);
  await adapter.request('attach', { action: placed.id, cwd: SERVICE });
  await adapter.event('initialized');
  await adapter.request('configurationDone', {});
  const stopped = await adapter.event('stopped');
  print(`  ${stopped.description}`);
  for (const line of await stackLines(adapter, stopped.threadId ?? 1)) print(`  ${line.replaceAll(`${SERVICE}/`, '')}`);

  step('Why there are hits (the explanation chain)');
  const { text } = (await editor.execute('stillframe.action.why', { id: placed.id })) as { text: string };
  for (const line of text.split('\n')) print(`  ${line}`);

  if (options.once) return;
  step('Everything stays up. Look further in another terminal');
  print(`  export STILLFRAME_URL=${url} STILLFRAME_TOKEN_FILE=${tokenFile}`);
  print(`  node cli/bin/stillframe.mjs hits ${placed.id} --follow`);
  print(
    `  node cli/bin/stillframe.mjs snapshot add ${join(SERVICE, 'src', 'discounts.ts')}:23 --condition 'discount > 1000'`,
  );
  print('  npm run demo -- --editor     VS Code in the browser, with the lens to click');
  print('Ctrl+C ends all of it.');
  await new Promise(() => {});
}

async function openEditor(env: Record<string, string>): Promise<LspClient> {
  const { input, output } = startTool(['lsp', '--stdio'], env);
  const client = await startLspClient({
    input,
    output,
    folders: [SERVICE],
    capabilities: RICH_CAPABILITIES,
    initializationOptions: { client: { state: true, commands: ['stillframe.ui.addAction'] } },
    name: 'demo',
  });
  closing.push(() => void client.shutdown().catch(() => {}));
  return client;
}

async function openAdapter(env: Record<string, string>): Promise<DapClient> {
  const { input, output } = startTool(['dap', '--stdio'], env);
  const client = startDapClient({ input, output });
  await client.request('initialize', {
    adapterID: 'stillframe',
    clientID: 'vscode',
    linesStartAt1: true,
    columnsStartAt1: true,
  });
  return client;
}

function startTool(args: string[], env: Record<string, string>) {
  const child = spawn(process.execPath, [STILLFRAME, ...args], {
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
    cwd: SERVICE,
  });
  closing.push(() => void child.kill());
  return { input: child.stdin, output: child.stdout };
}

/** VS Code's own workbench in the browser; returns when it ends. */
async function serveEditor(env: Record<string, string>): Promise<void> {
  step('Serving VS Code in the browser (the first time installs it, which takes some minutes)');
  const script = join(ROOT, 'tools', 'editor', 'serve-workbench.mjs');
  const child = spawn(process.execPath, [script, '--folder', SERVICE, '--port', options.port], {
    env: { ...process.env, ...env },
    stdio: 'inherit',
  });
  closing.push(() => void child.kill());
  await new Promise((resolve) => child.once('exit', resolve));
}

async function end(exitCode: number): Promise<never> {
  for (const close of closing) close();
  await stopServices();
  rmSync(home, { recursive: true, force: true });
  process.exit(exitCode);
}

function step(text: string): void {
  print(`\n▸ ${text}`);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

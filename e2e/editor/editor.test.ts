/**
 * The main job in the real editor, as a newcomer does it: sign in, click the lens, type a condition, see hint and hit, hover a
 * variable, walk the stack in the debug panel, go back; then trees, target, log, removal, F5 and the walkthrough. A real server,
 * service, traffic, workbench and browser; each test goes on where the one before it has ended.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { markedLine } from '@stillframe/test-kit/marks';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, onTestFailed, test } from 'vitest';
import { SERVICE, type Services, startServices } from '../../tools/demo/start-services.ts';
import { serveWorkbench } from '../../tools/editor/serve-workbench.mjs';
import { openWorkbench, type WorkbenchPage } from './workbench-page.ts';

const SCREENSHOTS = fileURLToPath(new URL('../../.cache/screenshots', import.meta.url));
const ORDERS = join(SERVICE, 'src', 'orders.ts');
const { line: LINE } = markedLine(ORDERS, 'suspicious');
/** What the tree says of the one agent. */
const AGENT = expect.stringMatching(/^orders node · \S+ · \d+$/);

const home = mkdtempSync(join(tmpdir(), 'stillframe-editor-'));
let services: Services;
let workbench: Awaited<ReturnType<typeof serveWorkbench>>;
let browser: Browser;
let editor: WorkbenchPage;

beforeAll(async () => {
  rmSync(SCREENSHOTS, { recursive: true, force: true });
  mkdirSync(SCREENSHOTS, { recursive: true });
  services = await startServices(home);
  workbench = await serveWorkbench({
    folder: SERVICE,
    // Nobody is signed in: neither by a variable nor by the file of a server that runs on this machine.
    env: { ...services.clientEnvironment, STILLFRAME_TOKEN_FILE: '', STILLFRAME_DATA: join(home, 'none') },
    say: (line: string) => void process.stderr.write(`${line}\n`),
  });
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  const page = await browser.newPage({ viewport: { width: 1400, height: 860 } });
  page.setDefaultTimeout(20_000);
  editor = await openWorkbench(page, workbench.url, SCREENSHOTS);
});

afterAll(async () => {
  await browser?.close();
  await workbench?.close();
  await services?.stop();
  rmSync(home, { recursive: true, force: true });
});

beforeEach(() => {
  onTestFailed(() => editor?.screenshot('failed'));
});

test('signing in: the view says how, and a file for the token is made only after saying so', async () => {
  await editor.openView('Stillframe');
  const agents = editor.page.locator('.pane', { hasText: 'Agents' }).first();
  await agents.filter({ hasText: 'You are signed out.' }).waitFor();
  await editor.screenshot('signed-out');

  await agents.getByText('Sign in', { exact: true }).click();
  await editor.answer(readFileSync(services.tokenFile, 'utf8').trim());
  const dialog = editor.page.getByRole('dialog').filter({ hasText: 'There is no keychain here' });
  await dialog.waitFor();
  await editor.screenshot('no-keychain');
  await dialog.getByRole('button', { name: 'Keep it in a file' }).click();
  await editor.status(/1 agent$/).waitFor();
  const file = join(home, 'config', 'stillframe', 'tokens.json');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  await editor.page.locator('.notifications-toasts').getByText(`the token is in ${file}`).waitFor();
  await editor.run('Notifications: Clear All Notifications');

  // Every tag with its agents below.
  await expect.poll(() => editor.tree('Agents')).toEqual(['production', AGENT, 'shop', AGENT]);
});

test('from a click on the lens to the stack of a real request, and back', async () => {
  await editor.openFile('src/orders.ts', LINE);
  await editor.lens('Add snapshot').last().click();

  const input = editor.page.locator('.quick-input-widget input');
  await input.waitFor();
  await input.fill('order.total <');
  await editor.inputMessage().filter({ hasText: 'a value is missing' }).waitFor();
  await editor.screenshot('condition-problem');
  await editor.answer('order.total < 0');

  await expect.poll(() => editor.gutterIcons()).toEqual(['snapshot-armed']);
  // At most one hit a second: on a slow machine all ten may be in before anything below is looked at.
  const lens = editor.lens(/snapshot · ([2-9]|10)\/10 hits/).first();
  await lens.waitFor({ timeout: 60_000 });
  await expect.poll(() => editor.editorText()).toContain('snapshot if order.total < 0');
  await expect.poll(() => editor.editorText()).toMatch(/order = \{id: \d+, customer/);
  await editor.toggleSideBar();
  await editor.screenshot('hit-beside-the-code');

  const hover = await editor.hoverWord('isSuspicious', 'order');
  await hover.filter({ hasText: 'in the last' }).first().waitFor();
  const values = await hover.first().innerText();
  expect(values).toMatch(/total: -\d+/);
  expect(values).not.toContain('$2b$10$');
  await editor.screenshot('hover');

  await lens.click();
  const stack = editor.page.locator('.debug-call-stack');
  await stack.filter({ hasText: 'isSuspicious' }).waitFor();
  await stack.filter({ hasText: 'handle' }).waitFor();
  await editor.foldPane('Watch');
  const variables = editor.page.locator('.debug-variables');
  await variables.getByText('Arguments').click();
  await variables.getByText(/^order\s*=/).click();
  await variables.getByText(/^customer\s*=/).click();
  await expect.poll(() => variables.innerText()).toMatch(/total\s*=\s*-\d/);
  await expect.poll(() => variables.innerText()).toMatch(/passwordHash\s*=\s*<redacted \(name passwordHash\)>/);
  await editor.screenshot('debug-panel');
  const first = await hitNumber();
  expect(first).toBeGreaterThan(1);

  await editor.button(/^Reverse/).click();
  await expect.poll(hitNumber).toBe(first - 1);
  await editor.button(/^Disconnect/).click();
  await stack.waitFor({ state: 'hidden' });
});

test('an action and its hits as a tree, each hit a way into the debug panel', async () => {
  await editor.openView('Stillframe');
  const action = /^orders\.ts:41 snapshot \d+\/10 · order\.total < 0$/;
  await expect.poll(() => editor.tree('Actions and Hits')).toEqual([expect.stringMatching(action)]);
  await editor.row('Actions and Hits', 'orders.ts:41').locator('.monaco-tl-twistie').click();
  const hit = /^hit 1 \d+:\d+:\d+.* · orders$/;
  await expect.poll(() => editor.tree('Actions and Hits')).toContainEqual(expect.stringMatching(hit));
  await editor.screenshot('trees');
  await editor.row('Actions and Hits', 'hit 1').click();
  await expect.poll(hitNumber).toBe(1);
  await editor.button(/^Disconnect/).click();
});

test('a target is picked behind the status item, and a log goes there', async () => {
  await editor.openView('Stillframe');
  await editor.status(/1 agent( · 1 live)?$/).click();
  await editor.pick('Select target…');
  await editor.choice('process').waitFor();
  await editor.screenshot('target-picker');
  await editor.pick('shop');

  await editor.lens('Add log…').last().click();
  await editor.page.getByText('Log in isSuspicious · tag:shop').waitFor();
  const input = editor.page.locator('.quick-input-widget input.input');
  await input.fill('order {order.id');
  await editor.inputMessage().filter({ hasText: 'Close the expression' }).waitFor();
  await editor.screenshot('log-problem');
  await editor.answer('order {order.id} is {order.total}');
  await editor
    .lens(/● log · \d+\/\d+ hits/)
    .first()
    .waitFor();
  await expect
    .poll(() => editor.tree('Actions and Hits'))
    .toContainEqual(
      expect.stringMatching(/^orders\.ts:41 log \d+\/\d+ · order \{order\.id\} is \{order\.total\} · tag:shop$/),
    );
  await editor.status(/1 agent · [12] live$/).waitFor();
  await expect.poll(() => editor.gutterIcons()).toEqual([expect.stringMatching(/^(log|snapshot)-armed$/)]);
  await editor.screenshot('log');

  await editor.run('Stillframe: Show Log Lines');
  await editor.page
    .locator('.part.panel .view-line', { hasText: /orders\sorders\.ts:41\sorder\s\d+\sis\s-?\d/ })
    .first()
    .waitFor();
  await editor.screenshot('log-lines');
});

test('F5 without a launch.json walks through the hits that are there', async () => {
  await editor.openFile('src/orders.ts', LINE);
  await editor.page.keyboard.press('F5');
  await editor.choice('Stillframe').waitFor();
  await editor.screenshot('f5');
  await editor.pick('Stillframe');
  await editor.page.locator('.debug-call-stack').filter({ hasText: 'isSuspicious' }).waitFor();
  expect(await hitNumber()).toBeGreaterThan(1);
  await editor.button(/^Disconnect/).click();
});

test('what is removed is gone from the code, the gutter, the tree and the status item', async () => {
  await editor.openView('Stillframe');
  await editor.lens('Remove').first().click();
  await editor.status(/1 agent( · 1 live)?$/).waitFor();
  await editor.run('Stillframe: Remove All Actions');
  await editor.page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
  await editor.status(/1 agent$/).waitFor();
  await expect.poll(() => editor.tree('Actions and Hits')).toEqual([]);
  await expect.poll(() => editor.gutterIcons()).toEqual([]);
  await expect.poll(() => editor.editorText()).not.toContain('order.total < 0 ·');
  await editor.page.getByText('Nothing is placed.').waitFor();
  await editor.screenshot('nothing-placed');
});

test('the walkthrough', async () => {
  await editor.run('Welcome: Open Walkthrough...');
  await editor.pick('See inside a running service');
  await editor.page.locator('.gettingStartedContainer').getByText('Connect to a server').waitFor();
  await editor.screenshot('walkthrough');
});

/** The number the call stack's header says. */
async function hitNumber(): Promise<number> {
  const text = await editor.page.locator('.part.sidebar').innerText();
  return Number(/Snapshot hit (\d+)\//.exec(text)?.[1] ?? Number.NaN);
}

/**
 * The main job in the real editor: click the lens, type a condition, see hint and hit, hover a variable, walk the stack in the
 * debug panel, go back. A real server, service, traffic, workbench and browser.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { markedLine } from '@stillframe/test-kit/marks';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SERVICE, type Services, startServices } from '../../tools/demo/start-services.ts';
import { serveWorkbench } from '../../tools/editor/serve-workbench.mjs';
import { openWorkbench, type WorkbenchPage } from './workbench-page.ts';

const SCREENSHOTS = fileURLToPath(new URL('../../.cache/screenshots', import.meta.url));
const ORDERS = join(SERVICE, 'src', 'orders.ts');
const { line: LINE } = markedLine(ORDERS, 'suspicious');

const home = mkdtempSync(join(tmpdir(), 'stillframe-editor-'));
let services: Services;
let workbench: Awaited<ReturnType<typeof serveWorkbench>>;
let browser: Browser;
let editor: WorkbenchPage;

beforeAll(async () => {
  mkdirSync(SCREENSHOTS, { recursive: true });
  services = await startServices(home);
  workbench = await serveWorkbench({
    folder: SERVICE,
    env: services.clientEnvironment,
    say: (line: string) => void process.stderr.write(`${line}\n`),
  });
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  const page = await browser.newPage({ viewport: { width: 1400, height: 860 } });
  page.setDefaultTimeout(45_000);
  editor = await openWorkbench(page, workbench.url, SCREENSHOTS);
});

afterAll(async () => {
  await browser?.close();
  await workbench?.close();
  await services?.stop();
  rmSync(home, { recursive: true, force: true });
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

  await editor
    .lens(/● snapshot · [2-9]\/10 hits/)
    .first()
    .waitFor();
  await expect.poll(() => editor.editorText()).toContain('snapshot if order.total < 0');
  await expect.poll(() => editor.editorText()).toMatch(/order = \{id: \d+, customer/);
  await editor.screenshot('hit-beside-the-code');

  const hover = await editor.hoverWord('isSuspicious', 'order');
  await hover.filter({ hasText: 'in the last' }).first().waitFor();
  const values = await hover.first().innerText();
  expect(values).toMatch(/total: -\d+/);
  expect(values).toContain('redacted');
  expect(values).not.toContain('$2b$10$');
  await editor.screenshot('hover');

  await editor
    .lens(/● snapshot/)
    .first()
    .click();
  const stack = editor.page.locator('.debug-call-stack');
  await stack.filter({ hasText: 'isSuspicious' }).waitFor();
  await stack.filter({ hasText: 'handle' }).waitFor();
  const variables = editor.page.locator('.debug-variables');
  await variables.getByText('Arguments').click();
  await variables.filter({ hasText: /order\s*=?\s*:?\s*\{id:/ }).waitFor();
  await editor.screenshot('debug-panel');
  const first = await hitNumber();
  expect(first).toBeGreaterThan(1);

  await editor.button(/^Reverse/).click();
  await expect.poll(hitNumber).toBe(first - 1);
  await editor.screenshot('reverse');
});

/** The number the call stack's header says. */
async function hitNumber(): Promise<number> {
  const text = await editor.page.locator('.part.sidebar').innerText();
  return Number(/Snapshot hit (\d+)\//.exec(text)?.[1] ?? Number.NaN);
}

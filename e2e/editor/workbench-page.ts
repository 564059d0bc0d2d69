/** VS Code's workbench as a person uses it: what can be seen and clicked, by the text on the page. */
import type { Locator, Page } from 'playwright-core';

export interface WorkbenchPage {
  page: Page;
  /** Opens a file of the folder at a line, by the quick open box. */
  openFile(path: string, line: number): Promise<void>;
  /** The code lens with this text nearest below the top of what is visible; the last one with `last`. */
  lens(text: string | RegExp): Locator;
  /** Types into the input box that is open, and confirms it. */
  answer(text: string): Promise<void>;
  /** The message under the input box. */
  inputMessage(): Locator;
  /** All text of the editor's lines, hints included. */
  editorText(): Promise<string>;
  /** Hovers a word of a line that contains `lineText`. */
  hoverWord(lineText: string, word: string): Promise<Locator>;
  /** Rows of the tree whose view has this class or title. */
  section(name: string): Locator;
  /** A button by its label, as screen readers say it. */
  button(label: RegExp): Locator;
  screenshot(name: string): Promise<void>;
}

export async function openWorkbench(page: Page, url: string, screenshots: string): Promise<WorkbenchPage> {
  await page.goto(url);
  await page.locator('.monaco-workbench .explorer-folders-view .monaco-list-row').first().waitFor({ timeout: 60_000 });
  const lens = (text: string | RegExp) =>
    page.locator('.codelens-decoration a', { hasText: text }).locator('visible=true');
  return {
    page,
    async openFile(path, line) {
      await page.keyboard.press('Control+P');
      const input = page.locator('.quick-input-widget input');
      await input.waitFor();
      await input.fill(path);
      const [name = path] = path.split('/').slice(-1);
      await page.locator('.quick-input-widget .monaco-list-row', { hasText: name }).first().waitFor();
      await input.fill(`${path}:${line}`);
      await page.locator('.quick-input-widget .monaco-list-row', { hasText: name }).first().waitFor();
      await page.keyboard.press('Enter');
      await page.locator('.tab.active', { hasText: name }).waitFor();
    },
    lens,
    async answer(text) {
      const input = page.locator('.quick-input-widget input');
      await input.waitFor();
      await input.fill(text);
      await page.keyboard.press('Enter');
      await input.waitFor({ state: 'hidden' });
    },
    inputMessage: () => page.locator('.quick-input-widget .quick-input-message'),
    editorText: async () =>
      (await page.locator('.editor-instance .view-lines').first().innerText()).replaceAll('\u00a0', ' '),
    async hoverWord(lineText, word) {
      const line = page.locator('.view-line', { hasText: lineText }).first();
      const hover = page.locator(
        '.monaco-hover:not(.hidden) .monaco-hover-content, .monaco-resizable-hover .monaco-hover-content',
      );
      // Away first: a hover opens on a move, not on a pointer that is there already.
      await page.mouse.move(5, 5);
      await line
        .locator('span', { hasText: new RegExp(`^\\s*${word}\\s*$`) })
        .last()
        .hover();
      await hover.first().waitFor();
      return hover;
    },
    section: (name) => page.locator(name),
    button: (label) => page.getByRole('button', { name: label }).locator('visible=true').first(),
    async screenshot(name) {
      await page.screenshot({ path: `${screenshots}/${name}.png` });
    },
  };
}

/** VS Code's workbench as a person uses it: what can be seen and clicked, by the text on the page. */
import type { Locator, Page } from 'playwright-core';

export interface WorkbenchPage {
  page: Page;
  /** Opens a file of the folder at a line, by the quick open box. */
  openFile(path: string, line: number): Promise<void>;
  /** Opens a view container by its icon in the activity bar, unless it is open. */
  openView(title: string): Promise<void>;
  toggleSideBar(): Promise<void>;
  /** Gives the room of a section of the side bar to the others. */
  foldPane(title: string): Promise<void>;
  /** Runs a command by its title in the command palette. */
  run(command: string): Promise<void>;
  /** The code lens with this text nearest below the top of what is visible; the last one with `last`. */
  lens(text: string | RegExp): Locator;
  /** Types into the input box that is open, and confirms it. */
  answer(text: string): Promise<void>;
  /** The row of the quick pick with this text. */
  choice(text: string | RegExp): Locator;
  /** Clicks it. */
  pick(text: string | RegExp): Promise<void>;
  /** The message under the input box. */
  inputMessage(): Locator;
  /** The status item with this text. */
  status(text: RegExp): Locator;
  /** All text of the editor's lines, hints included. */
  editorText(): Promise<string>;
  /** Names of our pictures in the gutter, from the top. */
  gutterIcons(): Promise<string[]>;
  /** Hovers a word of a line that contains `lineText`. */
  hoverWord(lineText: string, word: string): Promise<Locator>;
  /** The rows of a tree view by its title, from the top: label and description. */
  tree(title: string): Promise<string[]>;
  row(title: string, label: string): Locator;
  /** A button by its label, as screen readers say it. */
  button(label: RegExp): Locator;
  screenshot(name: string): Promise<void>;
}

export async function openWorkbench(page: Page, url: string, screenshots: string): Promise<WorkbenchPage> {
  await page.goto(url);
  await page.locator('.monaco-workbench .explorer-folders-view .monaco-list-row').first().waitFor({ timeout: 60_000 });
  const input = page.locator('.quick-input-widget input.input');
  const choices = page.locator('.quick-input-widget .monaco-list-row');
  const choice = (text: string | RegExp) => choices.filter({ hasText: text }).first();
  const pane = (title: string) =>
    page.locator('.pane', { has: page.locator('.pane-header', { hasText: title }) }).locator('visible=true');
  const spaced = (text: string) => text.replaceAll('\u00a0', ' ');

  async function quickOpen(text: string, row: string): Promise<void> {
    await input.fill(text);
    await choices.filter({ hasText: row }).first().waitFor();
  }

  return {
    page,
    async openFile(path, line) {
      await page.keyboard.press('Control+P');
      await input.waitFor();
      const [name = path] = path.split('/').slice(-1);
      await quickOpen(path, name);
      await quickOpen(`${path}:${line}`, name);
      await page.keyboard.press('Enter');
      await page.locator('.tab.active', { hasText: name }).waitFor();
    },
    async openView(title) {
      const tab = page.locator('.activitybar').getByRole('tab', { name: title });
      await tab.waitFor();
      if ((await tab.getAttribute('aria-selected')) !== 'true') await tab.click();
      await page.locator('.part.sidebar .composite.title', { hasText: title }).waitFor();
    },
    async toggleSideBar() {
      const bar = page.locator('.part.sidebar');
      const state = (await bar.isVisible()) ? 'hidden' : 'visible';
      await page.keyboard.press('Control+B');
      await bar.waitFor({ state });
    },
    async foldPane(title) {
      const header = pane(title).locator('.pane-header').first();
      if ((await header.getAttribute('aria-expanded')) === 'true') await header.click();
    },
    async run(command) {
      await page.keyboard.press('F1');
      await input.waitFor();
      await quickOpen(`>${command}`, command);
      await page.keyboard.press('Enter');
      // The command may open a list of its own.
      await choice(command).waitFor({ state: 'hidden' });
    },
    lens: (text) => page.locator('.codelens-decoration a', { hasText: text }).locator('visible=true'),
    async answer(text) {
      await input.waitFor();
      await input.fill(text);
      await page.keyboard.press('Enter');
      await input.waitFor({ state: 'hidden' });
    },
    choice,
    pick: (text) => choice(text).click(),
    inputMessage: () => page.locator('.quick-input-widget .quick-input-message'),
    status: (text) => page.locator('.statusbar-item-label').filter({ hasText: text }),
    editorText: async () => spaced(await page.locator('.editor-instance .view-lines').first().innerText()),
    gutterIcons: () =>
      page.locator('.editor-instance .glyph-margin-widgets > *').evaluateAll((elements) => {
        const placed = elements.map((element) => ({
          top: element.getBoundingClientRect().top,
          image: element.ownerDocument.defaultView?.getComputedStyle(element).backgroundImage ?? '',
        }));
        const names = placed
          .sort((a, b) => a.top - b.top)
          .map(({ image }) => /gutter[/%2F]*([a-z]+-[a-z]+)\.svg/.exec(image)?.[1]);
        return names.filter((name) => name !== undefined);
      }),
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
    tree: (title) =>
      pane(title)
        .locator('.monaco-list-row')
        .evaluateAll((rows) =>
          rows.map((row) =>
            ['.label-name', '.label-description']
              .map((part) => row.querySelector(part)?.textContent ?? '')
              .filter((text) => text !== '')
              .join(' '),
          ),
        ),
    row: (title, label) =>
      pane(title)
        .locator('.monaco-list-row', { has: page.locator('.label-name').getByText(label, { exact: true }) })
        .first(),
    button: (label) => page.getByRole('button', { name: label }).locator('visible=true').first(),
    async screenshot(name) {
      await page.screenshot({ path: `${screenshots}/${name}.png`, animations: 'disabled' });
    },
  };
}

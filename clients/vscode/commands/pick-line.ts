/** The second line of tic & toc: chosen from those below the first, each shown in the editor while it is looked at. */
import { Range, TextEditorRevealType, ThemeColor, Uri, window, workspace } from 'vscode';

/** A function is rarely longer; a longer list would take long to look through. */
const MOST = 400;

export async function pickLine(uri: string, tic: number, preset: number | undefined): Promise<number | undefined> {
  const document = await workspace.openTextDocument(Uri.parse(uri));
  const editor = window.visibleTextEditors.find((each) => each.document.uri.toString() === document.uri.toString());
  const mark = window.createTextEditorDecorationType({
    isWholeLine: true,
    backgroundColor: new ThemeColor('editor.rangeHighlightBackground'),
  });
  const items = [];
  for (let line = tic + 1; line < Math.min(document.lineCount, tic + 1 + MOST); line += 1) {
    const text = document.lineAt(line).text.trim();
    if (text !== '') items.push({ label: text, description: `line ${line + 1}`, line });
  }
  if (items.length === 0) throw new Error('there is no line below this one; begin on an earlier one');
  const pick = window.createQuickPick<(typeof items)[number]>();
  Object.assign(pick, {
    title: `Time from line ${tic + 1} to …`,
    placeholder: 'The line at which the time ends, before it runs',
    matchOnDescription: true,
    ignoreFocusOut: true,
  });
  pick.items = items;
  pick.activeItems = items.filter(({ line }) => line === preset);
  pick.onDidChangeActive(([item]) => {
    if (item === undefined || editor === undefined) return;
    const range = new Range(item.line, 0, item.line, 0);
    editor.setDecorations(mark, [range]);
    editor.revealRange(range, TextEditorRevealType.InCenterIfOutsideViewport);
  });
  try {
    return await new Promise((resolve) => {
      pick.onDidAccept(() => resolve(pick.selectedItems[0]?.line));
      pick.onDidHide(() => resolve(undefined));
      pick.show();
    });
  } finally {
    pick.dispose();
    mark.dispose();
  }
}

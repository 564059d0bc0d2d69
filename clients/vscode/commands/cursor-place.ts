/** Where the cursor is, or was before a page of ours got the keyboard. */
import { window } from 'vscode';

export interface CursorPlace {
  uri: string;
  line: number;
  character?: number;
  /** Where a selection over several lines ends. */
  endLine?: number;
}

export function cursorPlace(): CursorPlace {
  const editor =
    window.activeTextEditor ?? window.visibleTextEditors.find(({ viewColumn }) => viewColumn !== undefined);
  if (editor === undefined) throw new Error('open a file and put the cursor on the line');
  const { start, end, active } = editor.selection;
  const uri = editor.document.uri.toString();
  if (end.line > start.line) return { uri, line: start.line, endLine: end.line };
  const text = editor.document.lineAt(active.line).text;
  // At the beginning of the line the whole line is meant, not its first statement.
  const isInside = active.character > text.length - text.trimStart().length;
  return { uri, line: active.line, ...(isInside && { character: active.character }) };
}

/** A document of the library's store as the rest of this room sees it. */
import type { TextDocuments } from 'vscode-languageserver';
import { TextDocument } from 'vscode-languageserver-textdocument';
import type { OpenDocument } from '../state/open-document.ts';

export function openDocument(documents: TextDocuments<TextDocument>, uri: string, path: string): OpenDocument {
  // The store may put a new object in the old one's place with a change, and has none once it is closed.
  const current = () => documents.get(uri) ?? TextDocument.create(uri, '', 0, '');
  return {
    uri,
    path,
    get version() {
      return current().version;
    },
    get lineCount() {
      return current().lineCount;
    },
    text: () => current().getText(),
    line: (line) =>
      current()
        .getText({ start: { line, character: 0 }, end: { line: line + 1, character: 0 } })
        .replace(/\r?\n$|\r$/, ''),
  };
}

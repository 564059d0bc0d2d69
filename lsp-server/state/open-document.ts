/** An open document as the rest of this room sees it. Lines and characters 0-based, UTF-16 units. */
import { readFile } from 'node:fs/promises';
import { requestError } from '@stillframe/protocol/errors';
import { type FunctionIndex, functionIndexFor } from '../grammars/function-index.ts';
import type { FunctionPosition } from '../grammars/function-positions.ts';

export interface OpenDocument {
  readonly uri: string;
  /** Absolute path of the file. */
  readonly path: string;
  readonly version: number;
  readonly lineCount: number;
  text(): string;
  /** Without its line end. */
  line(line: number): string;
}

/** A file that is not open; edits of it come from elsewhere, so it is read anew each time. */
export async function documentOnDisk(uri: string, path: string): Promise<OpenDocument> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    throw requestError('notFound', `Save ${path} first: it cannot be read`);
  }
  const lines = text.split(/\r?\n/);
  return {
    uri,
    path,
    version: nextVersionOnDisk(),
    lineCount: lines.length,
    text: () => text,
    line: (line) => lines[line] ?? '',
  };
}

let versionOnDisk = 0;

/** Never that of an editor's document, which counts upwards. */
function nextVersionOnDisk(): number {
  versionOnDisk -= 1;
  return versionOnDisk;
}

const indexes = new WeakMap<OpenDocument, Promise<FunctionIndex | undefined>>();

/** The document's functions, in the order of its text; what an edit has not touched is not parsed again. */
export async function functionsOf(document: OpenDocument): Promise<readonly FunctionPosition[]> {
  let index = indexes.get(document);
  if (index === undefined) {
    index = functionIndexFor(document.path);
    indexes.set(document, index);
  }
  return (await index)?.update(document.text()) ?? [];
}

/** The document is closed; its syntax tree is memory no garbage collector sees. */
export async function forgetFunctionsOf(document: OpenDocument): Promise<void> {
  const index = indexes.get(document);
  indexes.delete(document);
  (await index)?.dispose();
}

/** The innermost function round a line. */
export function functionAt(functions: readonly FunctionPosition[], line: number): FunctionPosition | undefined {
  return functions.findLast((each) => each.line <= line && line <= each.endLine);
}

const IDENTIFIER = /[\p{ID_Start}$_#][\p{ID_Continue}$]*/gu;

/** The dotted name that ends with the identifier at a character: `order.total` when it stands on `total`. */
export function nameAt(text: string, character: number): { name: string; start: number; end: number } | undefined {
  for (const { 0: word, index } of text.matchAll(IDENTIFIER)) {
    if (index > character || index + word.length < character) continue;
    const before = /(?:[\p{ID_Start}$_#][\p{ID_Continue}$]*(?:\?\.|\.))+$/u.exec(text.slice(0, index));
    const start = before?.index ?? index;
    return { name: text.slice(start, index + word.length), start, end: index + word.length };
  }
  return undefined;
}

/** Every plain name a line mentions, in order, once. */
export function namesIn(text: string): string[] {
  const names = [...text.matchAll(IDENTIFIER)].filter(({ index }) => text[index - 1] !== '.').map(([word]) => word);
  return [...new Set(names)];
}

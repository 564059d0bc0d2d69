/** An open document as the rest of this room sees it. Lines and characters 0-based, UTF-16 units. */
import { readFile } from 'node:fs/promises';
import { requestError } from '@stillframe/protocol/errors';
import { type FunctionPosition, functionPositions } from '../grammars/function-positions.ts';

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

const parsed = new WeakMap<OpenDocument, { version: number; functions: Promise<FunctionPosition[]> }>();

/** The document's functions, parsed once per version. */
export function functionsOf(document: OpenDocument): Promise<FunctionPosition[]> {
  const known = parsed.get(document);
  if (known?.version === document.version) return known.functions;
  const functions = functionPositions(document.path, document.text());
  parsed.set(document, { version: document.version, functions });
  return functions;
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

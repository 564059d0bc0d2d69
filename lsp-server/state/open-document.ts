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

/**
 * Where to point at a function so that no other one is meant: its first statement, with the column, since a callback may begin
 * on the same line.
 */
export function placeInside(document: OpenDocument, { name, bodyLine, bodyColumn }: FunctionPosition) {
  const character = bodyColumn ?? document.line(bodyLine).search(/\S|$/);
  return { uri: document.uri, line: bodyLine, character, functionName: name };
}

const IDENTIFIER = /[\p{ID_Start}$_#][\p{ID_Continue}$]*/gu;

/** The dotted name that ends with the identifier at a character: `order.total` when it stands on `total`; none for `f().total`. */
export function nameAt(text: string, character: number): { name: string; start: number; end: number } | undefined {
  for (const { 0: word, index } of text.matchAll(IDENTIFIER)) {
    if (index > character || index + word.length < character) continue;
    const before = /(?:[\p{ID_Start}$_#][\p{ID_Continue}$]*(?:\?\.|\.))+$/u.exec(text.slice(0, index));
    const start = before?.index ?? index;
    // What a call or an index gave is not a variable of its name.
    if (text[start - 1] === '.') return undefined;
    return { name: text.slice(start, index + word.length), start, end: index + word.length };
  }
  return undefined;
}

/** Every plain name a line mentions, in order, once. */
export function namesIn(text: string): string[] {
  const names = [...text.matchAll(IDENTIFIER)].filter(({ index }) => text[index - 1] !== '.').map(([word]) => word);
  return [...new Set(names)];
}

/** Words of the six languages that stand where names do. */
const NO_VARIABLES = new Set(
  `abstract and any as assert async await bool boolean break byte case catch char class const continue def default del
  delete do double elif else enum except export extends false final finally float for from fun function get global if
  implements import in instanceof int interface is lambda let long new nonlocal none not null number object of or override
  package pass private protected public raise readonly return self set short static string super switch symbol this throw
  throws true try type typeof undefined unknown val var void when while with yield`.split(/\s+/),
);

/** The names on a line that are likely variables: no words of the language, nothing in strings or comments, no calls. */
export function variablesIn(text: string): string[] {
  const code = text.replaceAll(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\/\/.*$|(?<=^|\s)#.*$|\/\*.*?\*\//g, ' ');
  const found = [...code.matchAll(IDENTIFIER)].filter(({ 0: word, index }) => {
    const isCall = /^\s*\(/.test(code.slice(index + word.length));
    return code[index - 1] !== '.' && !isCall && !NO_VARIABLES.has(word.toLowerCase());
  });
  return [...new Set(found.map(([word]) => word))];
}

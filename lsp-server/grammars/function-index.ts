/**
 * The functions of one text while it is edited. Parsing 10,000 lines takes some 60 ms and looking at every function 30 ms;
 * with the old tree at hand an edit takes about two, since only the statements round it are looked at again.
 */
import type { Node, Parser, Tree } from 'web-tree-sitter';
import { collectFunctions, type FoundFunction, type FunctionPosition } from './function-positions.ts';
import { type GrammarName, grammarOf, parserFor } from './load-grammar.ts';

/** Longer texts get no function positions: parsing them would take seconds. UTF-16 units. */
const MAX_LENGTH = 2_000_000;

/** Undefined for a file of a language without a grammar here. */
export async function functionIndexFor(path: string): Promise<FunctionIndex | undefined> {
  const grammar = grammarOf(path);
  return grammar === undefined ? undefined : new FunctionIndex(grammar, await parserFor(grammar));
}

export class FunctionIndex {
  readonly #grammar: GrammarName;
  readonly #parser: Parser;
  #tree: Tree | undefined;
  #text = '';
  #found: readonly FoundFunction[] = [];
  #positions: readonly FunctionPosition[] = [];

  constructor(grammar: GrammarName, parser: Parser) {
    this.#grammar = grammar;
    this.#parser = parser;
  }

  /** In the order of the text; the same array while the text stays the same. */
  update(text: string): readonly FunctionPosition[] {
    if (this.#tree !== undefined && text === this.#text) return this.#positions;
    if (text.length > MAX_LENGTH) {
      this.dispose();
      return this.#positions;
    }
    this.#found = this.#tree === undefined ? this.#all(text) : this.#edited(this.#tree, text);
    this.#positions = this.#found.map(({ position }) => position);
    this.#text = text;
    return this.#positions;
  }

  /** Gives the tree's memory back; a later `update` begins anew. */
  dispose(): void {
    this.#tree?.delete();
    this.#tree = undefined;
    this.#found = [];
    this.#positions = [];
  }

  #all(text: string): FoundFunction[] {
    const tree = this.#parser.parse(text);
    if (tree === null) return [];
    this.#tree = tree;
    return collectFunctions(tree.rootNode, this.#grammar);
  }

  #edited(old: Tree, text: string): readonly FoundFunction[] {
    const edit = editBetween(this.#text, text);
    old.edit(edit);
    const tree = this.#parser.parse(text, old);
    if (tree === null) return [];
    const shift = edit.newEndPosition.row - edit.oldEndPosition.row;
    const rows = touchedRows(old, tree, edit);
    old.delete();
    this.#tree = tree;
    const before = this.#found.filter(({ lastRow }) => lastRow < rows.first);
    const after = this.#found.filter(({ firstRow }) => firstRow > rows.last - shift);
    const between = collectFunctions(tree.rootNode, this.#grammar, rows);
    return [...before, ...between, ...after.map((each) => moved(each, shift))].sort(
      (a, b) => a.position.line - b.position.line || a.position.column - b.position.column,
    );
  }
}

type TextEdit = Parameters<Tree['edit']>[0];

/** The one edit that leads from a text to another: what stands between their common beginning and their common end. */
function editBetween(before: string, after: string): TextEdit {
  const shorter = Math.min(before.length, after.length);
  const start = sameUnits(shorter, (from, to) => before.slice(from, to) === after.slice(from, to));
  const end = sameUnits(
    shorter - start,
    (from, to) =>
      before.slice(before.length - to, before.length - from) === after.slice(after.length - to, after.length - from),
  );
  const oldEndIndex = before.length - end;
  const newEndIndex = after.length - end;
  return {
    startIndex: start,
    oldEndIndex,
    newEndIndex,
    startPosition: pointAt(before, start),
    oldEndPosition: pointAt(before, oldEndIndex),
    newEndPosition: pointAt(after, newEndIndex),
  } as TextEdit;
}

/** Compared in strides that grow shorter: a whole stride is compared ten times as fast as its characters one by one. */
function sameUnits(most: number, isSame: (from: number, to: number) => boolean): number {
  let same = 0;
  for (const stride of [8192, 128, 1]) {
    while (same + stride <= most && isSame(same, same + stride)) same += stride;
  }
  return same;
}

function pointAt(text: string, index: number): { row: number; column: number } {
  let row = 0;
  let lineStart = 0;
  for (let at = text.indexOf('\n'); at !== -1 && at < index; at = text.indexOf('\n', at + 1)) {
    row += 1;
    lineStart = at + 1;
  }
  return { row, column: index - lineStart };
}

/**
 * Rows of the new text in which functions may be others than before: the edit, whatever got another structure by it, and
 * the rest of the outermost statements these lie in, since a class gives its members their names.
 */
function touchedRows(old: Tree, tree: Tree, edit: TextEdit): { first: number; last: number } {
  const changed = old.getChangedRanges(tree);
  const first = Math.min(edit.startPosition.row, ...changed.map(({ startPosition }) => startPosition.row));
  const last = Math.max(edit.newEndPosition.row, ...changed.map(({ endPosition }) => endPosition.row));
  const ends = [first, last].map((row) => outermostAt(tree.rootNode, row)?.endPosition.row ?? last);
  return { first, last: Math.max(last, ...ends) };
}

/** The statement of the file itself that takes up a row; undefined between statements. */
function outermostAt(root: Node, row: number): Node | undefined {
  let node = root.descendantForPosition({ row, column: 0 }, { row, column: Number.MAX_SAFE_INTEGER });
  while (node?.parent && node.parent.id !== root.id) node = node.parent;
  return node === null || node.id === root.id ? undefined : node;
}

function moved({ position, firstRow, lastRow }: FoundFunction, rows: number): FoundFunction {
  if (rows === 0) return { position, firstRow, lastRow };
  const { line, endLine, bodyLine } = position;
  return {
    position: { ...position, line: line + rows, endLine: endLine + rows, bodyLine: bodyLine + rows },
    firstRow: firstRow + rows,
    lastRow: lastRow + rows,
  };
}

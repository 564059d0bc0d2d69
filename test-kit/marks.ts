/** Fixtures name their lines by marks in comments (`// @hit`), so that tests hold no line numbers. */
import { readFileSync } from 'node:fs';

export interface Mark {
  /** 1-based. */
  line: number;
  /** The line's text. */
  text: string;
}

/** The line that carries `@name`; throws when there is not exactly one. */
export function markedLine(path: string, name: string): Mark {
  const lines = readFileSync(path, 'utf8').split('\n');
  const pattern = new RegExp(`(?://|#|/\\*) ?@${name}\\b`);
  const found = lines.flatMap((text, at) => (pattern.test(text) ? [{ line: at + 1, text }] : []));
  const [mark, second] = found;
  if (mark === undefined || second !== undefined) throw new Error(`${path} has ${found.length} lines marked @${name}`);
  return mark;
}

/** 1-based column of a piece of the marked line's text. */
export function columnOf(mark: Mark, piece: string): number {
  const at = mark.text.indexOf(piece);
  if (at === -1) throw new Error(`"${piece}" is not in line ${mark.line}: ${mark.text}`);
  return at + 1;
}

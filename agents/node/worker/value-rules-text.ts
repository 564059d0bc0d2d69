/** Characters and runs of them, as the value rules tell them apart. ASCII only, so that every language agrees. */

/** `end` is exclusive. */
export interface Match {
  start: number;
  end: number;
}

export type IsCharacter = (text: string, at: number) => boolean;

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const DIGITS = '0123456789';

/** Nothing where the text has no character. */
export const isDigit = oneOf(DIGITS);
export const isLetter = oneOf(LETTERS);
export const isAlphanumeric = oneOf(LETTERS + DIGITS);

/** Letters, digits and the characters of `also`. */
export function alphanumericAnd(also: string): IsCharacter {
  return oneOf(LETTERS + DIGITS + also);
}

/** By a table, since it is asked several times of every character. */
export function oneOf(characters: string): IsCharacter {
  const table = new Uint8Array(256);
  for (const character of characters) table[character.charCodeAt(0)] = 1;
  return (text, at) => {
    const code = text.charCodeAt(at);
    return code < 256 && table[code] === 1;
  };
}

/** A letter, digit or `_`, or a Latin letter with accents (U+00C0 to U+024F). */
export function isWordLetter(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return (code >= 0xc0 && code <= 0x24f) || code === 95 || isAlphanumeric(text, at);
}

/** Where a run that begins at `start` ends; at most `most` characters are looked at. */
export function endOfRun(text: string, start: number, is: IsCharacter, most = Number.POSITIVE_INFINITY): number {
  const last = Math.min(text.length, start + most);
  let at = start;
  while (at < last && is(text, at)) at += 1;
  return at;
}

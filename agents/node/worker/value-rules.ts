/**
 * Where a text holds a card number, a key, an address: one finder per value rule, exactly as
 * `test-fixtures/conformance/redaction-values.md` says in words. Every finder reads each character a bounded number of
 * times, whatever the text, so none is a regular expression.
 *
 * `cut` says that the text goes on where it was cut: what reaches its end and could be the beginning of a match is one.
 */
import type { ValueRule } from '@stillframe/protocol/policy';
import { CARDS, IBANS } from './value-lists.ts';
import { findAuthorization, findCloudKey, findJwt, findPrivateKey, findUrlCredentials } from './value-rules-keys.ts';
import { endOfRun, isAlphanumeric, isDigit, isLetter, isWordLetter, type Match, oneOf } from './value-rules-text.ts';

/** The first match. */
export type Find = (text: string, cut: boolean) => Match | undefined;

/** In the order in which they are applied, each to what the ones before have left. */
export const VALUE_RULES: readonly (readonly [ValueRule, Find])[] = [
  ['privateKey', findPrivateKey],
  ['jwt', findJwt],
  ['authorization', findAuthorization],
  ['urlCredentials', findUrlCredentials],
  ['cloudKey', findCloudKey],
  ['iban', findIban],
  ['card', findCard],
  ['email', findEmail],
  ['phone', findPhone],
];

const SHORTEST_CARD = 14;
const LONGEST_CARD = 19;
const CARD_SEPARATORS = 5;
const REMEMBERED_BEGINNINGS = 10_000;
/** The first six digits of a card number say whose it is and may be shown. */
const TELLING_CARD_DIGITS = 7;
const CARD_GROUPS: readonly (readonly number[])[] = [
  [4, 4, 4, 4, 3],
  [4, 4, 4, 4],
  [4, 6, 5],
  [4, 6, 4],
];

export function findCard(text: string, cut: boolean): Match | undefined {
  for (let at = 0; at < text.length; at++) {
    if (!isDigit(text, at)) continue;
    if (!isAlphanumeric(text, at - 1) && !(text[at - 1] === '.' && isDigit(text, at - 2))) {
      const end = endOfCard(text, at, cut);
      if (end !== undefined) return { start: at, end };
    }
    at = endOfRun(text, at, isDigit);
  }
  return undefined;
}

function endOfCard(text: string, start: number, cut: boolean): number | undefined {
  const first = endOfRun(text, start, isDigit, LONGEST_CARD + 1);
  // Most numbers are decided here.
  const atCut = cut && text.length - start <= LONGEST_CARD + CARD_SEPARATORS;
  if (first - start !== 4 && first - start < SHORTEST_CARD && !atCut) return undefined;
  const lengths = lengthsOfCards(text.slice(start, start + 4));
  if (first - start >= 4 && lengths.length === 0) return undefined;
  if (isCard(text, start, first, lengths)) return first;
  const ends = endsOfGroups(text, first);
  for (const shape of CARD_GROUPS) {
    const end = ends[shape.length - 1];
    if (end !== undefined && hasShape(start, ends, shape) && isCard(text, start, end, lengths)) return end;
  }
  // After a plus it is a telephone number.
  return atCut && text[start - 1] !== '+' && isCardBegun(text, start, ends) ? text.length : undefined;
}

/** Up to five groups of digits, all separated by one space, or all by one hyphen. */
function endsOfGroups(text: string, first: number): number[] {
  const ends = [first];
  const separator = text[first];
  if (separator !== ' ' && separator !== '-') return ends;
  for (let end = first; ends.length < 5 && text[end] === separator && isDigit(text, end + 1); ) {
    end = endOfRun(text, end + 1, isDigit, LONGEST_CARD + 1);
    ends.push(end);
  }
  return ends;
}

function hasShape(start: number, ends: readonly number[], shape: readonly number[]): boolean {
  let at = start;
  for (let group = 0; group < shape.length; group++) {
    const end = ends[group] as number;
    if (end - at !== shape[group]) return false;
    at = end + 1;
  }
  return true;
}

/** At the cut end of a text: enough digits of a card's beginning, in groups that a card could have. */
function isCardBegun(text: string, start: number, ends: readonly number[]): boolean {
  const end = ends.at(-1) as number;
  const rest = text.slice(end);
  if (rest !== '' && rest !== ' ' && rest !== '-') return false;
  const digits = text.slice(start, end).replaceAll(/[ -]/g, '');
  const before = ends.slice(0, -1);
  const lastLength = end - (before.length === 0 ? start : (before.at(-1) as number) + 1);
  const fits = CARD_GROUPS.some(
    (shape) => lastLength <= (shape[before.length] ?? 0) && hasShape(start, before, shape.slice(0, before.length)),
  );
  const longest = Math.max(0, ...lengthsOfCards(digits.slice(0, 4)));
  return digits.length >= TELLING_CARD_DIGITS && digits.length < longest && (before.length === 0 || fits);
}

function isCard(text: string, start: number, end: number, lengths: readonly number[]): boolean {
  if (isAlphanumeric(text, end) || (text[end] === '.' && isDigit(text, end + 1))) return false;
  let digits = 0;
  let sum = 0;
  // Luhn, from the last digit; what separates groups is passed over.
  for (let at = end - 1; at >= start; at--) {
    const value = text.charCodeAt(at) - 48;
    if (value < 0 || value > 9) continue;
    const counted = digits % 2 === 0 ? value : value * 2;
    sum += counted > 9 ? counted - 9 : counted;
    digits += 1;
  }
  return sum % 10 === 0 && lengths.includes(digits);
}

const lengthsByBeginning = new Map<string, readonly number[]>();

/** By the first four digits. */
function lengthsOfCards(beginning: string): readonly number[] {
  let lengths = lengthsByBeginning.get(beginning);
  if (lengths === undefined) {
    lengths = CARDS.flatMap(({ from, to, lengths }) => {
      const head = beginning.slice(0, from.length);
      return head.length === from.length && head >= from && head <= to ? lengths : [];
    });
    if (lengthsByBeginning.size < REMEMBERED_BEGINNINGS) lengthsByBeginning.set(beginning, lengths);
  }
  return lengths;
}

/** Of an IBAN that is cut short: country, check digits and half of the bank say nothing of the account. */
const TELLING_IBAN_CHARACTERS = 8;

function findIban(text: string, cut: boolean): Match | undefined {
  for (let at = 0; at < text.length; at++) {
    if (!isAlphanumeric(text, at)) continue;
    if (isLetter(text, at) && isLetter(text, at + 1) && isDigit(text, at + 2)) {
      const end = endOfIban(text, at, cut);
      if (end !== undefined) return { start: at, end };
    }
    // On to the next word.
    while (at < text.length && isAlphanumeric(text, at)) at += 1;
  }
  return undefined;
}

function endOfIban(text: string, start: number, cut: boolean): number | undefined {
  const length = IBANS[text.slice(start, start + 2).toUpperCase()];
  if (length === undefined || !isDigit(text, start + 3)) return undefined;
  const next = text[start + 4];
  const separator = next === ' ' || next === '-' ? next : undefined;
  let characters = '';
  let at = start;
  while (characters.length < length) {
    if (separator !== undefined && characters.length > 0 && characters.length % 4 === 0 && at < text.length) {
      if (text[at] !== separator) return undefined;
      at += 1;
    }
    if (at >= text.length) return cut && characters.length >= TELLING_IBAN_CHARACTERS ? text.length : undefined;
    if (!isAlphanumeric(text, at)) return undefined;
    characters += text[at];
    at += 1;
  }
  return !isAlphanumeric(text, at) && remainder97(characters) === 1 ? at : undefined;
}

/** Of the number that an IBAN makes: its first four characters last, A as 10 to Z as 35. */
function remainder97(iban: string): number {
  const moved = (iban.slice(4) + iban.slice(0, 4)).toUpperCase();
  let rest = 0;
  for (const character of moved) {
    const value = Number.parseInt(character, 36);
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest;
}

function findEmail(text: string, cut: boolean): Match | undefined {
  // Nothing before the previous at-sign is looked at again.
  let earliest = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code !== AT_SIGN && code !== PERCENT) continue;
    const sign = code === AT_SIGN ? 1 : text.startsWith('%40', at) ? 3 : 0;
    if (sign === 0) continue;
    const start = startOfLocalPart(text, at, earliest);
    const end = start < at ? endOfDomain(text, at + sign, cut) : undefined;
    if (end !== undefined) return { start, end };
    earliest = at + sign;
    at += sign - 1;
  }
  return undefined;
}

const AT_SIGN = 64;
const PERCENT = 37;
const isLocalMark = oneOf('.%+-');

function startOfLocalPart(text: string, sign: number, earliest: number): number {
  let start = sign;
  while (start > earliest && (isWordLetter(text, start - 1) || isLocalMark(text, start - 1))) start -= 1;
  while (start < sign && !isWordLetter(text, start)) start += 1;
  return start;
}

/** The end of the last label that begins as a top-level domain does, with two letters. */
function endOfDomain(text: string, start: number, cut: boolean): number | undefined {
  let end = endOfRun(text, start, isDomainCharacter);
  if (isVersion(text, start, end)) return undefined;
  let found: number | undefined;
  while (text[end] === '.') {
    const label = end + 1;
    end = endOfRun(text, label, isDomainCharacter);
    if (end === label || label === start + 1) break;
    // What is glued to a top-level domain, `com1`, goes with it.
    if (isDomainLetter(text, label) && isDomainLetter(text, label + 1)) found = end;
  }
  return cut && end >= text.length ? text.length : found;
}

/** The first label, and what stands after it: `pkg@1.2.3-rc.next`, `icon@2x.png`. */
function isVersion(text: string, start: number, end: number): boolean {
  const digits = endOfRun(text, start, isDigit);
  if (digits === start) return false;
  if (digits < end) return digits === end - 1 && text[digits] === 'x';
  return text[end] !== '.' || !isDomainCharacter(text, end + 1) || isDigit(text, end + 1);
}

function isDomainCharacter(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code === 45 || (code !== 95 && isWordLetter(text, at));
}

function isDomainLetter(text: string, at: number): boolean {
  return isWordLetter(text, at) && !isDigit(text, at) && text[at] !== '_';
}

const LEAST_INTERNATIONAL = 9;
const LEAST_TEL = 7;
const MOST_PHONE_DIGITS = 15;
/** Of a number that is cut short: more than the country. */
const TELLING_PHONE_DIGITS = 4;

function findPhone(text: string, cut: boolean): Match | undefined {
  for (let at = 0; at < text.length; at++) {
    const end = endOfPhone(text, at, cut);
    if (end !== undefined) return { start: at, end };
  }
  return undefined;
}

function endOfPhone(text: string, at: number, cut: boolean): number | undefined {
  const code = text.charCodeAt(at);
  if (!PHONE_STARTS.has(code) || isAlphanumeric(text, at - 1)) return undefined;
  if (code === PLUS) {
    return text[at - 1] === '+' ? undefined : endOfNumber(text, at + 1, LEAST_INTERNATIONAL, cut, true);
  }
  if (code === PERCENT) {
    const plus = text.startsWith('%2B', at) || text.startsWith('%2b', at);
    return plus ? endOfNumber(text, at + 3, LEAST_INTERNATIONAL, cut, true) : undefined;
  }
  if (code === PARENTHESIS) return endOfAmericanNumber(text, at);
  if (text.slice(at, at + 4).toLowerCase() !== 'tel:') return undefined;
  return endOfNumber(text, text[at + 4] === '+' ? at + 5 : at + 4, LEAST_TEL, cut, false);
}

const PLUS = 43;
const PARENTHESIS = 40;
/** `+`, `%2B`, `(`, `tel:`. */
const PHONE_STARTS: ReadonlySet<number> = new Set([PLUS, PERCENT, PARENTHESIS, 84, 116]);
const isPhoneSeparator = oneOf(' -./()\u00a0');

/** Groups of digits with at most two separators between them; as many groups as keep to 15 digits. */
function endOfNumber(
  text: string,
  start: number,
  least: number,
  cut: boolean,
  international: boolean,
): number | undefined {
  if (!isDigit(text, start) || (international && text[start] === '0')) return undefined;
  let digits = 0;
  let end = start;
  let separators = 0;
  let firstGroup = 0;
  let dotted = false;
  for (let at = start; ; ) {
    const groupEnd = endOfRun(text, at, isDigit, MOST_PHONE_DIGITS + 1);
    if (groupEnd === at || digits + groupEnd - at > MOST_PHONE_DIGITS) break;
    if (digits === 0 && isLetter(text, groupEnd)) return undefined;
    if (at > start) {
      separators += at - end;
      dotted = text[end] === '.';
    }
    digits += groupEnd - at;
    if (firstGroup === 0) firstGroup = digits;
    end = groupEnd;
    at = endOfRun(text, end, isPhoneSeparator, 2);
    if (at === end) break;
  }
  if (cut && endOfRun(text, end, isPhoneSeparator, 2) >= text.length && digits >= TELLING_PHONE_DIGITS) {
    return text.length;
  }
  const decimal = separators === 1 && dotted && firstGroup > 3;
  return digits >= least && !decimal ? end : undefined;
}

/** `(415) 555-2671`: neither the area nor the exchange begins with 0 or 1. */
function endOfAmericanNumber(text: string, start: number): number | undefined {
  const area = digitsAt(text, start + 1, 3);
  if (area === undefined || area < '2' || text[start + 4] !== ')') return undefined;
  const next = text[start + 5] === ' ' || text[start + 5] === '-' ? start + 6 : start + 5;
  const exchange = digitsAt(text, next, 3);
  if (exchange === undefined || exchange < '2' || !'-. '.includes(text[next + 3] ?? 'x')) return undefined;
  const end = next + 8;
  return digitsAt(text, next + 4, 4) === undefined || isAlphanumeric(text, end) ? undefined : end;
}

/** Exactly so many digits may stand here; more would be another number. */
function digitsAt(text: string, start: number, length: number): string | undefined {
  return endOfRun(text, start, isDigit, length + 1) === start + length ? text.slice(start, start + length) : undefined;
}

/** The finders of keys, tokens and credentials; see `value-rules.ts`. */
import { KEY_NAMES, KEY_PREFIXES } from './value-lists.ts';
import {
  alphanumericAnd,
  endOfRun,
  type IsCharacter,
  isAlphanumeric,
  isDigit,
  type Match,
  oneOf,
} from './value-rules-text.ts';

const BEGIN = '-----BEGIN ';
const END = '-----END ';
const DASHES = '-----';
const LONGEST_LABEL = 64;

/** A PEM block, to the end of the text when its own end is not there. */
export function findPrivateKey(text: string): Match | undefined {
  for (let start = text.indexOf(BEGIN); start >= 0; start = text.indexOf(BEGIN, start + BEGIN.length)) {
    const label = start + BEGIN.length;
    const labelEnd = endOfRun(text, label, isLabelCharacter, LONGEST_LABEL);
    if (!text.startsWith(DASHES, labelEnd) || !text.slice(label, labelEnd).includes('PRIVATE KEY')) continue;
    const end = text.indexOf(END, labelEnd);
    const dashes = end < 0 ? -1 : text.indexOf(DASHES, end + END.length);
    return { start, end: dashes < 0 ? text.length : dashes + DASHES.length };
  }
  return undefined;
}

const isLabelCharacter = oneOf(' ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789');

const isBase64Url = alphanumericAnd('-_');
/** Of a token's first part (`{"alg":…` as base64 begins so), and of what follows its first dot. */
const LEAST_JWT_HEADER = 10;
const LEAST_JWT_REST = 10;

export function findJwt(text: string, cut: boolean): Match | undefined {
  for (let start = text.indexOf('eyJ'); start >= 0; ) {
    const headerEnd = endOfRun(text, start, isBase64Url);
    const end =
      isBase64Url(text, start - 1) || headerEnd - start < LEAST_JWT_HEADER ? undefined : endOfJwt(text, headerEnd, cut);
    if (end !== undefined) return { start, end };
    start = text.indexOf('eyJ', headerEnd);
  }
  return undefined;
}

function endOfJwt(text: string, headerEnd: number, cut: boolean): number | undefined {
  const payload = endOfPart(text, headerEnd) ?? headerEnd;
  const signature = endOfPart(text, payload) ?? payload;
  // An encrypted one has five parts; without something in both, the dots belong to the sentence around it.
  const fourth = endOfPart(text, signature) ?? signature;
  const fifth = endOfPart(text, fourth) ?? fourth;
  const end = fourth > signature + 1 && fifth > fourth + 1 ? fifth : signature;
  if (cut && Math.max(end, fifth) >= text.length) return text.length;
  return payload > headerEnd && signature > payload && end - headerEnd > LEAST_JWT_REST ? end : undefined;
}

function endOfPart(text: string, dot: number): number | undefined {
  return text[dot] === '.' ? endOfRun(text, dot + 1, isBase64Url) : undefined;
}

const isCredential = alphanumericAnd('-._~+/=');
const LEAST_BEARER = 20;
const LEAST_BEARER_WITH_DIGIT = 8;
const LEAST_BASIC = 8;
const HEADER = 'authorization';
/** Between a name and its value. */
const MOST_CONNECTING = 8;

/** What follows `Bearer` or `Basic`; the scheme itself stays. */
export function findAuthorization(text: string, cut: boolean): Match | undefined {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code !== 66 && code !== 98) continue;
    const scheme = startsWithName(text, at, 'bearer') ? 'bearer' : startsWithName(text, at, 'basic') ? 'basic' : '';
    if (scheme === '' || isAlphanumeric(text, at - 1) || text[at - 1] === '_') continue;
    const start = endOfRun(text, at + scheme.length, isSpace);
    if (start === at + scheme.length) continue;
    const end = endOfRun(text, start, isCredential);
    const credential = text.slice(start, end);
    const reachesCut = cut && end === text.length;
    const telling = scheme === 'basic' ? isBasicCredential(credential) : isBearerCredential(credential);
    if (end > start && (telling || reachesCut || isAfterHeaderName(text, at))) return { start, end };
  }
  return undefined;
}

function isBearerCredential(text: string): boolean {
  if (text.length >= LEAST_BEARER) return true;
  return text.length >= LEAST_BEARER_WITH_DIGIT && /[0-9]/.test(text);
}

/** Base64 of something with a colon, so that "basic information" stays. */
function isBasicCredential(text: string): boolean {
  if (text.length < LEAST_BASIC || text.length % 4 !== 0) return false;
  const end = endOfRun(text, 0, isBase64);
  if (end < text.length - 2 || text.slice(end) !== '=='.slice(0, text.length - end)) return false;
  return Buffer.from(text, 'base64').includes(':');
}

function isAfterHeaderName(text: string, scheme: number): boolean {
  let at = scheme;
  while (at > 0 && scheme - at < MOST_CONNECTING && isConnecting(text, at - 1)) at -= 1;
  return at >= HEADER.length && assigns(text, at, scheme) && startsWithName(text, at - HEADER.length, HEADER);
}

const isSpace = oneOf(' \t');
const isConnecting = oneOf(' \t"\'\\:=');

/** Among what connects a name with its value there is a `:` or `=`. */
function assigns(text: string, start: number, end: number): boolean {
  const connecting = text.slice(start, end);
  return connecting.includes(':') || connecting.includes('=');
}

function startsWithName(text: string, at: number, name: string): boolean {
  for (let index = 0; index < name.length; index++) {
    const code = text.charCodeAt(at + index);
    const small = code >= 65 && code <= 90 ? code | 32 : code;
    if (small !== name.charCodeAt(index)) return false;
  }
  return true;
}

/** `user:password` between `://` and the last `@` before the path. */
export function findUrlCredentials(text: string, cut: boolean): Match | undefined {
  for (let mark = text.indexOf('://'); mark >= 0; ) {
    const start = mark + 3;
    const end = endOfRun(text, start, isAuthorityCharacter);
    const authority = text.slice(start, end);
    const colon = authority.indexOf(':');
    const at = authority.lastIndexOf('@');
    if (colon >= 0 && at > colon + 1) return { start, end: start + at };
    if (cut && colon >= 0 && at < 0 && end === text.length && end > start + colon + 1) return { start, end };
    mark = text.indexOf('://', start);
  }
  return undefined;
}

const endsAuthority = oneOf('/?#"\'<>\\`');

function isAuthorityCharacter(text: string, at: number): boolean {
  return text.charCodeAt(at) > 32 && !endsAuthority(text, at);
}

const isBase64 = alphanumericAnd('+/');
const isBase64OfAnyKind = alphanumericAnd('+/_-');
/** An AWS secret key; the 64 bytes of an Azure key, before `==`. */
const AWS_SECRET = 40;
const AZURE_KEY = 86;
/** Characters that must be there of a key that is cut short. */
const TELLING_KEY = 4;
const TELLING_SECRET = 20;

interface KnownKey {
  is: IsCharacter;
  least: number;
  most: number;
}

/** By first character, since they are looked for at every word. */
const PREFIXES = byFirstCharacter(
  KEY_PREFIXES.map(({ prefix, also, least, most }) => ({ text: prefix, ...known(also, least, most) })),
);
const NAMES = byFirstCharacter(
  KEY_NAMES.map(({ name, also, least }) => ({ text: name.toLowerCase(), ...known(also, least) })),
);

const ALPHANUMERIC = 1;
const BASE64 = 2;
const BASE64_URL = 4;
const STARTS_KEY = 8;
const CHARACTERS = characterTable();

export function findCloudKey(text: string, cut: boolean): Match | undefined {
  // One character at a time, with what is known of the one before it.
  let before = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    const now = code < 128 ? (CHARACTERS[code] as number) : 0;
    if ((now & STARTS_KEY) !== 0 && (before & ALPHANUMERIC) === 0) {
      const match = prefixedKey(text, at, code, cut) ?? namedKey(text, at, code | 32, cut);
      if (match !== undefined) return match;
    }
    if ((now & BASE64) !== 0 && (before & (BASE64 | BASE64_URL)) === 0) {
      const end = endOfSecret(text, at, cut);
      if (end !== undefined) return { start: at, end };
    }
    before = now;
  }
  return undefined;
}

function prefixedKey(text: string, at: number, code: number, cut: boolean): Match | undefined {
  for (const key of PREFIXES.get(code) ?? []) {
    if (!text.startsWith(key.text, at)) continue;
    const end = endOfKey(text, at + key.text.length, key, cut);
    if (end !== undefined) return { start: at, end };
  }
  return undefined;
}

function namedKey(text: string, at: number, code: number, cut: boolean): Match | undefined {
  for (const key of NAMES.get(code) ?? []) {
    if (!startsWithName(text, at, key.text)) continue;
    const nameEnd = at + key.text.length;
    const start = endOfRun(text, nameEnd, isConnecting, MOST_CONNECTING);
    const end = assigns(text, nameEnd, start) ? endOfKey(text, start, key, cut) : undefined;
    if (end !== undefined) return { start, end };
  }
  return undefined;
}

function endOfKey(text: string, start: number, { is, least, most }: KnownKey, cut: boolean): number | undefined {
  // A run that is too long is not read to its end: there may be one behind every hyphen.
  const end = endOfRun(text, start, is, most + 1);
  const length = end - start;
  if (length >= least && length <= most) return end;
  return cut && end === text.length && length < least && length >= TELLING_KEY ? end : undefined;
}

function endOfSecret(text: string, start: number, cut: boolean): number | undefined {
  let end = start + 1;
  while (end < text.length && isBase64(text, end)) end += 1;
  const length = end - start;
  const cutShort = cut && end === text.length && length >= TELLING_SECRET && length < AZURE_KEY;
  const azure = length === AZURE_KEY && text.startsWith('==', end) && text[end + 2] !== '=';
  const aws = length === AWS_SECRET && text[end] !== '=' && !isBase64OfAnyKind(text, end);
  if (!(cutShort || azure || aws) || !looksRandom(text, start, end)) return undefined;
  return azure ? end + 2 : end;
}

/** Changes between capital letters, small letters and digits in the 40 characters of a random key; words and paths have fewer. */
const CHANGES_OF_A_SECRET = 12;

function looksRandom(text: string, start: number, end: number): boolean {
  const seen = new Set<string>();
  let changes = 0;
  let before: string | undefined;
  for (let at = start; at < end; at++) {
    const now = classOf(text, at);
    if (now !== undefined) seen.add(now);
    if (now !== undefined && before !== undefined && now !== before) changes += 1;
    before = now;
  }
  return seen.size === 3 && changes * (AWS_SECRET - 1) >= CHANGES_OF_A_SECRET * (end - start - 1);
}

function classOf(text: string, at: number): 'digit' | 'capital' | 'small' | undefined {
  if (isDigit(text, at)) return 'digit';
  const code = text.charCodeAt(at);
  if (code >= 65 && code <= 90) return 'capital';
  return code >= 97 && code <= 122 ? 'small' : undefined;
}

function known(also: string, least: number, most = Number.POSITIVE_INFINITY): KnownKey {
  return { is: alphanumericAnd(also), least, most };
}

function byFirstCharacter<Key extends { text: string }>(keys: readonly Key[]): ReadonlyMap<number, Key[]> {
  const map = new Map<number, Key[]>();
  for (const key of keys) {
    const code = key.text.charCodeAt(0);
    map.set(code, [...(map.get(code) ?? []), key]);
  }
  return map;
}

function characterTable(): Uint8Array {
  const table = new Uint8Array(128);
  for (let code = 0; code < table.length; code++) {
    const character = String.fromCharCode(code);
    const alphanumeric = isAlphanumeric(character, 0);
    const startsKey = PREFIXES.has(code) || (alphanumeric && NAMES.has(code | 32));
    table[code] =
      (alphanumeric ? ALPHANUMERIC : 0) |
      (isBase64(character, 0) ? BASE64 : 0) |
      (character === '-' || character === '_' ? BASE64_URL : 0) |
      (startsKey ? STARTS_KEY : 0);
  }
  return table;
}

/** Text to tokens for all three dialects. Never throws; what it cannot read becomes a problem and is skipped. */
import type { ExpressionProblem } from '@stillframe/protocol/errors';
import type { Dialect } from '@stillframe/protocol/expression';

export type Token =
  | { kind: 'name'; text: string; start: number; end: number }
  /** `real`: written as a fraction, which decides between Java's two divisions. */
  | { kind: 'number'; value: number; real: boolean; start: number; end: number }
  | { kind: 'bigint'; digits: string; start: number; end: number }
  | { kind: 'string'; value: string; start: number; end: number }
  | { kind: 'operator'; text: string; start: number; end: number }
  | { kind: 'end'; start: number; end: number };

/** Longest first, so that the first that matches is the right one. */
const OPERATORS = [
  ...['>>>=', '===', '!==', '**=', '<<=', '>>=', '>>>', '&&=', '||=', '??=', '...', '//='],
  ...[
    '**',
    '//',
    '?.',
    '??',
    '?:',
    '!!',
    '==',
    '!=',
    '<=',
    '>=',
    '&&',
    '||',
    '=>',
    '->',
    '++',
    '--',
    '+=',
    '-=',
    '*=',
    '/=',
  ],
  ...['%=', '&=', '|=', '^=', '<<', '>>', ':=', '::'],
  ...'+-*/%<>=!?:.,()[]{}&|^~;@`'.split(''),
];

const NAME = /[\p{ID_Start}$_#][\p{ID_Continue}$\u200c\u200d]*/uy;
const NUMBER =
  /(?:0[xX][\da-fA-F][\da-fA-F_]*|0[bB][01][01_]*|0[oO][0-7][0-7_]*|(?:\d[\d_]*(?:\.\d[\d_]*)?|\.\d[\d_]*)(?:[eE][+-]?\d+)?)/y;
const SUFFIXES: Readonly<Record<Dialect, string>> = { javascript: 'n', python: '', java: 'LlfFdD' };
/** What the wire carries of an integer. */
const MAX_DIGITS = 400;

export function tokenize(text: string, dialect: Dialect): { tokens: Token[]; problems: ExpressionProblem[] } {
  const tokens: Token[] = [];
  const problems: ExpressionProblem[] = [];
  let at = 0;
  while (at < text.length) {
    const character = text[at] ?? '';
    if (/\s/.test(character)) {
      at += 1;
      continue;
    }
    const token =
      readNumber(text, at, dialect, problems) ??
      readString(text, at, problems) ??
      readName(text, at) ??
      readOperator(text, at, dialect);
    if (token === undefined) {
      problems.push({ message: `Remove ${JSON.stringify(character)}: it has no meaning here`, start: at, end: at + 1 });
      at += 1;
      continue;
    }
    tokens.push(token);
    at = token.end;
  }
  tokens.push({ kind: 'end', start: text.length, end: text.length });
  return { tokens, problems };
}

function readName(text: string, start: number): Token | undefined {
  NAME.lastIndex = start;
  const match = NAME.exec(text);
  return match === null ? undefined : { kind: 'name', text: match[0], start, end: NAME.lastIndex };
}

function readNumber(text: string, start: number, dialect: Dialect, problems: ExpressionProblem[]): Token | undefined {
  if (!/^(?:\d|\.\d)/.test(text.slice(start, start + 2))) return undefined;
  NUMBER.lastIndex = start;
  const match = NUMBER.exec(text);
  if (match === null) return undefined;
  const digits = match[0].replaceAll('_', '');
  const next = text[NUMBER.lastIndex] ?? '';
  const suffix = next !== '' && SUFFIXES[dialect].includes(next) ? next : '';
  const end = NUMBER.lastIndex + suffix.length;
  const whole = /^(?:0[xXbBoO].*|\d+)$/.test(digits);
  const follows = nameAt(text, end);
  if (follows !== '' || (suffix === 'n' && !whole) || digits.length > MAX_DIGITS) {
    const message =
      digits.length > MAX_DIGITS
        ? `Shorten the number: ${MAX_DIGITS} digits are allowed`
        : `Correct the number ${JSON.stringify(text.slice(start, end + follows.length))}`;
    problems.push({ message, start, end: end + follows.length });
    return { kind: 'number', value: 0, real: false, start, end: end + follows.length };
  }
  if (suffix === 'n') return { kind: 'bigint', digits: BigInt(digits).toString(), start, end };
  if (whole) {
    const exact = BigInt(/^0\d/.test(digits) ? digits.replace(/^0+(?=\d)/, '') : digits);
    // Integers that a double cannot hold stay exact where the language has integers.
    if (dialect !== 'javascript' && exact > BigInt(Number.MAX_SAFE_INTEGER)) {
      return { kind: 'bigint', digits: exact.toString(), start, end };
    }
    return { kind: 'number', value: Number(exact), real: /[fFdD]/.test(suffix), start, end };
  }
  return { kind: 'number', value: Number(digits), real: true, start, end };
}

/** A word right behind a number, as in `1px`: no dialect gives it a meaning. */
function nameAt(text: string, start: number): string {
  NAME.lastIndex = start;
  return NAME.exec(text)?.[0] ?? '';
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f', v: '\v', '0': '\0' };

function readString(text: string, start: number, problems: ExpressionProblem[]): Token | undefined {
  const quote = text[start];
  if (quote !== '"' && quote !== "'") return undefined;
  let value = '';
  let at = start + 1;
  while (at < text.length && text[at] !== quote) {
    if (text[at] !== '\\') {
      value += text[at];
      at += 1;
      continue;
    }
    const coded = /^\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|u\{([\da-fA-F]{1,6})\})/.exec(text.slice(at, at + 11));
    const code = Number.parseInt(coded?.[1] ?? coded?.[2] ?? coded?.[3] ?? '', 16);
    if (coded !== null && code <= 0x10ffff) {
      value += String.fromCodePoint(code);
      at += coded[0].length;
    } else {
      const escaped = text[at + 1] ?? '';
      value += ESCAPES[escaped] ?? escaped;
      at += 2;
    }
  }
  if (at >= text.length) {
    problems.push({ message: `Close the string with ${quote}`, start, end: text.length });
    return { kind: 'string', value, start, end: text.length };
  }
  return { kind: 'string', value, start, end: at + 1 };
}

function readOperator(text: string, start: number, dialect: Dialect): Token | undefined {
  const found = OPERATORS.find((operator) => text.startsWith(operator, start));
  if (found === undefined) return undefined;
  // `a ? .5 : 1` is a conditional, `a ?: b` is Kotlin's, and `{ x ? : …` never occurs; `!!` is Kotlin's or two nots.
  const split =
    (found === '?.' && /\d/.test(text[start + 2] ?? '')) ||
    (found === '?:' && dialect !== 'java') ||
    (found === '!!' && dialect !== 'java');
  const operator = split ? found.slice(0, 1) : found;
  return { kind: 'operator', text: operator, start, end: start + operator.length };
}

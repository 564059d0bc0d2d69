/** Any text at all: the parser answers with a tree within the wire's bounds, or with problems that point into the text. */

import { type Dialect, Expression, Template } from '@stillframe/protocol/expression';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { evaluate, type ValueReader } from './evaluate.ts';
import { parseCondition, parseExpression } from './parse-expression.ts';
import { parseTemplate } from './parse-template.ts';

const DIALECTS: readonly Dialect[] = ['javascript', 'python', 'java'];

const PIECES = [
  ...[
    'a',
    'order',
    'this',
    'self',
    'null',
    'None',
    'true',
    'True',
    '__proto__',
    'constructor',
    'toString',
    '#id',
    'ünï',
  ],
  ...['1', '0x1f', '1e999', '1n', '1_0', '.5', '"text"', "'it\\'s'", '"\\u{1f600}"', '"open', '١'],
  ...[
    '+',
    '-',
    '*',
    '**',
    '/',
    '//',
    '%',
    '==',
    '===',
    '!=',
    '<',
    '>=',
    '&&',
    '||',
    '??',
    '!',
    '?',
    ':',
    '?:',
    '?.',
    '!!',
  ],
  ...['and', 'or', 'not', 'in', 'is', 'if', 'else', 'typeof', 'new', 'await', 'lambda', 'instanceof', 'len'],
  ...[
    '.',
    ',',
    '(',
    ')',
    '[',
    ']',
    '{',
    '}',
    '{{',
    '=',
    '+=',
    '=>',
    '...',
    '@',
    '`',
    '\\',
    ';',
    '\0',
    '\ud800',
    '\u2028',
    ' ',
  ],
  ...['.length', '.get(', '.includes(', '.startsWith(', '.slice(', '.size()', '.equals('],
];
/** Random characters seldom get past the first token; random tokens do. */
const texts = fc.oneof(
  fc.array(fc.constantFrom(...PIECES), { maxLength: 60 }).map((pieces) => pieces.join(' ')),
  fc.array(fc.constantFrom(...PIECES), { maxLength: 60 }).map((pieces) => pieces.join('')),
  fc.string({ unit: 'binary', maxLength: 300 }),
);

/** A reader that has every name, so that evaluation goes as deep as the tree does. */
const reader: ValueReader<object> = {
  variable: (name) => (name.length % 2 === 0 ? { scalar: name.length } : { object: [] }),
  self: () => ({ object: {} }),
  member: (_object, name) => (name.length % 2 === 0 ? { scalar: name } : undefined),
  element: () => ({ scalar: 1n }),
  length: () => 3,
  members: () => [{ scalar: 1 }, { scalar: 'a' }, { object: {} }],
  slice: () => ({ list: [] }),
  same: (a, b) => a === b,
  typeName: () => 'object',
};

function checkProblems(text: string, problems: readonly { message: string; start: number; end: number }[]): void {
  expect(problems.length).toBeGreaterThan(0);
  for (const { message, start, end } of problems) {
    expect(message).toMatch(/^[A-Z].{4}/);
    expect(start).toBeGreaterThanOrEqual(0);
    expect(end).toBeGreaterThanOrEqual(start);
    expect(end).toBeLessThanOrEqual(text.length);
  }
}

describe.each(DIALECTS)('%s', (dialect) => {
  test('an expression is a bounded tree that evaluates without throwing, or has problems with a place', () => {
    fc.assert(
      fc.property(texts, (text) => {
        for (const parse of [parseExpression, parseCondition]) {
          const { tree, problems } = parse(text, dialect);
          if (tree === undefined) {
            checkProblems(text, problems);
            continue;
          }
          expect(problems).toEqual([]);
          expect(Expression.parse({ text, dialect, tree })).toEqual({ text, dialect, tree });
          // What travels is what was parsed.
          expect(JSON.parse(JSON.stringify(tree))).toEqual(tree);
          expect(evaluate(tree, reader)).toHaveProperty('ok');
        }
      }),
      { numRuns: 3000 },
    );
  });

  test('a template is its parts, or has problems with a place', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const { template, problems } = parseTemplate(text, dialect);
        if (template === undefined) checkProblems(text, problems);
        else expect(Template.parse(template)).toEqual(template);
      }),
      { numRuns: 2000 },
    );
  });

  /** Shapes that grow without end: each must be cut by a bound, never by the stack. */
  const TOWERS: [name: string, build: (size: number) => string][] = [
    ['parentheses', (size) => `${'('.repeat(size)}a${')'.repeat(size)}`],
    ['parentheses never closed', (size) => '('.repeat(size)],
    ['lists', (size) => '['.repeat(size)],
    ['signs', (size) => `${'- '.repeat(size)}a`],
    ['powers', (size) => `${'a**'.repeat(size)}a`],
    ['members', (size) => `a${'.b'.repeat(size)}`],
    ['indexes', (size) => `a${'[0]'.repeat(size)}`],
    ['indexes in indexes', (size) => `${'a['.repeat(size)}0${']'.repeat(size)}`],
    ['sums', (size) => `a${'+a'.repeat(size)}`],
    ['negations', (size) => `${(dialect === 'python' ? 'not ' : '!').repeat(size)}a`],
    ['conditionals', (size) => (dialect === 'python' ? `${'a if a else '.repeat(size)}a` : `${'a?a:'.repeat(size)}a`)],
    ['chained comparisons', (size) => `a${'<a'.repeat(size)}`],
    ['one long name', (size) => 'a'.repeat(size)],
    ['one long number', (size) => '9'.repeat(size)],
  ];
  test.each(TOWERS)('%s', (_name, build) => {
    for (const size of [1, 10, 60, 64, 100, 500, 1000, 100_000]) {
      const text = build(size);
      const { tree, problems } = parseExpression(text, dialect);
      if (tree === undefined) checkProblems(text, problems);
      else expect(Expression.safeParse({ text, dialect, tree }).success).toBe(true);
    }
  });
});

/** Where a mistake is: the text, and the part of it that is pointed at. */
const PLACES: [dialect: Dialect, text: string, pointed: string, at?: number][] = [
  ['javascript', 'total > 100 && remove(total)', 'remove'],
  ['javascript', 'total = 1', '='],
  ['javascript', 'total >', ''],
  ['javascript', 'order.', ''],
  ['javascript', 'order.items[0', ''],
  ['javascript', 'name == "open', '"open'],
  ['javascript', 'order.pay()', 'pay'],
  ['javascript', 'total $$$ > §', '§'],
  ['python', 'total > 1 && x', '&&'],
  ['python', 'lambda: 1', 'lambda'],
  ['java', 'new Order()', 'new'],
];

test.each(PLACES)('%s: %s', (dialect, text, pointed) => {
  const { problems } = parseExpression(text, dialect);
  const [{ start, end } = { start: -1, end: -1 }] = problems;
  expect(text.slice(start, end)).toBe(pointed);
  if (pointed === '') expect(start).toBe(text.length);
});

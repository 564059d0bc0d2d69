/** The shared tables over live values, by what runs in the service's thread. */
import { readFileSync } from 'node:fs';
import type { Dialect, ExpressionNode } from '@stillframe/protocol/expression';
import { makeValue } from '@stillframe/test-kit/written-values';
import { afterEach, describe, expect, test } from 'vitest';
import { type Environment, evaluateLive } from './evaluate.ts';
import { ExpressionFailure } from './expression-failure.ts';
import { REDACTED_NAMES } from './redacted-names.ts';
import { isRedactedName, setRedaction } from './redaction.ts';

interface ExpressionRow {
  dialect: Dialect;
  text: string;
  tree?: ExpressionNode;
  variables?: Record<string, unknown>;
  self?: unknown;
  value?: unknown;
  error?: string;
}

const GENEROUS_MS = 1000;
let accessorsRun = 0;
afterEach(() => {
  setRedaction([], []);
  expect(accessorsRun).toBe(0);
});

const evaluable = table<ExpressionRow>('expressions').filter((row) => row.tree !== undefined);

describe.each([
  ['null', null],
  ['undefined', undefined],
])('expressions where nothing is %s', (_, nothing) => {
  test.each(evaluable.map((row, at) => [`${at} ${row.dialect}: ${row.text}`, row] as const))('%s', (_name, row) =>
    check(row, nothing),
  );
});

test.each(table<{ name: string; redacted: boolean; policy?: string[] }>('redaction'))(
  'the name "$name" with policy $policy',
  ({ name, redacted, policy }) => {
    setRedaction(policy ?? [], []);
    expect(isRedactedName(name)).toBe(redacted);
  },
);

test('the list of names is the shared one', () => {
  expect(REDACTED_NAMES).toEqual(table<string>('redaction-names'));
});

function table<Row>(name: string): Row[] {
  const url = new URL(`../../../test-fixtures/conformance/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(url, 'utf8')) as Row[];
}

function check(row: ExpressionRow, nothing: null | undefined): void {
  const outcome = run(row, nothing);
  if (row.error !== undefined) expect(outcome).toEqual({ error: expect.stringContaining(row.error) });
  else expect(outcome).toEqual({ value: comparable(live(row.value, null)) });
}

function run(row: ExpressionRow, nothing: null | undefined): { value: unknown } | { error: string } {
  const variables = new Map(Object.entries(row.variables ?? {}).map(([name, value]) => [name, live(value, nothing)]));
  const self = 'self' in row ? live(row.self, nothing) : undefined;
  const environment: Environment = {
    variable(name) {
      if (!variables.has(name)) throw new ExpressionFailure(`There is no variable "${name}" here`);
      return variables.get(name);
    },
    self() {
      if (!('self' in row)) throw new ExpressionFailure('There is no "this" here');
      return self;
    },
  };
  try {
    return { value: comparable(evaluateLive(row.tree as ExpressionNode, environment, GENEROUS_MS)) };
  } catch (error) {
    if (error instanceof ExpressionFailure) return { error: error.message };
    throw error;
  }
}

function live(written: unknown, nothing: null | undefined): unknown {
  return makeValue(written, {
    nothing,
    onAccessor: () => {
      accessorsRun += 1;
    },
  });
}

/** null and undefined are one value in expressions, and so are the two zeros. */
function comparable(value: unknown): unknown {
  if (value === undefined) return null;
  if (Object.is(value, -0)) return 0;
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, comparable(inner)]));
}

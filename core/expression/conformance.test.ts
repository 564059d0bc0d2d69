/** The shared tables through the parser and the reference evaluator. */
import { readFileSync } from 'node:fs';
import type { Dialect, ExpressionNode } from '@stillframe/protocol/expression';
import { describe, expect, test } from 'vitest';
import {
  type Evaluated,
  EvaluationProblem,
  evaluate,
  type Scalar,
  sameScalar,
  scalarText,
  type ValueReader,
} from './evaluate.ts';
import { parseExpression } from './parse-expression.ts';
import { parseTemplate } from './parse-template.ts';

type Written = unknown;

interface ExpressionRow {
  dialect: Dialect;
  text: string;
  tree?: ExpressionNode;
  problem?: string;
  variables?: Record<string, Written>;
  self?: Written;
  value?: Written;
  error?: string;
}

interface TemplateRow {
  dialect: Dialect;
  text: string;
  variables?: Record<string, Written>;
  message?: string;
  problem?: string;
  start?: number;
  end?: number;
}

const expressions = table<ExpressionRow>('expressions');
const templates = table<TemplateRow>('templates');

describe('expressions', () => {
  test.each(expressions.map((row, at) => [`${at} ${row.dialect}: ${row.text}`, row] as const))('%s', (_, row) =>
    checkExpression(row),
  );

  test('there are rows of every dialect and outcome', () => {
    for (const dialect of ['javascript', 'python', 'java'] as const) {
      const own = expressions.filter((row) => row.dialect === dialect);
      expect(own.filter((row) => row.problem !== undefined).length).toBeGreaterThan(3);
      expect(own.filter((row) => row.error !== undefined).length).toBeGreaterThan(3);
      expect(own.filter((row) => row.value !== undefined).length).toBeGreaterThan(20);
    }
  });
});

describe('templates', () => {
  test.each(templates.map((row, at) => [`${at} ${row.dialect}: ${row.text}`, row] as const))('%s', (_, row) =>
    checkTemplate(row),
  );
});

function table<Row>(name: string): Row[] {
  const url = new URL(`../../test-fixtures/conformance/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(url, 'utf8')) as Row[];
}

function checkExpression(row: ExpressionRow): void {
  const { tree, problems } = parseExpression(row.text, row.dialect);
  if (row.problem !== undefined) {
    expect(problems[0]?.message).toBe(row.problem);
    expect(tree).toBeUndefined();
    return;
  }
  expect(tree).toEqual(row.tree);
  const result = evaluate(tree as ExpressionNode, plainReader(row.variables ?? {}, row.self, 'self' in row));
  if (row.error !== undefined) {
    expect(result.ok ? show(result.value) : result.error).toContain(row.error);
    expect(result.ok).toBe(false);
  } else {
    expect(result.ok ? show(result.value) : result.error).toEqual(shown(row.value));
  }
}

function checkTemplate(row: TemplateRow): void {
  const { template, problems } = parseTemplate(row.text, row.dialect);
  if (row.problem !== undefined) {
    expect(problems[0]).toEqual({ message: row.problem, start: row.start, end: row.end });
    return;
  }
  const reader = plainReader(row.variables ?? {}, undefined, false);
  const message = template?.parts.map((part) => {
    if (typeof part === 'string') return part;
    const result = evaluate(part.tree, reader);
    if (!result.ok) return `{${result.error}}`;
    return 'scalar' in result.value ? scalarText(result.value.scalar) : '<object>';
  });
  expect(message?.join('')).toBe(row.message);
}

/** A result as the tables write it, with what JSON lacks as text. */
function show(value: Evaluated<object>): unknown {
  if ('list' in value) return value.list.map(show);
  return 'scalar' in value ? shownScalar(value.scalar) : shown(value.object);
}

function shown(written: Written): unknown {
  const scalar = scalarOf(written);
  if (scalar !== undefined) return shownScalar(scalar);
  if (Array.isArray(written)) return written.map(shown);
  return Object.fromEntries(Object.entries(written as object).map(([key, inner]) => [key, shown(inner)]));
}

function shownScalar(scalar: Scalar): unknown {
  if (typeof scalar === 'bigint') return `bigint ${scalar}`;
  return typeof scalar === 'number' ? (Object.is(scalar, -0) ? 0 : scalar) : scalar;
}

function scalarOf(written: Written): Scalar | undefined {
  if (typeof written !== 'object' || written === null) return written as Scalar;
  if ('$number' in written) return Number(written.$number);
  return '$bigint' in written ? BigInt(written.$bigint as string) : undefined;
}

function evaluated(written: Written): Evaluated<object> {
  const scalar = scalarOf(written);
  return scalar === undefined ? { object: written as object } : { scalar };
}

/** The built-in names alone; how names are normalised is the agents' rule, tested with `redaction.json`. */
const REDACTED = new Set(table<string>('redaction-names'));

function refuseRedacted(name: Scalar): void {
  if (typeof name === 'string' && REDACTED.has(name.toLowerCase().replace(/[ _$@.#-]/g, ''))) {
    throw new EvaluationProblem(`"${name}" is redacted`);
  }
}

function plainReader(variables: Record<string, Written>, self: Written, hasSelf: boolean): ValueReader<object> {
  const entries = (object: object) => ('$map' in object ? (object.$map as [Written, Written][]) : undefined);
  const items = (object: object) =>
    Array.isArray(object)
      ? object
      : '$set' in object
        ? (object.$set as Written[])
        : entries(object)?.map(([key]) => key);
  const field = (object: object, name: Scalar): Evaluated<object> | undefined => {
    const fields = '$object' in object ? (object.$object as object) : object;
    if ('accessors' in object && (object.accessors as Scalar[]).includes(name)) {
      throw new EvaluationProblem(`Reading "${name}" would run code of the service (a getter)`);
    }
    if (entries(object) !== undefined || '$set' in object || !Object.hasOwn(fields, String(name))) return undefined;
    return evaluated((fields as Record<string, Written>)[String(name)]);
  };
  return {
    variable(name) {
      refuseRedacted(name);
      return Object.hasOwn(variables, name) ? evaluated(variables[name]) : undefined;
    },
    self: () => (hasSelf ? evaluated(self) : undefined),
    member(object, name) {
      refuseRedacted(name);
      return field(object, name);
    },
    element(object, key) {
      refuseRedacted(key);
      const entry = entries(object)?.find(([own]) => sameScalar(scalarOf(own) as Scalar, key));
      if (entry !== undefined) return evaluated(entry[1]);
      if (entries(object) !== undefined) return undefined;
      if (key === null || typeof key === 'boolean') throw new EvaluationProblem('An index is a number or a string');
      return field(object, Array.isArray(object) && typeof key === 'number' && key < 0 ? object.length + key : key);
    },
    length: (object) => items(object)?.length,
    members(object) {
      const fields =
        '$object' in object
          ? [...Object.keys(object.$object as object), ...('accessors' in object ? (object.accessors as string[]) : [])]
          : Object.keys(object);
      return (items(object) ?? fields).map(evaluated);
    },
    slice: (object, from, to) => (Array.isArray(object) ? { list: object.slice(from, to).map(evaluated) } : undefined),
    same: (a, b) => a === b,
    typeName: () => 'object',
  };
}

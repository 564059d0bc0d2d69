/** What the boundary lets through and what it refuses: one row per rule, not one per field. */
import { expect, test } from 'vitest';
import type { z } from 'zod';
import { ActionDraft } from '../action.ts';
import { AgentDescription } from '../agent.ts';
import { ERROR_CODES, errorName, requestError } from '../errors.ts';
import { Expression, ExpressionTree } from '../expression.ts';
import { DEFAULT_CAPTURE_LIMITS, MAXIMUM_CAPTURE_LIMITS } from '../limits.ts';
import { AgentHelloParams, HitsParams } from './agent-connection.ts';
import { ActionUpdateParams } from './ide-connection.ts';

const draft = {
  kind: 'snapshot',
  location: { path: 'src/orders.ts', line: 42 },
  target: { by: 'tags', tags: ['production'] },
  dialect: 'javascript',
};
const agent = {
  id: '7f9c0a2e-4f4e-4d6f-9c1a-000000000001',
  name: 'orders',
  tags: ['production', 'region:eu-1'],
  runtime: 'node',
  runtimeVersion: '24.21.0',
  agentVersion: '0.1.0',
  host: 'pod-7f',
  pid: 1,
  startedAt: 0,
  kinds: ['snapshot', 'log'],
};

/** Nests `depth` negations round a literal. */
function nested(depth: number): unknown {
  let tree: unknown = { op: 'literal', value: 1 };
  for (let level = 0; level < depth; level++) tree = { op: 'not', operand: tree };
  return tree;
}

const ROWS: [name: string, schema: z.ZodType, value: unknown, accepted: boolean][] = [
  ['a plain draft', ActionDraft, draft, true],
  ['an unknown field is ignored', ActionDraft, { ...draft, colour: 'red' }, true],
  ['lines start at 1', ActionDraft, { ...draft, location: { path: 'a.js', line: 0 } }, false],
  ['an empty condition is no condition', ActionDraft, { ...draft, condition: '  ' }, false],
  ['a condition has a length', ActionDraft, { ...draft, condition: 'x'.repeat(2049) }, false],
  ['an unknown kind', ActionDraft, { ...draft, kind: 'breakpoint' }, false],
  ['no tag at all', ActionDraft, { ...draft, target: { by: 'tags', tags: [] } }, false],
  ['a tag with a space', ActionDraft, { ...draft, target: { by: 'tags', tags: ['a b'] } }, false],
  ['a lifetime over a day', ActionDraft, { ...draft, lifetimeMs: 86_400_001 }, false],
  ['a depth over the maximum', ActionDraft, { ...draft, capture: { depth: 7 } }, false],
  ['a shorter hash', ActionDraft, { ...draft, location: { path: 'a.js', line: 1, sha256: 'abc' } }, false],
  ['null takes a condition away', ActionUpdateParams, { id: 'a1', condition: null }, true],
  ['null does not take a template away', ActionUpdateParams, { id: 'a1', template: null }, false],
  ['an agent', AgentDescription, agent, true],
  ['an agent without a name', AgentDescription, { ...agent, name: '' }, false],
  ['a runtime nobody knows', AgentDescription, { ...agent, runtime: 'cobol' }, false],
  ['hello', AgentHelloParams, { protocol: { min: 1, max: 3 }, agent }, true],
  ['hello without a version', AgentHelloParams, { agent }, false],
  ['an empty batch', HitsParams, { hits: [] }, false],
  ['a tree', ExpressionTree, { op: 'name', name: 'total' }, true],
  ['a tree with an unknown node', ExpressionTree, { op: 'assign', name: 'total' }, false],
  [
    'a call of an unknown method',
    ExpressionTree,
    { op: 'call', method: 'exec', object: { op: 'this' }, arguments: [] },
    false,
  ],
  ['a deep tree', ExpressionTree, nested(60), true],
  ['a tree too deep', ExpressionTree, nested(100_000), false],
  ['a tree too wide', ExpressionTree, { op: 'list', items: Array.from({ length: 2000 }, () => nested(0)) }, false],
  ['an expression in no dialect', Expression, { text: 'a', dialect: 'ruby', tree: { op: 'name', name: 'a' } }, false],
];

test.each(ROWS)('%s', (_name, schema, value, accepted) => {
  expect(schema.safeParse(value).success).toBe(accepted);
});

test('no default limit is above its maximum', () => {
  for (const [name, limit] of Object.entries(DEFAULT_CAPTURE_LIMITS)) {
    expect(limit, name).toBeLessThanOrEqual(MAXIMUM_CAPTURE_LIMITS[name as keyof typeof MAXIMUM_CAPTURE_LIMITS]);
  }
});

test('an error keeps its name over the wire, and its number is its own', () => {
  const sent = JSON.parse(JSON.stringify(requestError('notFound', 'Cannot find action "a1"').toJson()));
  expect(errorName(sent)).toBe('notFound');
  expect(errorName(new Error('plain'))).toBeUndefined();
  expect(new Set(Object.values(ERROR_CODES)).size).toBe(Object.keys(ERROR_CODES).length);
});

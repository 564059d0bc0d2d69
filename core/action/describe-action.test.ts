import { expect, test } from 'vitest';
import { describeAction } from './describe-action.ts';

const location = { path: '/app/src/orders.ts', line: 42 };
const expression = { text: 'total', dialect: 'javascript' as const, tree: { op: 'name' as const, name: 'total' } };

const ROWS: [action: Parameters<typeof describeAction>[0], text: string][] = [
  [{ kind: 'snapshot', location, condition: expression }, 'snapshot at orders.ts:42 when total'],
  [{ kind: 'log', location, template: { text: 'is {total}', parts: [] } }, "log 'is {total}' at orders.ts:42"],
  [{ kind: 'tictoc', location, endLocation: { ...location, line: 47 } }, 'tictoc at orders.ts:42-47'],
  [{ kind: 'duration', location, functionName: 'checkout' }, 'duration of checkout at orders.ts:42'],
  [{ kind: 'counter', location, expression }, 'counter by total at orders.ts:42'],
  [{ kind: 'metric', location, expression, condition: expression }, 'metric of total at orders.ts:42 when total'],
];

test.each(ROWS)('%j', (action, text) => {
  expect(describeAction(action)).toBe(text);
});

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { protocolSchema, SCHEMA_FILE } from './protocol-schema.ts';

const model = JSON.parse(protocolSchema());

test('the committed schema is what the zod definitions say (npm run schema writes it)', () => {
  expect(readFileSync(SCHEMA_FILE, 'utf8')).toBe(protocolSchema());
});

test('every request and notification names definitions that exist', () => {
  const named = [...model.messages.agent, ...model.messages.ide].flatMap(({ params, result }) => [params, result]);
  const missing = named.filter((ref) => ref !== undefined && !(ref.replace('#/definitions/', '') in model.definitions));
  expect(named.length).toBeGreaterThan(20);
  expect(missing).toEqual([]);
});

test('every reference inside the schema resolves', () => {
  const refs = [...JSON.stringify(model).matchAll(/"\$ref":"#\/definitions\/([^"]+)"/g)].map((match) => match[1] ?? '');
  expect(refs.length).toBeGreaterThan(20);
  expect(refs.filter((name) => !(name in model.definitions))).toEqual([]);
});

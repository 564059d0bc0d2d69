import type { CustomSource, Target } from '@stillframe/protocol/action';
import { expect, test } from 'vitest';
import { matchesTarget } from './matches-target.ts';

const AGENT = { id: 'a-1', name: 'orders-eu-1', tags: ['production', 'eu'] };
const source = (match: 'all' | 'any', ...terms: CustomSource['terms']): CustomSource => ({ name: 's', match, terms });

const ROWS: [name: string, target: Target, source: CustomSource | undefined, matches: boolean][] = [
  ['everybody', { by: 'all' }, undefined, true],
  ['its name', { by: 'agent', agent: 'orders-eu-1' }, undefined, true],
  ['its id', { by: 'agent', agent: 'a-1' }, undefined, true],
  ['another name', { by: 'agent', agent: 'orders' }, undefined, false],
  ['all of its tags', { by: 'tags', tags: ['eu', 'production'] }, undefined, true],
  ['a tag more', { by: 'tags', tags: ['eu', 'canary'] }, undefined, false],
  ['a source nobody saved', { by: 'source', source: 's' }, undefined, false],
  ['any term', { by: 'source', source: 's' }, source('any', { tag: 'us' }, { agent: 'orders-*' }), true],
  ['not all terms', { by: 'source', source: 's' }, source('all', { tag: 'us' }, { agent: 'orders-*' }), false],
  ['all terms', { by: 'source', source: 's' }, source('all', { tag: 'eu' }, { agent: '*-1' }), true],
  ['a pattern with several stars', { by: 'source', source: 's' }, source('any', { agent: 'o*s-*1' }), true],
  ['a star for nothing', { by: 'source', source: 's' }, source('any', { agent: 'orders-eu-1*' }), true],
  ['parts that would overlap', { by: 'source', source: 's' }, source('any', { agent: 'orders-eu*eu-1' }), false],
  ['parts in another order', { by: 'source', source: 's' }, source('any', { agent: '*eu*orders*' }), false],
  ['a dot is a dot', { by: 'source', source: 's' }, source('any', { agent: 'orders.eu-1' }), false],
];

test.each(ROWS)('%s', (_name, target, saved, matches) => {
  const sources = new Map(saved === undefined ? [] : [[saved.name, saved]]);
  expect(matchesTarget(target, AGENT, sources)).toBe(matches);
});

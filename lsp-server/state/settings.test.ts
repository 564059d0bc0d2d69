import { expect, test } from 'vitest';
import { settingsFrom } from './settings.ts';

const STANDARD = settingsFrom(undefined);

/** What a client sends after what it sent before, and what holds then. */
const ROWS: [name: string, before: unknown, now: unknown, expected: Partial<typeof STANDARD>][] = [
  ['nothing at all', undefined, null, STANDARD],
  ['no object', undefined, 'text', STANDARD],
  ['an unknown setting', undefined, { colour: 'red' }, STANDARD],
  ['a wrong one beside a right one', undefined, { server: 7, target: 'tag:a' }, { server: undefined, target: 'tag:a' }],
  ['spaces round a server', undefined, { server: ' http://a ' }, { server: 'http://a' }],
  ['an empty server takes the one before away', { server: 'http://a' }, { server: '' }, { server: undefined }],
  [
    'what is not mentioned stays',
    { client: { commands: ['a'], links: true } },
    { target: 'a' },
    { links: true, target: 'a' },
  ],
  ['a mapping without its half', undefined, { pathMappings: [{ localRoot: '/a' }] }, { pathMappings: [] }],
  [
    'mappings can be emptied',
    { pathMappings: [{ localRoot: '/a', remoteRoot: '/b' }] },
    { pathMappings: [] },
    { pathMappings: [] },
  ],
];

test.each(ROWS)('%s', (_name, before, now, expected) => {
  expect(settingsFrom(now, settingsFrom(before))).toMatchObject(expected);
});

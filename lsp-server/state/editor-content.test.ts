/** Which hash a buffer has, compared with that of the file on disk, however the editor spells its line ends. */
import { mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256Of } from '@stillframe/management-client/workspace/content-hash';
import { afterAll, expect, test } from 'vitest';
import { contentOf } from './editor-content.ts';
import type { OpenDocument } from './open-document.ts';

const folder = mkdtempSync(join(tmpdir(), 'stillframe-content-'));
const path = join(folder, 'a.ts');
afterAll(() => rmSync(folder, { recursive: true }));

const ROWS: [name: string, disk: string | undefined, buffer: string, sameAsDisk: boolean][] = [
  ['the same', 'a\n', 'a\n', true],
  ['an emoji', '"🦊"\n', '"🦊"\n', true],
  ['without the mark', '\uFEFFa\n', 'a\n', true],
  ['with a mark of its own', 'a\n', '\uFEFFa\n', true],
  ['line ends turned round', 'a\r\nb\r\n', 'a\nb\n', true],
  ['line ends turned round the other way', 'a\nb\n', 'a\r\nb\r\n', true],
  ['another text', 'a\n', 'b\n', false],
  ['a line more', 'a\n', 'a\n\n', false],
  ['no file', undefined, 'a\n', false],
];

test.each(ROWS)('%s', async (_name, disk, buffer, sameAsDisk) => {
  rmSync(path, { force: true });
  if (disk !== undefined) writeFileSync(path, disk);
  const { sha256, saved } = await contentOf(documentWith(() => buffer));
  expect(saved).toBe(disk === undefined ? undefined : sha256Of(disk));
  expect(sha256).toBe(sha256Of(sameAsDisk ? (disk ?? '') : buffer));
});

/** Ways in which a file gets another text of the same length behind the editor's back. */
const CHANGES: [name: string, write: (text: string) => void][] = [
  ['written again', (text) => writeFileSync(path, text)],
  [
    'put in its place',
    (text) => {
      writeFileSync(`${path}.new`, text);
      utimesSync(`${path}.new`, LONG_AGO, LONG_AGO);
      renameSync(`${path}.new`, path);
    },
  ],
];
const LONG_AGO = new Date('2026-01-01T00:00:00Z');

test.each(CHANGES)('a file that is %s', async (_name, write) => {
  writeFileSync(path, 'a\n');
  utimesSync(path, LONG_AGO, LONG_AGO);
  const document = documentWith(() => 'b\n');
  expect(await contentOf(document)).toEqual({ sha256: sha256Of('b\n'), saved: sha256Of('a\n') });
  write('b\n');
  expect(await contentOf(document)).toEqual({ sha256: sha256Of('b\n'), saved: sha256Of('b\n') });
  write('c\n');
  expect((await contentOf(document)).saved).toBe(sha256Of('c\n'));
});

function documentWith(text: () => string): OpenDocument {
  return { uri: 'file:///a.ts', path, version: 1, lineCount: 1, text, line: () => '' };
}

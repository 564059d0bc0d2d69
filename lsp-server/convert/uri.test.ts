/** URIs as editors of both platforms spell them, the path each means, and the spelling that comes back. */
import { expect, test } from 'vitest';
import { pathOfUri, uriOfPath } from './uri.ts';

const ROWS: [uri: string, windows: boolean, path: string | undefined, back?: string][] = [
  ['file:///work/a.ts', false, '/work/a.ts'],
  ['file:///work/a%20b/%23%25%3f.ts', false, '/work/a b/#%?.ts', 'file:///work/a%20b/%23%25%3F.ts'],
  ['file:///work/%F0%9F%A6%8A.ts', false, '/work/🦊.ts'],
  ['file:///work/🦊.ts', false, '/work/🦊.ts', 'file:///work/%F0%9F%A6%8A.ts'],
  ['file:///work/%5Ba%5D.ts', false, '/work/[a].ts'],
  ['file:///work/[a].ts', false, '/work/[a].ts', 'file:///work/%5Ba%5D.ts'],
  ['file:///work/a.ts?query#fragment', false, '/work/a.ts', 'file:///work/a.ts'],
  ['file:///work/%2f.ts', false, undefined],
  ['file:///work/%zz.ts', false, undefined],
  ['file://server/work/a.ts', false, undefined],
  ['file:', false, '/', 'file:///'],
  ['file:///c%3A/work/a.ts', true, 'c:\\work\\a.ts', 'file:///c:/work/a.ts'],
  ['file:///C:/work/a%20b.ts', true, 'C:\\work\\a b.ts'],
  ['file://server/share/a.ts', true, '\\\\server\\share\\a.ts'],
  ['file:///work/a.ts', true, undefined],
  ['untitled:Untitled-1', false, undefined],
  ['git:/work/a.ts?%7B%7D', false, undefined],
  ['vscode-notebook-cell:/work/a.ipynb#W0', false, undefined],
  ['jar:file:///work/a.jar!/A.java', false, undefined],
  ['', false, undefined],
];

test.each(ROWS)('%s, Windows %s', (uri, windows, path, back = uri) => {
  expect(pathOfUri(uri, windows)).toBe(path);
  if (path !== undefined) expect(uriOfPath(path, windows)).toBe(back);
});

/** URIs as editors of both platforms spell them, the path each means, and the spelling that comes back. */
import { expect, test } from 'vitest';
import { pathOfUri, uriOfPath } from './uri.ts';

const ROWS: [uri: string, windows: boolean, path: string | undefined, back?: string][] = [
  ['file:///srv/a.ts', false, '/srv/a.ts'],
  ['file:///srv/a%20b/%23%25%3f.ts', false, '/srv/a b/#%?.ts', 'file:///srv/a%20b/%23%25%3F.ts'],
  ['file:///srv/%F0%9F%A6%8A.ts', false, '/srv/🦊.ts'],
  ['file:///srv/🦊.ts', false, '/srv/🦊.ts', 'file:///srv/%F0%9F%A6%8A.ts'],
  ['file:///srv/%5Ba%5D.ts', false, '/srv/[a].ts'],
  ['file:///srv/[a].ts', false, '/srv/[a].ts', 'file:///srv/%5Ba%5D.ts'],
  ['file:///srv/a.ts?query#fragment', false, '/srv/a.ts', 'file:///srv/a.ts'],
  ['file:///srv/%2f.ts', false, undefined],
  ['file:///srv/%zz.ts', false, undefined],
  ['file://server/srv/a.ts', false, undefined],
  ['file:', false, '/', 'file:///'],
  ['file:///c%3A/srv/a.ts', true, 'c:\\srv\\a.ts', 'file:///c:/srv/a.ts'],
  ['file:///C:/srv/a%20b.ts', true, 'C:\\srv\\a b.ts'],
  ['file://server/share/a.ts', true, '\\\\server\\share\\a.ts'],
  ['file:///srv/a.ts', true, undefined],
  ['untitled:Untitled-1', false, undefined],
  ['git:/srv/a.ts?%7B%7D', false, undefined],
  ['vscode-notebook-cell:/srv/a.ipynb#W0', false, undefined],
  ['jar:file:///srv/a.jar!/A.java', false, undefined],
  ['', false, undefined],
];

test.each(ROWS)('%s, Windows %s', (uri, windows, path, back = uri) => {
  expect(pathOfUri(uri, windows)).toBe(path);
  if (path !== undefined) expect(uriOfPath(path, windows)).toBe(back);
});

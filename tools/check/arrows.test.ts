import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { ARROWS, checkSource, findViolations } from './arrows.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

test('no source file breaks the arrow table', () => {
  expect(findViolations(ROOT)).toEqual([]);
});

test('ARCHITECTURE.md prints the arrow table that is enforced', () => {
  const text = readFileSync(`${ROOT}/ARCHITECTURE.md`, 'utf8');
  const printed = [...text.matchAll(/^\| `([\w/-]+)` \| (.*?) \|$/gm)].map(([, room, arrows]) => [
    room ?? '',
    arrows === 'nothing of ours' ? [] : [...(arrows ?? '').matchAll(/`([\w/:-]+)`/g)].map((match) => match[1]),
  ]);
  expect(Object.fromEntries(printed)).toEqual(ARROWS);
});

/** Each row: a room, one line of source in it, and what the check must say (undefined: nothing). */
const ROWS: [room: string, source: string, message: string | undefined][] = [
  ['core', "import { Action } from '@stillframe/protocol/action';", undefined],
  ['core', "import { a } from './other.ts';", undefined],
  ['core', "import { a } from '../../lsp-server/main.ts';", 'leaves the room'],
  ['core', "import { readFileSync } from 'node:fs';", 'is pure'],
  ['core', 'const now = Date.now();', 'take it as an argument'],
  ['core', 'const luck = Math.random();', 'take it as an argument'],
  ['lsp-server', "import { x } from '@stillframe/debug-adapter/main';", 'must not import debug-adapter'],
  ['lsp-server', "export { x } from '@stillframe/cli/main';", 'must not import cli'],
  ['management-server', "await import('@stillframe/management-client/sign-in');", 'must not import management-client'],
  ['agents/node', "import type { Action } from '@stillframe/protocol/action';", undefined],
  ['agents/node', "import { Action } from '@stillframe/protocol/action';", 'as types only'],
  ['protocol', "import {\n  a,\n  b,\n} from '@stillframe/core/x';", 'must not import core'],
];

test.each(ROWS)('%s: %s', (room, source, message) => {
  const found = checkSource(room, `${room}/nested/file.ts`, source).map((violation) => violation.message);
  if (message === undefined) expect(found).toEqual([]);
  else expect(found).toEqual([expect.stringContaining(message)]);
});

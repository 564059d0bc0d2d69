/** LSP types stop at the language server's `requests/` and `convert/`, DAP types at the debug adapter's. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const FENCES = [
  { room: 'lsp-server', foreign: /from 'vscode-languageserver/, inside: /^(requests|convert)\/|^main\.ts$/ },
  { room: 'debug-adapter', foreign: /from '@vscode\/debug/, inside: /^(requests|convert)\/|^main\.ts$/ },
] as const;

test.each(FENCES)('$room keeps its protocol types inside', ({ room, foreign, inside }) => {
  const files = readdirSync(`${ROOT}/${room}`, { recursive: true, encoding: 'utf8' })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => file.endsWith('.ts') && !/(^|\/)(dist|node_modules)\/|\.test\.ts$/.test(file));
  const importing = files.filter((file) => foreign.test(readFileSync(`${ROOT}/${room}/${file}`, 'utf8')));
  expect(importing.length).toBeGreaterThan(0);
  expect(importing.filter((file) => !inside.test(file))).toEqual([]);
});

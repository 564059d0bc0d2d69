import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { LSP_SERVER_VERSION } from './version.ts';

test('the version is that of the package', () => {
  const { version } = JSON.parse(readFileSync(new URL('./package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  expect(LSP_SERVER_VERSION).toBe(version);
});

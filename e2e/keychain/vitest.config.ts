import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** The system's keychain: a real keyring on a bus of the test's own, never the person's. */
export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  test: {
    include: ['e2e/keychain/**/*.test.ts'],
    testTimeout: 60_000,
    // The first run installs Debian packages.
    hookTimeout: 300_000,
  },
});

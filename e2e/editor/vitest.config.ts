import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** The real editor: one file after another, since each test has a browser and a workbench of its own. */
export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  test: {
    include: ['e2e/editor/**/*.test.ts'],
    testTimeout: 120_000,
    // Each test goes on where the one before it has ended.
    bail: 1,
    // The first run installs the workbench, whose native modules are compiled.
    hookTimeout: 900_000,
    expect: { poll: { timeout: 20_000 } },
    fileParallelism: false,
  },
});

import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** Other people's test suites under the agent: heavy, so not among the tests of every run. */
export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  resolve: { conditions: ['stillframe-source'] },
  ssr: { resolve: { conditions: ['stillframe-source'] } },
  test: {
    include: ['e2e/exploration/**/*.test.ts'],
    testTimeout: 170_000,
    // The first run fetches the packages.
    hookTimeout: 300_000,
    fileParallelism: false,
  },
});

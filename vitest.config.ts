import { defineConfig } from 'vitest/config';

/** Tests read the sources of every room (never a stale `dist`); programs they start as processes run from `dist`. */
export default defineConfig({
  resolve: { conditions: ['stillframe-source'] },
  ssr: { resolve: { conditions: ['stillframe-source'] } },
  test: {
    include: ['**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**', '**/.cache/**', 'e2e/**', 'clients/vscode/editor-tests/**'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    ...(process.env.UPDATE_GOLDEN === '1' && { update: true }),
  },
});

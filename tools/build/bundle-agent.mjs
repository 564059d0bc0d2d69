/**
 * Bundles the Node agent: readable files without dependencies, so that nothing of it can clash with what the
 * service has installed. `tsc` has written the types before.
 */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const room = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'agents', 'node');
const { version } = JSON.parse(await readFile(join(room, 'package.json'), 'utf8'));
const shared = {
  absWorkingDir: room,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  sourcemap: false,
  legalComments: 'eof',
  conditions: ['stillframe-source'],
  // Optional accelerators of `ws`; without them it uses its own JavaScript.
  external: ['bufferutil', 'utf-8-validate'],
  banner: { js: `/* Stillframe agent for Node.js ${version}, Apache-2.0 */\n'use strict';` },
};

await build({ ...shared, entryPoints: ['host/start.ts'], outfile: 'dist/agent.cjs' });
await build({ ...shared, entryPoints: ['worker/main.ts'], outfile: 'dist/worker.cjs' });
await build({ ...shared, entryPoints: ['host/module-hooks.ts'], outfile: 'dist/module-hooks.mjs', format: 'esm' });
await build({ ...shared, entryPoints: ['worker/deep-resumer.ts'], outfile: 'dist/deep-resumer.cjs' });
await build({ ...shared, entryPoints: ['host/instrument-modules.ts'], outfile: 'dist/instrument.cjs' });
await build({
  ...shared,
  entryPoints: ['host/instrument-hooks.ts'],
  outfile: 'dist/instrument-hooks.mjs',
  format: 'esm',
});

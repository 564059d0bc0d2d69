/** `npm run package:vscode`: one universal `.vsix` with the extension, the language server, the debug adapter and the keychain module. */
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createVSIX } from '@vscode/vsce';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const room = join(root, 'clients', 'vscode');
const stage = join(root, '.cache', 'vscode-extension');
const dist = join(stage, 'dist');
const packagePath = join(root, '.cache', 'stillframe.vsix');

await rm(stage, { recursive: true, force: true });
await mkdir(dist, { recursive: true });
const shared = {
  absWorkingDir: room,
  bundle: true,
  platform: 'node',
  target: 'node20',
  conditions: ['stillframe-source'],
  // Small, yet names stay, so that the stack in a report of a failure can be read.
  minifySyntax: true,
  minifyWhitespace: true,
  lineLimit: 400,
  legalComments: 'eof',
};
/**
 * The keychain module's binaries that VS Code's platforms load, by the folder it looks in. The package has more: for platforms
 * without VS Code, for musl (which it never loads), and a `linux-arm` that holds the program of another processor.
 */
const KEYCHAIN_BINARIES = {
  'darwin-arm64': 'darwin-arm64',
  'darwin-x64': 'darwin-x64',
  'linux-arm': 'linux-armv7l',
  'linux-arm64': 'linux-arm64',
  'linux-x64': 'linux-x64',
  'win32-arm64': 'win32-arm64',
  'win32-x64': 'win32-x64',
};
await build({
  ...shared,
  entryPoints: ['extension.ts'],
  outfile: join(dist, 'extension.cjs'),
  format: 'cjs',
  external: ['vscode'],
});
await build({
  ...shared,
  entryPoints: ['bundle/language-server.ts', 'bundle/debug-adapter.ts'],
  outdir: dist,
  outExtension: { '.js': '.mjs' },
  format: 'esm',
  plugins: [besideTheBundle()],
  external: ['bufferutil', 'utf-8-validate'],
  // Packages inside that are CommonJS ask for it.
  banner: {
    js: "import { createRequire as stillframeRequire } from 'node:module';\nconst require = stillframeRequire(import.meta.url);",
  },
});
await copyGrammars();
await copyKeychain();
await cp(join(room, 'media'), join(stage, 'media'), { recursive: true });
await cp(join(room, 'README.md'), join(stage, 'README.md'));
await cp(join(room, '.vscodeignore'), join(stage, '.vscodeignore'));
await cp(join(root, 'LICENSE'), join(stage, 'LICENSE'));
await writeManifest();
await createVSIX({ cwd: stage, packagePath, dependencies: false, skipLicense: false });
process.stdout.write(`${packagePath}\n`);

/** The keychain module brings native code, which no bundle can hold: it is shipped beside. */
function besideTheBundle() {
  return {
    name: 'beside-the-bundle',
    setup(builder) {
      builder.onResolve({ filter: /^keytar$/ }, () => ({ path: './keytar/lib/keytar.js', external: true }));
    },
  };
}

async function copyGrammars() {
  const { GRAMMAR_MODULES } = await import(join(root, 'lsp-server', 'dist', 'grammars', 'load-grammar.js'));
  const resolver = createRequire(join(root, 'lsp-server', 'package.json'));
  await mkdir(join(dist, 'grammars'));
  for (const [name, module] of Object.entries(GRAMMAR_MODULES)) {
    await cp(resolver.resolve(module), join(dist, 'grammars', `${name}.wasm`));
  }
}

async function copyKeychain() {
  const from = join(root, 'node_modules', 'keytar');
  const to = join(dist, 'keytar');
  for (const part of ['lib', 'package.json', 'LICENSE.md']) {
    await cp(join(from, part), join(to, part), { recursive: true });
  }
  for (const [folder, source] of Object.entries(KEYCHAIN_BINARIES)) {
    await cp(join(from, 'prebuilds', source, 'keytar.node'), join(to, 'prebuilds', folder, 'keytar.node'));
  }
}

/** What is bundled needs no dependencies, and the marketplace no `private`. */
async function writeManifest() {
  const {
    dependencies,
    private: _private,
    ...manifest
  } = JSON.parse(await readFile(join(room, 'package.json'), 'utf8'));
  await writeFile(join(stage, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

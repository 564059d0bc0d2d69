/** Tree-sitter grammars as WebAssembly, loaded when a file of their language is first looked at. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Language, Parser } from 'web-tree-sitter';

export type GrammarName = 'javascript' | 'typescript' | 'tsx' | 'python' | 'java' | 'kotlin';

/** Module paths of the grammars, as the packages ship them. */
const MODULES: Record<GrammarName | 'runtime', string> = {
  runtime: 'web-tree-sitter/web-tree-sitter.wasm',
  javascript: 'tree-sitter-javascript/tree-sitter-javascript.wasm',
  typescript: 'tree-sitter-typescript/tree-sitter-typescript.wasm',
  tsx: 'tree-sitter-typescript/tree-sitter-tsx.wasm',
  python: 'tree-sitter-python/tree-sitter-python.wasm',
  java: 'tree-sitter-java/tree-sitter-java.wasm',
  kotlin: '@tree-sitter-grammars/tree-sitter-kotlin/tree-sitter-kotlin.wasm',
};

const BY_EXTENSION: Record<string, GrammarName> = {
  '.js': 'javascript',
  '.mjs': 'javascript',
  '.cjs': 'javascript',
  '.jsx': 'javascript',
  '.ts': 'typescript',
  '.mts': 'typescript',
  '.cts': 'typescript',
  '.tsx': 'tsx',
  '.py': 'python',
  '.java': 'java',
  '.kt': 'kotlin',
  '.kts': 'kotlin',
};

export function grammarOf(path: string): GrammarName | undefined {
  return BY_EXTENSION[extname(path).toLowerCase()];
}

let initialised: Promise<void> | undefined;
const parsers = new Map<GrammarName, Promise<Parser>>();

/** One parser per language; loading takes some 20 ms, once. */
export function parserFor(name: GrammarName): Promise<Parser> {
  let parser = parsers.get(name);
  if (parser === undefined) {
    parser = load(name);
    parsers.set(name, parser);
  }
  return parser;
}

async function load(name: GrammarName): Promise<Parser> {
  initialised ??= Parser.init({ locateFile: () => wasmFile('runtime') });
  await initialised;
  const parser = new Parser();
  parser.setLanguage(await Language.load(new Uint8Array(await readFile(wasmFile(name)))));
  return parser;
}

/** Beside a bundle, in its `grammars/` folder; otherwise in the packages. */
function wasmFile(name: GrammarName | 'runtime'): string {
  const bundled = fileURLToPath(new URL(`./grammars/${name}.wasm`, import.meta.url));
  return existsSync(bundled) ? bundled : createRequire(import.meta.url).resolve(MODULES[name]);
}

/** For the bundler: which file goes under which name into `grammars/`. */
export const GRAMMAR_MODULES: Readonly<Record<string, string>> = MODULES;

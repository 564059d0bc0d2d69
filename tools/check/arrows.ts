/**
 * The arrow table: which room may import which. `ARCHITECTURE.md` prints the same table, and a test compares the two.
 * Tests and `test-kit` are looser, since they may reach for what they exercise; nothing imports tests.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** An arrow `types:x` allows `import type` from `x` only. */
export const ARROWS: Readonly<Record<string, readonly string[]>> = {
  protocol: [],
  core: ['protocol'],
  transport: [],
  'management-client': ['protocol', 'core', 'transport'],
  'lsp-server': ['protocol', 'core', 'management-client'],
  'debug-adapter': ['protocol', 'core', 'management-client'],
  'management-server': ['protocol', 'core', 'transport'],
  'agents/node': ['types:protocol'],
  cli: ['protocol', 'core', 'management-client', 'management-server', 'lsp-server', 'debug-adapter'],
  'clients/vscode': ['protocol'],
  // What the extension bundles, one line each; nothing but composition.
  'clients/vscode/bundle': ['lsp-server', 'debug-adapter'],
  'test-kit': ['protocol', 'transport'],
};

/** Rooms that compute and do no IO: no Node modules, no clock, no chance. */
export const PURE_ROOMS = ['protocol', 'core'] as const;

const PACKAGE_ROOMS: Readonly<Record<string, string>> = { 'agent-node': 'agents/node', vscode: 'clients/vscode' };

export interface Violation {
  file: string;
  line: number;
  message: string;
}

/** All breaches of the table and of purity in the sources (not the tests) below `root`. */
export function findViolations(root: string): Violation[] {
  return Object.keys(ARROWS).flatMap((room) =>
    sourcesOf(root, room).flatMap((file) => checkSource(room, file, readFileSync(join(root, file), 'utf8'))),
  );
}

/** Checks the text of one file of `room`; `file` is relative to the root. */
export function checkSource(room: string, file: string, text: string): Violation[] {
  const violations: Violation[] = [];
  const allowed = ARROWS[room] ?? [];
  for (const { specifier, typeOnly, line } of importsOf(text)) {
    const message = arrowProblem(room, file, specifier, typeOnly, allowed) ?? purityProblem(room, specifier);
    if (message !== undefined) violations.push({ file, line, message });
  }
  if (isPure(room)) violations.push(...clockUses(file, text));
  return violations;
}

function arrowProblem(
  room: string,
  file: string,
  specifier: string,
  typeOnly: boolean,
  allowed: readonly string[],
): string | undefined {
  if (specifier.startsWith('.')) {
    const target = relative('/', join('/', file, '..', specifier));
    return target.startsWith(`${room}/`) ? undefined : `"${specifier}" leaves the room; import the package instead`;
  }
  const scoped = /^@stillframe\/([^/]+)/.exec(specifier)?.[1];
  if (scoped === undefined) return undefined;
  const target = PACKAGE_ROOMS[scoped] ?? scoped;
  if (target === room || allowed.includes(target)) return undefined;
  if (allowed.includes(`types:${target}`)) {
    return typeOnly ? undefined : `${room} may import ${target} as types only (use "import type")`;
  }
  return `${room} must not import ${target}`;
}

function purityProblem(room: string, specifier: string): string | undefined {
  return isPure(room) && specifier.startsWith('node:') ? `${room} is pure and must not import ${specifier}` : undefined;
}

/** The compiler (`types: []`) rejects timers, `process` and `fetch` in the pure rooms; the clock it lets through. */
function clockUses(file: string, text: string): Violation[] {
  return text
    .split('\n')
    .flatMap((line, index) =>
      /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(/.test(line)
        ? [{ file, line: index + 1, message: 'reads the clock or chance; take it as an argument' }]
        : [],
    );
}

interface Import {
  specifier: string;
  typeOnly: boolean;
  line: number;
}

/** Static, dynamic and re-exporting imports with their lines. */
function importsOf(text: string): Import[] {
  const found: Import[] = [];
  const pattern =
    /^(?:import|export)\s+(type\s)?[^'"`;]*?from\s+['"]([^'"]+)['"]|^import\s+['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/gm;
  for (const match of text.matchAll(pattern)) {
    const specifier = match[2] ?? match[3] ?? match[4];
    if (specifier === undefined) continue;
    found.push({
      specifier,
      typeOnly: match[1] !== undefined,
      line: text.slice(0, match.index).split('\n').length,
    });
  }
  return found;
}

function isPure(room: string): boolean {
  return (PURE_ROOMS as readonly string[]).includes(room);
}

/** Source files of a room, tests and build output left out, and the rooms inside it too. */
function sourcesOf(root: string, room: string): string[] {
  const inner = Object.keys(ARROWS).filter((other) => other.startsWith(`${room}/`));
  return readdirSync(join(root, room), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|tsx|mts|mjs)$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .filter((file) => !/\.test\.ts$|\/(dist|node_modules)\//.test(file))
    .filter((file) => !inner.some((other) => file.startsWith(`${other}/`)));
}

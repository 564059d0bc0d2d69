/**
 * Every shape of code, on every Node.js version: an action at a marked line captures the values that are there. The programs
 * are real processes with the agent loaded as a user loads it.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { formatValue } from '@stillframe/core/values/format-value';
import type { Action } from '@stillframe/protocol/action';
import type { AgentHit } from '@stillframe/protocol/hit';
import { type AgentServer, snapshotAction, startAgentServer } from '@stillframe/test-kit/agent-server';
import { columnOf, markedLine } from '@stillframe/test-kit/marks';
import { nodeVersions } from '@stillframe/test-kit/node-versions';
import { type StartedProcess, startProcess } from '@stillframe/test-kit/processes';
import { type BuildOptions, build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const REGISTER = pathToFileURL(fileURLToPath(new URL('./register.cjs', import.meta.url))).href;
const PROGRAMS = realpathSync(fileURLToPath(new URL('../../test-fixtures/programs/node/', import.meta.url)));
const TSC = fileURLToPath(new URL('../../node_modules/.bin/tsc', import.meta.url));

/** Compiled variants of the TypeScript program, made once in a temporary folder. */
const built = mkdtempSync(join(realpathSync(tmpdir()), 'stillframe-programs-'));
const typescript = join(built, 'typescript');
const source = (name: string) => join(typescript, 'src', name);

beforeAll(async () => {
  cpSync(join(PROGRAMS, 'typescript'), typescript, { recursive: true });
  execFileSync(TSC, ['-p', typescript]);
  const bundle: BuildOptions = { entryPoints: [source('main.ts')], bundle: true, platform: 'node', format: 'cjs' };
  await build({ ...bundle, outfile: join(typescript, 'bundle', 'external.cjs'), sourcemap: 'linked', minify: true });
  await build({ ...bundle, outfile: join(typescript, 'bundle', 'inline.cjs'), sourcemap: 'inline' });
});
afterAll(() => rmSync(built, { recursive: true, force: true }));

interface Row {
  mark: string;
  /** Where the mark stands, when that is not the program itself. */
  file?: () => string;
  /** Piece of the marked line whose column is asked for. */
  at?: string;
  /** Variables that must be there, with their text. */
  variables: Record<string, string>;
  /** Names that must not be there. */
  without?: string[];
  fields?: Partial<Action>;
  /** The top frame's function. */
  function?: string;
  /** A caller further up, `function file:mark`. */
  caller?: [name: string, file: () => string, mark: string];
  line?: (marked: number) => number;
}

const COMMON: Row[] = [
  { mark: 'closure', variables: { step: '1', current: '*', doubled: '*' }, without: ['counter'], function: 'next' },
  { mark: 'private', variables: { amount: '5', '#balance': '*', this: 'Account {*' }, function: 'Account.deposit' },
  { mark: 'generator', variables: { limit: '2', index: '*' } },
  { mark: 'async', variables: { tax: '0.19', total: '119', order: '{net: 100, country: "DE"}' } },
  { mark: 'arrow', at: 'value * value', variables: { value: '7' }, function: 'square' },
  { mark: 'arrow', variables: { value: '7' }, function: 'square' },
  {
    mark: 'plain',
    variables: { sum: '6', inner: '8', items: '[2, 4]', rest: '["x", "y"]', calls: '*' },
    without: ['rates', 'makeCounter', 'Account'],
  },
  { mark: 'return', variables: { order: '{id: 3}', rest: '["x"]', last: '<not available (V8 has left its block*' } },
  { mark: 'nocode', variables: { sum: '6' }, line: (marked) => marked + 1, fields: { maxHits: 1 } },
  { mark: 'destructured', variables: { id: '1', city: '"Ulm"', first: '1', others: '[2, 3]' } },
];
const NEVER_REACHED = new Set(['nocode']);

const MODULE: Row[] = [
  { mark: 'asyncgenerator', variables: { count: '2', page: '*' } },
  { mark: 'module', variables: { size: '4', over: 'true', limits: '{most: 3}' }, function: 'check' },
];

const TYPESCRIPT: Row[] = [
  {
    mark: 'tsasync',
    file: () => source('order.ts'),
    variables: { rate: '0.19', order: '*', this: '*' },
  },
  { mark: 'tsprivate', file: () => source('order.ts'), variables: { country: '"DE"' } },
  { mark: 'tsarrow', file: () => source('order.ts'), at: 'order.net > 50', variables: { order: '*' } },
  { mark: 'tscaller', file: () => source('main.ts'), variables: { total: '114', level: '*' }, function: 'handle' },
];

const PROGRAM_ROWS: [name: string, entry: () => string, rows: Row[]][] = [
  ['CommonJS', () => join(PROGRAMS, 'common.cjs'), COMMON],
  ['ES module', () => join(PROGRAMS, 'module.mjs'), MODULE],
  ['TypeScript by tsc, external map', () => join(typescript, 'dist', 'main.js'), TYPESCRIPT],
  ['esbuild bundle, minified, external map', () => join(typescript, 'bundle', 'external.cjs'), TYPESCRIPT],
  ['esbuild bundle, inline map', () => join(typescript, 'bundle', 'inline.cjs'), TYPESCRIPT],
];

describe.each(nodeVersions())('$name', ({ path: node }) => {
  test.each(PROGRAM_ROWS)('%s', async (_name, entry, rows) => {
    await withProgram(node, entry(), async (server) => {
      const actions = rows.map((row) => actionOf(row, entry()));
      server.setActions(actions);
      for (const [at, row] of rows.entries()) await checkRow(server, row, actions[at] as Action, entry());
    });
  });

  test('code that is loaded after the action was placed', async () => {
    const late = join(PROGRAMS, 'late-module.cjs');
    await withProgram(node, join(PROGRAMS, 'late.cjs'), async (server, program) => {
      const action = snapshotAction('late-module.cjs', markedLine(late, 'late').line);
      server.setActions([action]);
      const waiting = await statusOf(server, action, 'pending');
      expect(waiting.links.at(-1)?.reason).toContain('has not loaded late-module.cjs');
      program.write('go\n');
      expect(variablesOf(await hitOf(server, action))).toMatchObject({ name: '"bob"', text: '"hello bob"' });
    });
  });

  test('a service that never returns to its event loop', async () => {
    const busy = join(PROGRAMS, 'busy.cjs');
    await withProgram(node, busy, async (server) => {
      const action = snapshotAction(busy, markedLine(busy, 'busy').line, { maxHits: 2 });
      server.setActions([action]);
      expect(Object.keys(variablesOf(await hitOf(server, action)))).toEqual(['round', 'half']);
      await server.until(() => (server.hits.length >= 2 ? true : undefined), 'the second hit');
      await statusOf(server, action, 'finished');
    });
  });

  test('worker threads of the application get a clear answer', async () => {
    const worker = join(PROGRAMS, 'in-worker.cjs');
    await withProgram(node, join(PROGRAMS, 'worker-threads.cjs'), async (server) => {
      const action = snapshotAction(worker, markedLine(worker, 'worker').line);
      server.setActions([action]);
      const status = await statusOf(server, action, 'rejected');
      expect(status.links.at(-1)?.reason).toContain('runs in a worker thread of the service');
    });
  });
});

async function withProgram(
  node: string,
  entry: string,
  use: (server: AgentServer, program: StartedProcess) => Promise<void>,
): Promise<void> {
  const server = await startAgentServer();
  const env = { STILLFRAME_URL: server.url, STILLFRAME_KEY: 'test-key', STILLFRAME_NAME: 'program', NODE_OPTIONS: '' };
  const program = startProcess(node, ['--import', REGISTER, entry], { env });
  try {
    await server.until(() => server.agents[0], 'the agent to connect');
    await use(server, program);
    expect(program.stderr()).toBe('');
  } finally {
    await program.stop();
    await server.close();
  }
}

function actionOf(row: Row, entry: string): Action {
  const file = row.file?.() ?? entry;
  const mark = markedLine(file, row.mark);
  const location = { path: file, line: mark.line, ...(row.at !== undefined && { column: columnOf(mark, row.at) }) };
  return snapshotAction(file, mark.line, { location, ...row.fields });
}

async function checkRow(server: AgentServer, row: Row, action: Action, entry: string): Promise<void> {
  const marked = action.location.line;
  if (NEVER_REACHED.has(row.mark)) {
    const status = await statusOf(server, action, 'armed');
    expect(status.resolved?.line, row.mark).toBe(row.line?.(marked) ?? marked);
    return;
  }
  const hit = await hitOf(server, action);
  const variables = variablesOf(hit);
  for (const [name, text] of Object.entries(row.variables)) {
    expect(variables, `@${row.mark}`).toHaveProperty([name]);
    const pattern = new RegExp(`^${text.split('*').map(escaped).join('.*')}$`);
    expect(variables[name], `${name} at @${row.mark}`).toMatch(pattern);
  }
  for (const name of row.without ?? []) expect(variables, `@${row.mark}`).not.toHaveProperty([name]);
  const [top] = hit.frames;
  expect(top).toMatchObject({ path: row.file?.() ?? entry, line: marked, origin: 'application' });
  if (row.function !== undefined && !basename(entry).startsWith('external')) expect(top?.function).toBe(row.function);
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

function hitOf(server: AgentServer, action: Action): Promise<AgentHit> {
  return server.until(
    () => server.hits.find((hit) => hit.actionId === action.id),
    `a hit at line ${action.location.line}`,
  );
}

function statusOf(server: AgentServer, action: Action, state: string) {
  return server.until(() => {
    const status = server.statuses.get(action.id);
    return status?.state === state ? status : undefined;
  }, `the action to be ${state}`);
}

/** All variables of the top frame as text. */
function variablesOf(hit: AgentHit): Record<string, string> {
  const scopes = hit.frames[0]?.scopes ?? [];
  return Object.fromEntries(
    scopes.flatMap(({ variables }) => variables.map(({ name, value }) => [name, formatValue(hit.values, value)])),
  );
}

/**
 * Deep snapshots on every Node.js version: the variables of callers, the limits of the pause they need, and that the service
 * is as it was. Real processes with the agent loaded as a user loads it.
 */
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { formatValue } from '@stillframe/core/values/format-value';
import type { Action } from '@stillframe/protocol/action';
import type { AgentHit, Frame } from '@stillframe/protocol/hit';
import { DEFAULT_CAPTURE_LIMITS } from '@stillframe/protocol/limits';
import { DEFAULT_POLICY } from '@stillframe/protocol/policy';
import { type AgentServer, snapshotAction, startAgentServer } from '@stillframe/test-kit/agent-server';
import { markedLine } from '@stillframe/test-kit/marks';
import { nodeVersions } from '@stillframe/test-kit/node-versions';
import { type StartedProcess, startProcess } from '@stillframe/test-kit/processes';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const REGISTER = pathToFileURL(fileURLToPath(new URL('./register.cjs', import.meta.url))).href;
const DEEP = fileURLToPath(new URL('../../test-fixtures/programs/node/deep.cjs', import.meta.url));
const INNER = fileURLToPath(new URL('../../test-fixtures/programs/node/deep-inner.cjs', import.meta.url));

const BUSY = fileURLToPath(new URL('../../test-fixtures/programs/node/busy.cjs', import.meta.url));

const built = mkdtempSync(join(realpathSync(tmpdir()), 'stillframe-deep-'));
const minified = join(built, 'deep.cjs');
beforeAll(async () => {
  await build({
    entryPoints: [DEEP],
    outfile: minified,
    bundle: true,
    platform: 'node',
    minify: true,
    sourcemap: 'linked',
  });
});
afterAll(() => rmSync(built, { recursive: true, force: true }));

interface Row {
  name: string;
  mark: string;
  /** Where the mark stands; `DEEP` without. */
  file?: string;
  framesWithLocals: number;
  fields?: Partial<Action>;
  capture?: Partial<Action['capture']>;
  blocked?: string[];
  args?: string[];
  /** Per frame, from the caller on: the variables that must be there; `undefined` for none. */
  callers: (Record<string, string> | undefined)[];
  /** A sentence in place of the first caller's variables. */
  note?: string;
}

const ROWS: Row[] = [
  {
    name: 'a plain snapshot reads no caller',
    mark: 'add',
    framesWithLocals: 1,
    callers: [undefined, undefined],
  },
  {
    name: 'one caller',
    mark: 'add',
    framesWithLocals: 2,
    callers: [
      {
        lines: '[{*total: 6}]',
        desk: 'Desk {*password: *redacted*}',
        hidden: 'Proxy*',
        sum: '0',
        line: '*',
        before: '0',
      },
      undefined,
    ],
  },
  {
    name: 'callers with this, redaction by name, and what is not there yet',
    mark: 'add',
    framesWithLocals: 5,
    callers: [
      { sum: '0' },
      {
        order: '{id: 7*token: *redacted*}',
        apiKey: '*redacted*',
        this: 'Desk {name: "front"*}',
        limits: '{most: 3}',
        priced: '*',
      },
    ],
  },
  {
    name: 'a caller in another file',
    file: INNER,
    mark: 'round',
    framesWithLocals: 2,
    blocked: ['nothing/**'],
    callers: [{ apiKey: '*redacted*', limits: '{most: 3}' }, undefined],
  },
  {
    name: 'a caller in a blocked file is not read',
    file: INNER,
    mark: 'round',
    framesWithLocals: 2,
    blocked: ['**/deep.cjs'],
    callers: [],
    note: 'the policy blocks its file',
  },
  {
    name: 'a stack that is too deep for the time a capture may take',
    mark: 'bottom',
    framesWithLocals: 3,
    callers: [],
    note: 'the stack is 3?? functions deep: the pause would take longer than the 5 ms',
  },
  {
    name: 'a method of an error on the stack',
    mark: 'describe',
    framesWithLocals: 3,
    callers: [],
    note: 'TaxError.report is on the stack',
  },
  {
    name: 'a debugger that can attach',
    mark: 'add',
    framesWithLocals: 2,
    args: ['--inspect=127.0.0.1:0'],
    callers: [],
    note: 'a debugger can attach to this process',
  },
];

describe.each(nodeVersions())('$name', ({ path: node }) => {
  test.each(ROWS)('$name', async (row) => {
    await withProgram(node, DEEP, row.args, async (server, program) => {
      const action = actionOf(row);
      server.setActions([action], { ...DEFAULT_POLICY, revision: 1, blockedPaths: row.blocked ?? [] });
      const hits = await hitsOf(server, action);
      checkHit(hits.at(-1) as AgentHit, row);
      const link = server.statuses.get(action.id)?.links.find(({ link: name }) => name === 'line');
      if (row.framesWithLocals > 1)
        expect(link).toMatchObject({ state: 'warning', reason: expect.stringContaining('about 1 ms per hit') });
      else expect(link?.state).toBe('ok');
      server.setActions([]);
      await checkUntouched(program);
    });
  });

  test('a minified bundle: the author’s names, and redaction by them', async () => {
    await withProgram(node, minified, [], async (server) => {
      const row: Row = { ...(ROWS[1] as Row), framesWithLocals: 4 };
      const action = { ...actionOf(row), maxHits: 3 };
      server.setActions([action]);
      const first = await server.until(() => server.hits[0], 'the first hit');
      checkHit(first, { ...row, callers: [], note: 'a minifier renamed its variables' });
      const last = await server.until(() => server.hits[2], 'the third hit');
      const callers: Row['callers'] = [
        { lines: '[{*total: 6}]', sum: '0' },
        { order: '{id: 7*token: *redacted*}', apiKey: '*redacted*', this: '* {name: "front"*}' },
      ];
      checkHit(last, { ...row, callers });
    });
  });

  test('a service that never returns to its event loop gets plain snapshots', async () => {
    await withProgram(node, BUSY, [], async (server) => {
      const action = {
        ...actionOf({ name: '', mark: 'busy', file: BUSY, framesWithLocals: 3, callers: [] }),
        maxHits: 1,
      };
      server.setActions([action]);
      const hit = await server.until(() => server.hits[0], 'a hit');
      expect(Object.keys(variablesOf(hit, hit.frames[0]))).toEqual(['round', 'half']);
      if (hit.frames.length > 1)
        expect(variablesOf(hit, hit.frames[1])['(variables)']).toMatch(
          /opens when the service next returns to its event loop/,
        );
    });
  });

  test('a process ends as always under an armed deep snapshot', async () => {
    await withProgram(node, DEEP, [], async (server, program) => {
      const action = { ...actionOf(ROWS[1] as Row), maxHits: 100 };
      server.setActions([action]);
      await server.until(() => server.hits[1], 'two hits');
      program.write('end\n');
      expect(await program.exited).toBe(0);
    });
  });
});

async function checkUntouched(program: StartedProcess): Promise<void> {
  program.write('state\n');
  const [, ran, state] = await program.output(/ran (.*) state (.*)\n/);
  expect(ran).toBe('[]');
  expect(JSON.parse(state ?? '')).toEqual([
    { id: 7, lines: [{ price: 2, quantity: 3 }], token: 'order-secret' },
    { name: 'front', password: 'desk-secret' },
    { most: 3 },
  ]);
}

/** The second hit counts: V8 compiles for the first, and what is looked up for it is there. */
async function hitsOf(server: AgentServer, action: Action): Promise<AgentHit[]> {
  return server.until(() => {
    const hits = server.hits.filter((hit) => hit.actionId === action.id);
    return hits.length >= 2 ? hits : undefined;
  }, 'two hits');
}

function actionOf({ mark, file = DEEP, framesWithLocals, capture, fields }: Row): Action {
  return snapshotAction(file, markedLine(file, mark).line, {
    maxHits: 2,
    capture: { ...DEFAULT_CAPTURE_LIMITS, framesWithLocals, ...capture },
    ...fields,
  });
}

function checkHit(hit: AgentHit, row: Row): void {
  const text = JSON.stringify(hit);
  expect(text).not.toMatch(/desk-secret|order-secret|key-secret/);
  expect(variablesOf(hit, hit.frames[0])).not.toEqual({});
  for (const [at, expected] of row.callers.entries()) {
    const frame = hit.frames[at + 1];
    if (expected === undefined) expect(frame?.scopes).toBeUndefined();
    else {
      const found = variablesOf(hit, frame);
      for (const [name, pattern] of Object.entries(expected))
        expect(found[name], `${name} of ${frame?.function}`).toMatch(like(pattern));
    }
  }
  if (row.note !== undefined) expect(variablesOf(hit, hit.frames[1])['(variables)']).toMatch(like(`*${row.note}*`));
}

function like(pattern: string): RegExp {
  const body = pattern.split(/([*?])/).map((part) => {
    if (part === '*') return '.*';
    return part === '?' ? '.' : part.replaceAll(/[.+^${}()|[\]\\]/g, '\\$&');
  });
  return new RegExp(`^${body.join('')}$`);
}

function variablesOf(hit: AgentHit, frame: Frame | undefined): Record<string, string> {
  const scopes = frame?.scopes ?? [];
  return Object.fromEntries(
    scopes.flatMap(({ variables }) => variables.map(({ name, value }) => [name, formatValue(hit.values, value)])),
  );
}

async function withProgram(
  node: string,
  entry: string,
  args: readonly string[] | undefined,
  use: (server: AgentServer, program: StartedProcess) => Promise<void>,
): Promise<void> {
  const server = await startAgentServer();
  const env = { STILLFRAME_URL: server.url, STILLFRAME_KEY: 'k', NODE_OPTIONS: '' };
  const program = startProcess(node, [...(args ?? []), '--import', REGISTER, entry], { env });
  try {
    await server.until(() => server.agents[0], 'the agent to connect');
    await use(server, program);
    if (args === undefined) expect(program.stderr()).toBe('');
  } finally {
    await program.stop();
    await server.close();
  }
}

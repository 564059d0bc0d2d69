/**
 * Modules that are instrumented as they load: counts are exact, and everything else is where its author wrote it. Real
 * processes on every Node.js version.
 */
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseCondition } from '@stillframe/core/expression/parse-expression';
import { formatValue } from '@stillframe/core/values/format-value';
import type { Action } from '@stillframe/protocol/action';
import { DEFAULT_CAPTURE_LIMITS } from '@stillframe/protocol/limits';
import type { ActionStatus } from '@stillframe/protocol/status';
import { type AgentServer, snapshotAction, startAgentServer } from '@stillframe/test-kit/agent-server';
import { columnOf, markedLine } from '@stillframe/test-kit/marks';
import { nodeVersions } from '@stillframe/test-kit/node-versions';
import { type StartedProcess, startProcess } from '@stillframe/test-kit/processes';
import { describe, expect, test } from 'vitest';
import { instrumentText } from './host/instrument-text.ts';
import { readInstrumented } from './worker/instrumented-text.ts';

const REGISTER = pathToFileURL(fileURLToPath(new URL('./register.cjs', import.meta.url))).href;
const FOLDER = fileURLToPath(new URL('../../test-fixtures/programs/node/instrumented/', import.meta.url));
const COUNTED = `${FOLDER}counted.cjs`;
const MODULE = `${FOLDER}counted.mjs`;
const ALL = '**/instrumented/**';
const ROUNDS = 100_000;

type Row = [mark: string, times: number, file?: string];

const COMMON: Row[] = [
  ['for', 10],
  ['loop', 10 * ROUNDS],
  ['if', 10 * ROUNDS],
  ['return', 10],
  ['asi', 1],
  ['case', 1],
  ['constructor', 1],
  ['getter', 1],
  ['yield', 1],
  ['async', 1],
  ['throw', 1],
  ['expression', 1],
];
const ES: Row[] = [...COMMON, ['early', 1, MODULE], ['module', 1, MODULE]];
const PROGRAMS: [name: string, entry: string, rows: Row[]][] = [
  ['CommonJS', 'main.cjs', COMMON],
  ['ES modules in a circle, and the CommonJS they import', 'main.mjs', ES],
];

describe.each(nodeVersions())('$name', ({ path: node }) => {
  test.each(PROGRAMS)('%s: every execution is counted', async (_name, entry, rows) => {
    await withProgram(node, entry, ALL, async (server, program) => {
      const actions = rows.map(([mark, , file]) => counter(mark, file));
      server.setActions(actions);
      await statusesOf(server, actions, ({ links }) => links.some(isExact));
      await program.output(/ready/);
      program.write(`go ${ROUNDS}\n`);
      await program.output(/done .*\n/);
      const counted = () => actions.map(({ id }) => server.statuses.get(id)?.counts.captured);
      const expected = rows.map(([, times]) => times);
      await server.until(
        () => counted().every((count, at) => (count ?? 0) >= (expected[at] ?? 0)) || undefined,
        'all executions to be counted',
      );
      expect(Object.fromEntries(rows.map(([mark], at) => [mark, counted()[at]]))).toEqual(
        Object.fromEntries(rows.map(([mark, times]) => [mark, times])),
      );
      await server.until(
        () => actions.every(({ id }, at) => pointsOf(server, id) === expected[at]) || undefined,
        'the points to say the same',
      );
      for (const { counts } of await statusesOf(server, actions, () => true)) {
        expect(counts.evaluated).toBe(counts.captured);
        expect(counts.matched).toBe(counts.captured);
      }
    });
  });

  test('other actions on instrumented lines are where their author sees them', async () => {
    await withProgram(node, 'main.cjs', ALL, async (server, program) => {
      const mark = markedLine(COUNTED, 'throw');
      const location = { path: COUNTED, line: mark.line, column: columnOf(mark, 'throw new') };
      const capture = { ...DEFAULT_CAPTURE_LIMITS, framesWithLocals: 3 };
      const snapshot = snapshotAction(COUNTED, mark.line, { location, capture });
      const { tree } = parseCondition('round > 4', 'javascript');
      const condition = { text: 'round > 4', dialect: 'javascript' as const, tree: tree as NonNullable<typeof tree> };
      const conditional = snapshotAction(COUNTED, markedLine(COUNTED, 'loop').line, { kind: 'counter', condition });
      server.setActions([snapshot, conditional]);
      const [, status] = await statusesOf(server, [snapshot, conditional], ({ state }) => state === 'armed');
      expect(armedReason(status)).toContain('conditions and groups need a breakpoint');
      await program.output(/ready/);
      program.write('go 5\n');
      const hit = await server.until(() => server.hits[0], 'a hit');
      const [top, caller] = hit.frames;
      expect(top).toMatchObject({ function: 'fails', ...location });
      expect(caller).toMatchObject({ line: markedLine(COUNTED, 'fails').line });
      expect(caller?.column).toBe(columnOf(markedLine(COUNTED, 'fails'), 'fails()'));
      const variables = top?.scopes?.flatMap(({ variables: own }) => own) ?? [];
      expect(variables.map(({ name, value }) => [name, formatValue(hit.values, value)])).toEqual([
        ['text', '"nothing"'],
      ]);
      expect(JSON.stringify(hit)).not.toContain('__stillframe');
    });
  });

  test('a file that does not parse, and the lines of the service’s own errors', async () => {
    const plain = startProcess(node, [`${FOLDER}stack.cjs`], { env: { NODE_OPTIONS: '' } });
    const env = {
      STILLFRAME_URL: 'ws://127.0.0.1:1',
      STILLFRAME_KEY: 'k',
      STILLFRAME_INSTRUMENT: ALL,
      NODE_OPTIONS: '',
    };
    const instrumented = startProcess(node, ['--import', REGISTER, `${FOLDER}stack.cjs`], { env });
    expect(await plain.exited).toBe(0);
    expect(await instrumented.exited).toBe(0);
    expect(instrumented.stdout()).toBe(plain.stdout());
    expect(instrumented.stderr()).toBe(plain.stderr());
  });
});

const NOT_EXACT: [name: string, pattern: string, mark: string, reason: string][] = [
  ['a file that no pattern names', `${FOLDER}main.*`, 'loop', ''],
  ['a loop that looks at its condition again', ALL, 'while', 'not where a statement begins'],
];

test.each(NOT_EXACT)('%s is counted by a breakpoint', async (_name, pattern, mark, reason) => {
  await withProgram(process.execPath, 'main.cjs', pattern, async (server) => {
    const action = counter(mark);
    server.setActions([action]);
    const [status] = await statusesOf(server, [action], ({ state }) => state === 'armed');
    expect(status?.links.some(isExact)).toBe(false);
    expect(armedReason(status)).toContain(reason);
  });
});

const TEXTS: [name: string, text: string, problem: string | undefined][] = [
  ['strict directives stay first', "'use strict';\nfoo();\n", undefined],
  ['statements without semicolons', 'let a = 1\nlet b = a\n++a\n;[a].map(String)\n`b`\n', undefined],
  ['lines of Windows', 'foo();\r\nbar();\r\n', undefined],
  ['a first line for the shell', '#!/usr/bin/env node\nfoo();\n', undefined],
  ['nothing that parses', 'let = = 1', 'does not parse'],
  ['a minified text', `foo();${'bar();'.repeat(1000)}`, 'minified'],
  ['a text that was instrumented before', '__stillframe[1]&&__stillframeAt(1);foo();', 'mentions'],
  ['no statements', '// nothing', 'no statements'],
];

test.each(TEXTS)('%s', (_name, text, problem) => {
  const result = instrumentText(text, undefined, () => 100);
  if (problem !== undefined) {
    expect(result.problem).toContain(problem);
    return;
  }
  const read = readInstrumented(result.text ?? '');
  expect(read?.original).toBe(text);
  expect(result.text?.split('\n').length).toBe(text.split('\n').length);
  for (const [lineNumber, line] of text.split('\n').entries()) {
    for (let columnNumber = 0; columnNumber < line.length; columnNumber++) {
      const at = { lineNumber, columnNumber };
      expect(read?.toOriginal(read.toExecuted(at))).toEqual(at);
    }
  }
});

function counter(mark: string, file = COUNTED): Action {
  return snapshotAction(file, markedLine(file, mark).line, { kind: 'counter' });
}

function pointsOf(server: AgentServer, actionId: string): number {
  const points = server.metrics.filter((point) => point.actionId === actionId);
  return points.reduce((sum, { sketch, sampledBy = 1 }) => sum + sketch.count * sampledBy, 0);
}

function isExact({ reason }: { reason?: string | undefined }): boolean {
  return reason === 'Counted exactly (instrumented at load)';
}

function armedReason(status: ActionStatus | undefined): string {
  return status?.links.find(({ link }) => link === 'armed')?.reason ?? '';
}

async function statusesOf(
  server: AgentServer,
  actions: readonly Action[],
  isDone: (status: ActionStatus) => boolean,
): Promise<ActionStatus[]> {
  return server.until(() => {
    const found = actions.flatMap(({ id }) => server.statuses.get(id) ?? []);
    return found.length === actions.length && found.every(isDone) ? found : undefined;
  }, 'the statuses');
}

async function withProgram(
  node: string,
  entry: string,
  pattern: string,
  use: (server: AgentServer, program: StartedProcess) => Promise<void>,
): Promise<void> {
  const server = await startAgentServer();
  const env = {
    STILLFRAME_URL: server.url,
    STILLFRAME_KEY: 'k',
    STILLFRAME_INSTRUMENT: pattern,
    NODE_OPTIONS: '',
  };
  const program = startProcess(node, ['--import', REGISTER, `${FOLDER}${entry}`], { env });
  try {
    await server.until(() => server.agents[0], 'the agent to connect');
    await use(server, program);
    expect(program.stderr()).toBe('');
  } finally {
    await program.stop();
    await server.close();
  }
}

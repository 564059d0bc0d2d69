/** Captured values as an editor unfolds them: paging, groups, maps, what is missing, expressions, completions. */
import { startManagementServer } from '@stillframe/management-server/main';
import type { AgentHit } from '@stillframe/protocol/hit';
import type { CapturedValue } from '@stillframe/protocol/values';
import type { DapClient } from '@stillframe/test-kit/dap-client';
import { type DapScene, startDapScene } from '@stillframe/test-kit/dap-scene';
import { hitOf } from '@stillframe/test-kit/scripted-agent';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startDebugAdapter } from './main.ts';

const FILE = 'src/orders.js';
const TEXT = 'export const a = 1;\n';
const ELEMENTS = 250;

let scene: DapScene;
beforeEach(async () => {
  scene = await startDapScene({ startManagementServer, startDebugAdapter }, { [FILE]: TEXT });
});
afterEach(() => scene.close());

/** `list` has 250 elements of 1000, `map` two entries, `user` a redacted field, a getter and a private field; `self` is a cycle. */
const VALUES: CapturedValue[] = [
  {
    kind: 'array',
    type: 'Array',
    preview: 'Array(1000)',
    size: 1000,
    children: Array.from({ length: ELEMENTS }, (_, at) => ({
      name: String(at),
      value: 10 + at,
      role: 'index' as const,
    })),
    missing: { reason: 'width', count: 750 },
  },
  {
    kind: 'map',
    type: 'Map',
    preview: 'Map(2)',
    size: 2,
    children: [
      { name: '0', value: 2, role: 'entryKey' },
      { name: '0', value: 10, role: 'entryValue' },
      { name: '1', value: 3, role: 'entryKey' },
      { name: '1', value: 11, role: 'entryValue' },
    ],
  },
  { kind: 'string', type: 'string', preview: 'tea', literal: 'tea', size: 3 },
  { kind: 'string', type: 'string', preview: 'milk', literal: 'milk', size: 4 },
  {
    kind: 'object',
    type: 'User',
    preview: 'User',
    size: 4,
    children: [
      { name: 'password', value: 5 },
      { name: 'age', value: 6 },
      { name: '#secretCount', value: 10, role: 'private' },
      { name: 'first name', value: 2 },
      { name: 'self', value: 4 },
    ],
  },
  { kind: 'missing', type: '', preview: '', missing: { reason: 'redacted', detail: 'name password' } },
  { kind: 'missing', type: '', preview: '', missing: { reason: 'getter' } },
  {
    kind: 'string',
    type: 'string',
    preview: 'x'.repeat(400),
    literal: 'x'.repeat(400),
    size: 1000,
    missing: { reason: 'length', count: 600 },
  },
  { kind: 'object', type: 'Deep', preview: 'Deep {…}', missing: { reason: 'depth' } },
  { kind: 'function', type: 'function', preview: 'ƒ total()' },
  ...Array.from({ length: ELEMENTS }, (_, at): CapturedValue => {
    return { kind: 'number', type: 'number', preview: String(at), literal: at };
  }),
];
const VARIABLES = { list: 0, map: 1, user: 4, text: 7, deep: 8, total: 9, seven: 17 };

test('a client that pages gets counts, and the part it asks for', async () => {
  const { client, frameId } = await stopped('vscode', { supportsVariablePaging: true });
  const list = await variable(client, frameId, 'list');
  expect(list).toMatchObject({ indexedVariables: ELEMENTS, namedVariables: 1 });
  expect(list.value).toMatch(/^\(1000\) \[0, 1, 2, .*…\]$/);
  const { variablesReference } = list;
  const page = await client.request('variables', { variablesReference, filter: 'indexed', start: 120, count: 3 });
  expect(page.variables.map(({ name, value, evaluateName }) => [name, value, evaluateName])).toEqual([
    ['120', '120', 'list[120]'],
    ['121', '121', 'list[121]'],
    ['122', '122', 'list[122]'],
  ]);
  const { variables: named } = await client.request('variables', { variablesReference, filter: 'named' });
  expect(named).toMatchObject([{ name: '⚠', value: '750 more not captured', presentationHint: { kind: 'virtual' } }]);
});

test('a client that does not page gets groups', async () => {
  const { client, frameId } = await stopped('dape');
  const list = await variable(client, frameId, 'list');
  expect(list).not.toHaveProperty('indexedVariables');
  const groups = await inside(client, list.variablesReference);
  expect(groups.map(({ name }) => name)).toEqual(['[0…99]', '[100…199]', '[200…249]', '⚠']);
  const last = await inside(client, groups[2]?.variablesReference ?? 0);
  expect([last.length, last[0]?.name, last.at(-1)?.evaluateName]).toEqual([50, '200', 'list[249]']);
});

/** Rows of one variable: name, value, and the expression that names it. */
const INSIDE: [name: string, rows: [name: string, value: string | RegExp, evaluateName: string | undefined][]][] = [
  [
    'map',
    [
      ['"tea"', '0', 'map["tea"]'],
      ['"milk"', '1', 'map["milk"]'],
    ],
  ],
  [
    'user',
    [
      ['password', '<redacted (name password)>', 'user.password'],
      ['age', /^<getter, not run/, 'user.age'],
      ['#secretCount', '0', 'user.#secretCount'],
      ['first name', '"tea"', 'user["first name"]'],
      ['self', /^User \{password/, 'user.self'],
    ],
  ],
  ['deep', [['⚠', /deeper values not captured/, undefined]]],
];

test.each(INSIDE)('inside %s', async (name, rows) => {
  const { client, frameId } = await stopped('vscode');
  const children = await inside(client, (await variable(client, frameId, name)).variablesReference);
  expect(children.map((child) => [child.name, child.value, child.evaluateName])).toEqual(
    rows.map(([own, value, path]) => [own, value instanceof RegExp ? expect.stringMatching(value) : value, path]),
  );
});

/** Typed in a watch, a hover or the console; a problem is said where it was asked, never in a dialog. */
const EXPRESSIONS: [context: string, expression: string, result: string | { problem: RegExp }][] = [
  ['watch', 'list[3] + list[4]', '7'],
  ['watch', 'list.length', '1000'],
  ['watch', 'map.get("milk")', '1'],
  ['hover', 'user["first name"]', '"tea"'],
  ['watch', 'text.length', '1000'],
  ['watch', 'user.length', 'null'],
  ['watch', 'list[900]', { problem: /not captured/ }],
  ['watch', 'user.password', { problem: /redacted/ }],
  ['watch', 'deep.down', { problem: /"down" was not captured; add it as a watch/ }],
  ['hover', 'nowhere', { problem: /"nowhere" was not captured/ }],
  ['watch', 'list.map(x => x)', { problem: /./ }],
  ['repl', '1 +', { problem: /./ }],
  ['clipboard', 'seven', '7'],
];

test.each(EXPRESSIONS)('%s: %s', async (context, expression, expected) => {
  const { client, frameId } = await stopped('vscode');
  const response = await client.respond('evaluate', { expression, frameId, context });
  if (typeof expected === 'string') expect(response).toMatchObject({ success: true, body: { result: expected } });
  else {
    expect(response).toMatchObject({ success: false, message: expect.stringMatching(expected.problem) });
    expect(response.body.error.showUser).toBe(false);
  }
});

test('what an expression made can be unfolded, also later', async () => {
  const { client, frameId } = await stopped('vscode');
  const made = await client.request('evaluate', { expression: '[list[2], user]', frameId, context: 'watch' });
  await client.request('evaluate', { expression: '[user]', frameId, context: 'watch' });
  const rows = await inside(client, made.variablesReference);
  expect(rows.map(({ name, value }) => [name, value.slice(0, 14)])).toEqual([
    ['0', '2'],
    ['1', 'User {password'],
  ]);
  expect(await inside(client, rows[1]?.variablesReference ?? 0)).toHaveLength(5);
});

test('numbers in hexadecimal, on request', async () => {
  const { client, frameId } = await stopped('vscode');
  const format = { hex: true };
  expect(
    (await client.request('evaluate', { expression: 'list[200]', frameId, format, context: 'watch' })).result,
  ).toBe('0xc8');
  const { variablesReference } = await variable(client, frameId, 'map');
  const { variables } = await client.request('variables', { variablesReference, format });
  expect(variables.map(({ value }) => value)).toEqual(['0x0', '0x1']);
});

test('references are the same for the same thing, and stay good when the person has gone on', async () => {
  const { client, frameId, hit } = await stopped('vscode');
  const before = await variable(client, frameId, 'user');
  await hit();
  await client.event('breakpoint', ({ breakpoint }) => breakpoint.message?.startsWith('2 hits') === true);
  await client.request('continue', { threadId: 1 });
  await client.event('stopped');
  const after = await client.request('stackTrace', { threadId: 1 });
  expect(after.stackFrames[0]?.id).not.toBe(frameId);
  expect((await variable(client, frameId, 'user')).variablesReference).toBe(before.variablesReference);
  expect(await inside(client, before.variablesReference)).toHaveLength(5);
});

const COMPLETIONS: [typed: string, labels: string[]][] = [
  ['user.p', ['password']],
  ['user.self.', ['password', 'age', '#secretCount', 'self']],
  ['ma', ['map']],
  ['hi', ['hit', 'hits']],
  ['1 + to', ['total']],
  ['nowhere.', []],
];

test.each(COMPLETIONS)('completions of "%s"', async (text, labels) => {
  const { client, frameId } = await stopped('vscode');
  const { targets } = await client.request('completions', { text, column: text.length + 1, frameId });
  expect(targets.map(({ label }) => label)).toEqual(labels);
});

/**
 * A deep snapshot: the caller's frame has variables of its own, the one above says why there are none, and the last was not
 * asked for. `list` is an array in the first frame and a text in its caller; it is a watch as well.
 */
const FRAMES: AgentHit['frames'] = [
  {
    function: 'f',
    path: '/app/src/orders.js',
    line: 1,
    scopes: [{ kind: 'locals', variables: [{ name: 'list', value: 0 }] }],
  },
  {
    function: 'caller',
    path: '/app/src/orders.js',
    line: 1,
    scopes: [
      { kind: 'arguments', variables: [{ name: 'list', value: 2 }] },
      { kind: 'closure', variables: [{ name: 'user', value: 4 }] },
    ],
  },
  {
    function: 'blocked',
    path: '/app/src/orders.js',
    line: 1,
    scopes: [{ kind: 'locals', variables: [{ name: '(variables)', value: 8 }] }],
  },
  { function: 'far', path: '/app/src/orders.js', line: 1 },
];

const DEEP: [frame: number, scopes: string[], expression: string, result: string | { problem: RegExp }][] = [
  [0, ['Locals', 'Watch', 'Hit'], 'list.length', '1000'],
  [1, ['Arguments', 'Closure', 'Hit'], 'list', '"tea"'],
  [1, ['Arguments', 'Closure', 'Hit'], 'user["first name"] + list', '"teatea"'],
  [1, ['Arguments', 'Closure', 'Hit'], 'seven', { problem: /"seven" was not captured/ }],
  [2, ['Locals', 'Hit'], 'list', { problem: /"list" was not captured/ }],
  [3, ['Locals', 'Hit'], 'list', { problem: /^The variables of this frame were not captured$/ }],
];

test.each(DEEP)('a deep snapshot, frame %i: %j, %s', async (at, names, expression, expected) => {
  const { client, frames } = await stopped('vscode', {}, { frames: FRAMES, watches: [{ text: 'list', value: 0 }] });
  const frameId = frames[at]?.id ?? 0;
  const { scopes } = await client.request('scopes', { frameId });
  expect(scopes.map(({ name }) => name)).toEqual(names);
  const response = await client.respond('evaluate', { expression, frameId, context: 'watch' });
  if (typeof expected === 'string') expect(response).toMatchObject({ success: true, body: { result: expected } });
  else expect(response).toMatchObject({ success: false, message: expect.stringMatching(expected.problem) });
});

test('the variables of a caller unfold like those of the first frame', async () => {
  const { client, frames } = await stopped('vscode', {}, { frames: FRAMES });
  const variablesOf = async (at: number, scope: number) => {
    const { scopes } = await client.request('scopes', { frameId: frames[at]?.id ?? 0 });
    return inside(client, scopes[scope]?.variablesReference ?? 0);
  };
  expect(await variablesOf(1, 0)).toMatchObject([{ name: 'list', value: '"tea"', evaluateName: 'list' }]);
  const [user] = await variablesOf(1, 1);
  expect(await inside(client, user?.variablesReference ?? 0)).toHaveLength(5);
  expect(await variablesOf(3, 0)).toMatchObject([{ name: '⚠', value: expect.stringMatching(/first 3 frames$/) }]);
  const { targets } = await client.request('completions', { text: 'user.p', column: 7, frameId: frames[1]?.id ?? 0 });
  expect(targets.map(({ label }) => label)).toEqual(['password']);
});

async function stopped(clientID: string, traits: object = {}, fields: Partial<AgentHit> = {}) {
  const agent = await scene.agent({ sources: { '/app/src/orders.js': TEXT } });
  const { client } = scene.debugger();
  await client.request('initialize', { adapterID: 'stillframe', clientID, ...traits });
  await client.request('attach', { cwd: scene.workspace });
  await client.request('configurationDone');
  await client.request('setBreakpoints', { source: { path: scene.path(FILE) }, breakpoints: [{ line: 1 }] });
  const action = await agent.until((all) => all[0], 'the action');
  agent.arm(action);
  const variables = Object.entries(VARIABLES).map(([name, value]) => ({ name, value }));
  const captured: Partial<AgentHit> = {
    values: VALUES,
    frames: [{ function: 'f', path: action.location.path, line: 1, scopes: [{ kind: 'locals', variables }] }],
    ...fields,
  };
  const hit = () => agent.hit(hitOf(action, {}, captured));
  await hit();
  await client.event('stopped');
  const { stackFrames } = await client.request('stackTrace', { threadId: 1 });
  return { client, frames: stackFrames, frameId: stackFrames[0]?.id ?? 0, hit };
}

async function variable(client: DapClient, frameId: number, name: string) {
  const { scopes } = await client.request('scopes', { frameId });
  const found = (await inside(client, scopes[0]?.variablesReference ?? 0)).find((each) => each.name === name);
  if (found === undefined) throw new Error(`There is no variable ${name}`);
  return found;
}

async function inside(client: DapClient, variablesReference: number) {
  return (await client.request('variables', { variablesReference })).variables;
}

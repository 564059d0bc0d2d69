/**
 * What each editor hears, from attaching to leaving, as golden files. The `initialize` arguments are those the real clients
 * send; what differs between them is the stop policy, paging, and how lines are counted.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { addValue, emptySketch } from '@stillframe/core/metric/sketch';
import { startManagementServer } from '@stillframe/management-server/main';
import type { Action, ActionDraft } from '@stillframe/protocol/action';
import type { AgentHit } from '@stillframe/protocol/hit';
import { ActionCreate, ActionRemove } from '@stillframe/protocol/messages/ide-connection';
import type { DapClient } from '@stillframe/test-kit/dap-client';
import { strictProblems } from '@stillframe/test-kit/dap-required';
import { startDapScene } from '@stillframe/test-kit/dap-scene';
import { Golden } from '@stillframe/test-kit/golden';
import { hitOf, pointOf } from '@stillframe/test-kit/scripted-agent';
import { startIdeClient } from '@stillframe/test-kit/wire-client';
import { expect, test } from 'vitest';
import { startDebugAdapter } from './main.ts';

const ORDERS = `export function checkout(order: Order, rate: number): number {
  const total = order.items.reduce((sum, item) => sum + item.price, 0) * rate;
  return total;
}
export function refund(order: Order): void {
  order.state = 'refunded';
}
`;
const TOTAL_LINE = 3;
const REFUND_LINE = 6;
const AT = Date.UTC(2026, 10, 24, 12, 0, 5);

/** Placed in an editor: breakpoints are snapshots and logs. */
const DURATION: ActionDraft = {
  kind: 'duration',
  location: { path: '/app/src/orders.ts', line: 2 },
  functionName: 'checkout',
  sampling: { by: 'slowest' },
  target: { by: 'all' },
  dialect: 'javascript',
};

/** As each client introduces itself. */
const CLIENTS: Readonly<Record<string, object>> = {
  vscode: {
    clientID: 'vscode',
    clientName: 'Visual Studio Code',
    linesStartAt1: true,
    columnsStartAt1: true,
    pathFormat: 'path',
    supportsVariableType: true,
    supportsVariablePaging: true,
    supportsProgressReporting: true,
    supportsInvalidatedEvent: true,
  },
  neovim: {
    clientID: 'neovim',
    clientName: 'neovim',
    columnsStartAt1: true,
    linesStartAt1: true,
    pathFormat: 'path',
    supportsProgressReporting: true,
    supportsVariableType: true,
  },
  dape: {
    clientID: 'dape',
    pathFormat: 'path',
    linesStartAt1: true,
    columnsStartAt1: true,
    supportsVariableType: true,
  },
  'lsp4ij.debug': {
    clientID: 'lsp4ij.debug',
    clientName: 'LSP4IJ',
    linesStartAt1: true,
    columnsStartAt1: true,
    pathFormat: 'path',
    supportsVariableType: true,
    supportsVariablePaging: false,
  },
  hx: { clientID: 'hx', clientName: 'helix', linesStartAt1: true, columnsStartAt1: true, pathFormat: 'path' },
  'counts-from-0': { clientID: 'zero', linesStartAt1: false, columnsStartAt1: false, pathFormat: 'uri' },
};

test.each(Object.keys(CLIENTS))('%s', async (name) => {
  process.env.TZ = 'UTC';
  const scene = await startDapScene({ startManagementServer, startDebugAdapter }, { 'src/orders.ts': ORDERS });
  try {
    const golden = await walkThrough(scene, CLIENTS[name] ?? {});
    const file = fileURLToPath(new URL(`../test-fixtures/golden/dap/${name}.json`, import.meta.url));
    await expect(golden.text()).toMatchFileSnapshot(file);
  } finally {
    await scene.close();
  }
});

async function walkThrough(
  scene: Awaited<ReturnType<typeof startDapScene>>,
  profile: { linesStartAt1?: boolean; pathFormat?: string },
): Promise<Golden> {
  const names: Record<string, string> = { [scene.workspace]: '<workspace>', [scene.url]: '<server>' };
  const golden = new Golden(names);
  const first = profile.linesStartAt1 === false ? 1 : 0;
  const path = profile.pathFormat === 'uri' ? `file://${scene.path('src/orders.ts')}` : scene.path('src/orders.ts');
  const agent = await scene.agent({ sources: { '/app/src/orders.ts': ORDERS } });
  const { client, ended } = scene.debugger();

  golden.add('initialize', await client.request('initialize', { adapterID: 'stillframe', ...profile }));
  await client.request('attach', { cwd: scene.workspace });
  await client.event('initialized');
  golden.add('attached', await client.event('output'));
  const source = { path };
  const old = { line: REFUND_LINE - first };
  golden.add('a breakpoint from before', await client.request('setBreakpoints', { source, breakpoints: [old] }));
  await client.request('configurationDone');
  golden.add('what is said of it', await client.event('output'));
  golden.add('threads without a hit', await client.request('threads'));

  const wanted = { line: TOTAL_LINE - first, condition: 'total > 100', hitCondition: '3' };
  golden.add('a toggled one', await client.request('setBreakpoints', { source, breakpoints: [old, wanted] }));
  const action = await agent.until((actions) => actions[0], 'the action');
  names[action.id] = '<action>';
  agent.arm(action);
  golden.add('armed', await client.event('breakpoint', ({ breakpoint }) => breakpoint.verified));

  await agent.hit(richHit(action, 129.5));
  golden.add('first hit', await client.event('stopped'));
  const { threads } = await client.request('threads');
  golden.add('threads', threads);
  const threadId = threads[0]?.id ?? 0;
  const { stackFrames } = await client.request('stackTrace', { threadId, startFrame: 0, levels: 20 });
  golden.add('stack', stackFrames);
  for (const frame of stackFrames.slice(0, 2)) {
    const { scopes } = await client.request('scopes', { frameId: frame.id });
    golden.add(`scopes of ${frame.name}`, scopes);
    for (const { name, variablesReference } of scopes) {
      const { variables } = await client.request('variables', { variablesReference });
      golden.add(`variables of ${name}`, variables);
      const structured = variables.find((variable) => variable.variablesReference > 0);
      if (structured === undefined) continue;
      const { variablesReference: inner } = structured;
      golden.add(`inside ${structured.name}`, await client.request('variables', { variablesReference: inner }));
    }
  }
  const frameId = stackFrames[0]?.id ?? 0;
  for (const [context, expression] of [
    ['hover', 'order.id'],
    ['watch', 'total * 2 > 200'],
    ['repl', 'order'],
    ['repl', 'hits'],
    ['clipboard', 'order.note'],
  ] as const) {
    golden.add(`${context}: ${expression}`, await client.request('evaluate', { expression, frameId, context }));
  }
  const refused = await client.respond('evaluate', { expression: 'missing', frameId, context: 'hover' });
  golden.add('hover over what was not captured', { ...refused, seq: 0, request_seq: 0 });
  for (const command of ['loadedSources', 'modules'] as const) await client.request(command);
  await client.request('completions', { text: 'order.', column: 7 - first, frameId });

  await agent.hit(richHit(action, 200));
  await agent.hit(richHit(action, 300));
  await client.event('breakpoint', ({ breakpoint }) => breakpoint.message?.startsWith('Done') === true);
  for (const [command, back] of [
    ['continue', false],
    ['next', false],
    ['stepBack', true],
    ['reverseContinue', true],
    ['reverseContinue', true],
    ['pause', false],
    ['continue', false],
  ] as const) {
    await client.request('threads');
    await client.request(command, { threadId });
    golden.add(`${command}${back ? ' (back)' : ''}`, await client.event('stopped'));
  }
  golden.add('said on the way', said(client));

  const log = { line: REFUND_LINE - first, logMessage: 'state of {order.id}' };
  golden.add('a log', await client.request('setBreakpoints', { source, breakpoints: [log] }));
  const logAction = await agent.until((actions) => actions.find(({ kind }) => kind === 'log'), 'the log');
  names[logAction.id] = '<log>';
  await agent.hit(hitOf(logAction, {}, { message: 'state of 7', level: 'info', at: AT }));
  golden.add('log line', await client.event('output', ({ category }) => category === 'stdout'));

  const editor = await startIdeClient({ url: scene.url, key: readFileSync(scene.tokenFile, 'utf8').trim() });
  const { id } = await editor.request(ActionCreate, DURATION);
  const duration = await agent.until((actions) => actions.find((each) => each.id === id), 'the duration');
  names[id] = '<duration>';
  agent.arm(duration);
  const calls = Array.from({ length: 1204 }, (_, at) => 1 + at / 100);
  await agent.measure([pointOf(duration, calls.reduce(addValue, emptySketch()))]);
  const typed = async (expression: string) =>
    (await client.request('evaluate', { expression, context: 'repl' })).result;
  await expect.poll(() => typed('metrics')).toContain('1,204 calls');
  for (const word of ['metrics', `why ${id}`]) golden.add(`repl: ${word}`, await typed(word));
  golden.add('threads beside a metric', await client.request('threads'));
  await agent.hit(hitOf(duration, { order: 7 }, { at: AT }));
  await client.event('thread', ({ threadId: started }) => started !== threadId);
  golden.add('threads with a slow call', await client.request('threads'));
  await editor.request(ActionRemove, { ids: [id] });
  editor.close();

  await client.request('disconnect', {});
  await agent.until((actions) => (actions.length === 0 ? true : undefined), 'the end of all actions');
  golden.add('last words', said(client).at(-1));
  await ended;
  expect(strictProblems(client.messages())).toEqual([]);
  return golden;
}

function said(client: DapClient): unknown[] {
  return client.events().flatMap(({ event, body }) => (event === 'output' ? [body] : []));
}

/** Four frames of which the first has every scope, and a watch that failed. */
function richHit(action: Action, total: number): Omit<AgentHit, 'sequence'> {
  const hit = hitOf(action, {
    order: { id: 7, items: { price: 100, name: 'tea' }, note: 'say "when"' },
    rate: 1.295,
    total,
    cart: { coupon: null },
    currency: 'EUR',
  });
  const variable = (name: string) => {
    const found = hit.frames[0]?.scopes?.[0]?.variables.find((each) => each.name === name);
    return { name, value: found?.value ?? 0 };
  };
  const { path, line, sha256 = '' } = action.location;
  return {
    ...hit,
    at: AT,
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    frames: [
      {
        function: 'checkout',
        path,
        line,
        column: 3,
        sha256,
        origin: 'application',
        scopes: [
          { kind: 'arguments', variables: [variable('order'), variable('rate')] },
          { kind: 'locals', variables: [variable('total')] },
          { kind: 'this', variables: [{ ...variable('cart'), name: 'this' }] },
          { kind: 'closure', variables: [variable('currency')] },
        ],
      },
      { function: 'handle', path, line: 6, sha256, origin: 'application', asyncCaller: true },
      { function: 'next', path: '/app/node_modules/router/index.js', line: 40, origin: 'library' },
      {
        function: 'processTicksAndRejections',
        path: 'node:internal/process/task_queues',
        line: 105,
        origin: 'runtime',
      },
    ],
    watches: [
      { text: 'order.items.price', value: hit.values.findIndex(({ literal }) => literal === 100) },
      { text: 'order.owner.name', error: 'owner is null' },
    ],
    capture: { heldUpMicros: 41.6, nodes: hit.values.length, missing: { depth: 2 } },
  };
}

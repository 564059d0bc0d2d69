/** What a line with a counter, timer or metric shows: lens, hint, hover and the state told to an extension. */
import { addValue, emptySketch } from '@stillframe/core/metric/sketch';
import { startManagementServer } from '@stillframe/management-server/main';
import type { Action } from '@stillframe/protocol/action';
import { MAX_METRIC_GROUPS, type Sketch } from '@stillframe/protocol/metric';
import { NO_COUNTS } from '@stillframe/protocol/status';
import { type LspScene, startLspScene } from '@stillframe/test-kit/lsp-scene';
import { hitOf, pointOf, type ScriptedAgent } from '@stillframe/test-kit/scripted-agent';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { startLspServer } from './main.ts';

const FILE = 'src/orders.ts';
const TEXT = 'export function total(order) {\n  return order.sum;\n}\n';
const LINE = 1;

let scene: LspScene;
let agent: ScriptedAgent;
let uri: string;
/** Ids of what a test has placed. */
const made: string[] = [];

beforeAll(async () => {
  scene = await startLspScene(
    { startManagementServer, startLspServer },
    { workspace: { [FILE]: TEXT }, initializationOptions: { client: { state: true } } },
  );
  await scene.connected();
  agent = await scene.agent({ sources: { [`/app/${FILE}`]: TEXT } });
  uri = scene.uri(FILE);
  scene.editor.open(uri, TEXT);
  await scene.editor.untilLens(uri, 'Add snapshot');
});
afterEach(async () => {
  await scene.editor.execute('stillframe.action.remove', { ids: made.splice(0) });
  await expect.poll(() => scene.editor.execute('stillframe.action.list', {})).toEqual([]);
});
afterAll(() => scene.close());

const sketchOf = (...values: number[]): Sketch => values.reduce(addValue, emptySketch());
const MANY = sketchOf(...Array.from({ length: 1204 }, (_, at) => 1 + at / 100));

interface Row {
  spec: object;
  sketch?: Sketch;
  sampledBy?: number;
  /** The lenses of the line. */
  lenses: string[];
  hint: string;
  /** Parts of the hover. */
  hover: string[];
}

const ROWS: Row[] = [
  {
    spec: { kind: 'duration' },
    lenses: ['● duration · armed', 'Edit', 'Remove'],
    hint: '● duration · nothing measured yet',
    hover: ['**● duration · armed**', 'Armed on 1 agent; the line has not been reached yet', '- ✓ armed'],
  },
  {
    spec: { kind: 'duration' },
    sketch: MANY,
    lenses: ['● duration · 1,204 calls · p50 7.03 ms · p99 12.8 ms', 'Show', 'Edit', 'Remove'],
    hint: '● duration · 1,204 calls · p50 7.03 ms · p99 12.8 ms',
    hover: [
      '| count | min | mean | p50 | p90 | p99 | max |\n| ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n',
      '| 1,204 | 1 ms | 7.02 ms | 7.03 ms | 11.8 ms | 12.8 ms | 13 ms |',
    ],
  },
  {
    spec: { kind: 'tictoc', endLine: 2, condition: 'order.sum > 1' },
    sketch: sketchOf(1500),
    sampledBy: 4,
    lenses: ['● tictoc · ~4 times · p50 1.5 s · p99 1.5 s', 'Show', 'Edit', 'Remove'],
    hint: '● tictoc to line 3 if order.sum > 1 · ~4 times · p50 1.5 s · p99 1.5 s',
    hover: ['when `order.sum > 1`', '| \\~4 | 1.5 s |', '\\~ estimated: some executions were passed over'],
  },
  {
    spec: { kind: 'metric', expression: 'order.sum' },
    sketch: sketchOf(-2, 0.5),
    lenses: ['● metric · 2 values · p50 -1.99 · p99 0.5', 'Show', 'Edit', 'Remove'],
    hint: '● metric order.sum · 2 values · p50 -1.99 · p99 0.5',
    hover: ['| 2 | \\-2 | \\-0.75 |'],
  },
  {
    spec: { kind: 'counter' },
    sketch: { count: 1_204_000 },
    lenses: ['● counter · 1,204,000', 'Show', 'Edit', 'Remove'],
    hint: '● counter · 1,204,000',
    hover: ['| count |\n| ---: |\n| 1,204,000 |'],
  },
];

test.each(ROWS)('$spec: $lenses.0', async ({ spec, sketch, sampledBy, lenses, hint, hover }) => {
  const { editor } = scene;
  const action = await place(spec);
  agent.arm(action);
  if (sketch !== undefined) {
    await agent.measure([pointOf(action, sketch, sampledBy === undefined ? {} : { sampledBy })]);
  }
  await editor.untilLens(uri, lenses[0] ?? '');
  expect(await lensesOfLine()).toEqual(lenses);
  expect(await hintOfLine()).toBe(hint);
  const text = await hoverText();
  for (const part of hover) expect(text).toContain(part);
  const told = await editor.until(
    () => editor.states.at(-1)?.actions.find(({ id, agentState }) => id === action.id && agentState === 'armed'),
    'the state',
  );
  if (sketch === undefined) return;
  const figures = lenses[0]?.slice(lenses[0].indexOf(' · ') + 3);
  expect(told).toMatchObject({
    unit: { metric: 'none', counter: 'count' }[action.kind as string] ?? 'ms',
    metric: { count: sketch.count * (sampledBy ?? 1), estimated: sampledBy !== undefined },
    figures,
  });
  expect(told.expression).toBe(action.expression?.text);
});

test('the groups of a counter are in the hover, the largest first, whatever they hold', async () => {
  const { editor } = scene;
  const action = await place({ kind: 'counter', expression: 'order.country' });
  agent.arm(action);
  const small = Array.from({ length: MAX_METRIC_GROUPS - 3 }, (_, at) =>
    pointOf(action, { count: 1 }, { group: `g${at}` }),
  );
  await agent.measure([
    pointOf(action, { count: 4200 }, { group: '![a](http://example.test/a.png) | `x`' }),
    pointOf(action, { count: 77 }, { group: 'DE' }),
    ...small,
  ]);
  await editor.untilLens(uri, '● counter · 4,3');
  expect(await hintOfLine()).toMatch(/^● counter by order\.country · 4,3/);
  const text = await hoverText();
  expect(text).toContain('| `order.country` | count |\n| --- | ---: |\n');
  expect(text).toContain('| `` ![a](http://example.test/a.png) \\| `x` `` | 4,200 |\n| `DE` | 77 |\n');
  expect(text).toMatch(/and \d+ more values/);
});

/** What was asked for beside the figures is in the hover. */
const WISHES: [spec: object, part: string][] = [
  [{ kind: 'duration', sampling: { by: 'slowest' } }, 'captures calls slower than every earlier one'],
  [{ kind: 'duration', sampling: { by: 'slowest', aboveMs: 2500 } }, 'captures calls slower than 2.5 s'],
  [{ kind: 'snapshot', sampling: { by: 'interval', everyMs: 500 } }, 'one in 500 ms at most, on each agent'],
  [
    { kind: 'snapshot', sampling: { by: 'distinct', expression: 'order.id' } },
    'one for each value of `order.id`, on each agent',
  ],
  [{ kind: 'snapshot', framesWithLocals: 3 }, 'with the variables of 3 frames'],
  [{ kind: 'snapshot', canary: {} }, 'one instance first: Being tried on orders'],
];

test.each(WISHES)('%j', async (spec, part) => {
  const action = await place(spec);
  agent.arm(action);
  await scene.editor.untilLens(uri, '● ');
  expect(await hoverText()).toContain(part);
});

test('an action that is tried on one agent says so, and what became of it', async () => {
  const { editor } = scene;
  const action = await place({ kind: 'counter', canary: { watchMs: 1000 } });
  agent.arm(action);
  await editor.untilLens(uri, '● counter · armed · on trial');
  const told = await editor.until(
    () => editor.states.at(-1)?.actions.find(({ summary }) => summary.includes('Given to all')),
    'the end of the trial',
  );
  expect(told.summary).toMatch(
    /^Armed on 1 agent; the line has not been reached yet\. Given to all after 1 s without harm/,
  );
  await editor.untilLens(uri, '● counter · armed');
});

test('the slowest calls of a duration are hits, and open as such', async () => {
  const { editor } = scene;
  const action = await place({ kind: 'duration', sampling: { by: 'slowest' }, maxHits: 5 });
  agent.arm(action);
  await agent.measure([pointOf(action, sketchOf(4, 40))]);
  await agent.hit(hitOf(action, { order: { sum: 7 } }));
  await editor.untilLens(uri, '● duration · 2 calls · p50 4.01 ms · p99 40 ms · 1/5 hits');
  const lenses = await editor.codeLens(uri);
  const open = lenses.find(({ command }) => command?.title === 'Last slow call');
  expect(open?.command).toMatchObject({ command: 'stillframe.hit.open', arguments: [{ actionId: action.id }] });
});

test('the last values of a condition are in the hover, as text', async () => {
  const action = await place({ kind: 'counter', condition: 'order.note == "x"' });
  agent.arm(action, {
    counts: { ...NO_COUNTS, evaluated: 3 },
    lastValues: [{ text: 'order.note', value: '"`![a](b)`"' }],
  });
  await scene.editor.untilLens(uri, '● counter · reached, no figures yet');
  expect(await hoverText()).toContain('- when last false: `order.note` was `` "`![a](b)`" ``');
});

async function place(spec: object): Promise<Action> {
  const whole = { uri, line: LINE, ...spec };
  const { id } = (await scene.editor.execute('stillframe.action.create', whole)) as { id: string };
  made.push(id);
  return agent.until((all) => all.find((each) => each.id === id), 'the action');
}

async function lensesOfLine(): Promise<string[]> {
  const lenses = await scene.editor.codeLens(uri);
  return lenses.filter(({ range }) => range.start.line === LINE).flatMap(({ command }) => command?.title ?? []);
}

async function hintOfLine(): Promise<string> {
  const [hint] = await scene.editor.inlayHints(uri);
  return typeof hint?.label === 'string' ? hint.label : (hint?.label ?? []).map(({ value }) => value).join('');
}

async function hoverText(): Promise<string> {
  const hover = await scene.editor.hover(uri, LINE, 0);
  return hover === null ? '' : (hover.contents as { value: string }).value;
}

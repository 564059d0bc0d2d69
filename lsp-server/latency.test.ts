/**
 * A file of 10,000 lines with 200 actions that all have hits: how long an editor waits for lenses, hints and a hover, over
 * streams, its own reading of the answer included. What is asserted is the median of the processor time.
 */
import { startManagementServer } from '@stillframe/management-server/main';
import { type LspScene, startLspScene } from '@stillframe/test-kit/lsp-scene';
import { hitOf } from '@stillframe/test-kit/scripted-agent';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startLspServer } from './main.ts';

const FILE = 'src/large.ts';
const FUNCTIONS = 1000;
const LINES_EACH = 10;
const ACTIONS = 200;
/** Milliseconds. The 99th of a hundred is printed; on a machine with other work it would fail for their sake. */
const BOUND = 20;
const RUNS = 100;

let scene: LspScene;
let uri: string;

beforeAll(async () => {
  const text = Array.from({ length: FUNCTIONS }, (_, at) => functionText(at)).join('');
  scene = await startLspScene({ startManagementServer, startLspServer }, { workspace: { [FILE]: text } });
  await scene.connected();
  const agent = await scene.agent({ sources: { [`/app/${FILE}`]: text } });
  const { editor } = scene;
  uri = scene.uri(FILE);
  editor.open(uri, text);
  await editor.untilLens(uri, 'Add snapshot');
  for (let at = 0; at < ACTIONS; at++) {
    const line = at * (FUNCTIONS / ACTIONS) * LINES_EACH + 2;
    await editor.execute('stillframe.action.create', { kind: 'snapshot', uri, line });
  }
  const actions = await agent.until((all) => (all.length === ACTIONS ? all : undefined), 'all actions');
  for (const action of actions) agent.arm(action);
  for (const action of actions) {
    await agent.hit(hitOf(action, { order: { id: 7, total: 120 }, sum: 129.5 }), hitOf(action, { sum: 250 }));
  }
  await editor.until(async () => {
    const lenses = await editor.codeLens(uri);
    return (
      lenses.filter(({ command }) => command?.title.startsWith('● snapshot · 2/10')).length === ACTIONS || undefined
    );
  }, 'all hits');
}, 60_000);
afterAll(() => scene.close());

const ROWS: [name: string, ask: (run: number) => Promise<unknown>][] = [
  ['lenses', () => scene.editor.codeLens(uri)],
  ['hints of the whole file', () => scene.editor.inlayHints(uri)],
  ['hover on a variable', (run) => scene.editor.hover(uri, (run % ACTIONS) * 50 + 2, 9)],
  ['code actions', (run) => scene.editor.codeActions(uri, at((run % ACTIONS) * 50 + 2))],
  ['lenses after a change', (run) => changed(run).then(() => scene.editor.codeLens(uri))],
];

test.each(ROWS)('%s', async (name, ask) => {
  for (let run = 0; run < 20; run++) expect(await ask(run)).not.toEqual([]);
  const wall: number[] = [];
  const processor: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const began = performance.now();
    const used = process.cpuUsage();
    await ask(run);
    const { user, system } = process.cpuUsage(used);
    wall.push(performance.now() - began);
    processor.push((user + system) / 1000);
  }
  console.info(
    `${name}: p50 ${quantile(wall, 0.5)} ms, p99 ${quantile(wall, 0.99)} ms, processor p50 ${quantile(processor, 0.5)} p99 ${quantile(processor, 0.99)} ms`,
  );
  expect(quantile(processor, 0.5)).toBeLessThan(BOUND);
});

async function changed(run: number): Promise<void> {
  const text = run % 2 === 0 ? ' ' : '';
  scene.editor.change(uri, [
    { range: { start: { line: 5, character: 0 }, end: { line: 5, character: run % 2 } }, text },
  ]);
}

function at(line: number) {
  return { start: { line, character: 2 }, end: { line, character: 2 } };
}

function quantile(times: readonly number[], share: number): number {
  const sorted = [...times].sort((a, b) => a - b);
  return Number((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(2));
}

function functionText(at: number): string {
  return `export function price${at}(order: Order): number {
  const sum = order.items.reduce((all, item) => all + item.price, 0);
  const total = sum * (1 + order.rate);
  if (total > 100) {
    log(total);
  }

  const label = \`\${order.id}: \${total}\`;
  return send(label, total);
}
`;
}

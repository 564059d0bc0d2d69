/** A scene at the size that is promised: a file of 10,000 lines that an agent runs, with 200 actions that all have hits. */
import { type LspScene, type LspSceneParts, startLspScene } from './lsp-scene.ts';
import { hitOf } from './scripted-agent.ts';

const FILE = 'src/large.ts';
const FUNCTIONS = 1000;
const LINES_EACH = 10;
const ACTIONS = 200;
const APART = (FUNCTIONS / ACTIONS) * LINES_EACH;

export interface LargeScene {
  scene: LspScene;
  uri: string;
  /** The five requests of the promise by name; `run` counts up, so that each asks of another place. */
  requests: readonly [name: string, ask: (run: number) => Promise<unknown>][];
}

export async function startLargeScene(parts: LspSceneParts): Promise<LargeScene> {
  const text = Array.from({ length: FUNCTIONS }, (_, at) => functionText(at)).join('');
  const scene = await startLspScene(parts, { workspace: { [FILE]: text } });
  await scene.connected();
  const agent = await scene.agent({ sources: { [`/app/${FILE}`]: text } });
  const { editor } = scene;
  const uri = scene.uri(FILE);
  editor.open(uri, text);
  await editor.untilLens(uri, 'Add snapshot');
  for (let at = 0; at < ACTIONS; at++) {
    await editor.execute('stillframe.action.create', { kind: 'snapshot', uri, line: at * APART + 2 });
  }
  const actions = await agent.until((all) => (all.length === ACTIONS ? all : undefined), 'all actions');
  for (const action of actions) agent.arm(action);
  for (const action of actions) {
    await agent.hit(hitOf(action, { order: { id: 7, total: 120 }, sum: 129.5 }), hitOf(action, { sum: 250 }));
  }
  await editor.until(async () => {
    const lenses = await editor.codeLens(uri);
    const live = lenses.filter(({ command }) => command?.title.startsWith('● snapshot · 2/10'));
    return live.length === ACTIONS || undefined;
  }, 'all hits');

  const placeOf = (run: number) => ({ line: (run % ACTIONS) * APART + 2, character: 9 });
  /** A space comes and goes in the first function. */
  const change = (run: number) => {
    const start = { line: 5, character: 0 };
    const end = { line: 5, character: run % 2 };
    editor.change(uri, [{ range: { start, end }, text: run % 2 === 0 ? ' ' : '' }]);
  };
  return {
    scene,
    uri,
    requests: [
      ['lenses', () => editor.codeLens(uri)],
      ['hints of the whole file', () => editor.inlayHints(uri)],
      ['hover on a variable', (run) => editor.hover(uri, placeOf(run).line, placeOf(run).character)],
      ['code actions', (run) => editor.codeActions(uri, { start: placeOf(run), end: placeOf(run) })],
      [
        'lenses after a change',
        (run) => {
          change(run);
          return editor.codeLens(uri);
        },
      ],
    ],
  };
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

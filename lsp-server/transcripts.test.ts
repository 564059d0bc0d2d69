/**
 * What an editor hears, from the first lens to the last hit, as golden files. `bare` has code actions, commands and the
 * message dialog and nothing else; `rich` is ours, with an extension.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { addValue, emptySketch } from '@stillframe/core/metric/sketch';
import { startManagementServer } from '@stillframe/management-server/main';
import { Golden } from '@stillframe/test-kit/golden';
import type { LspClient } from '@stillframe/test-kit/lsp-client';
import { type LspScene, type LspSceneOptions, startLspScene } from '@stillframe/test-kit/lsp-scene';
import { hitOf, pointOf, type ScriptedAgent } from '@stillframe/test-kit/scripted-agent';
import { afterEach, expect, test } from 'vitest';
import type { CodeAction, InlayHint, Range } from 'vscode-languageserver';
import { startLspServer } from './main.ts';

const FILE = 'src/orders.ts';
const ORDERS = `export function total(order: Order): number {
  const sum = order.items.reduce((all, item) => all + item.price, 0);
  return sum * (1 - order.discount);
}

export const label = (order: Order) => \`order \${order.id}\`;
`;
const SUM_LINE = 2;
const SUM: Range = { start: { line: SUM_LINE, character: 9 }, end: { line: SUM_LINE, character: 12 } };
const AT_SUM: Range = { start: SUM.start, end: SUM.start };

const goldenFile = (name: string) =>
  fileURLToPath(new URL(`../test-fixtures/golden/lsp/${name}.json`, import.meta.url));

let scene: LspScene;
afterEach(() => scene.close());

test('a bare editor', async () => {
  const { editor, agent, uri, golden } = await begin({ capabilities: {}, name: 'bare' });
  golden.add('code actions at a line', titles(await editor.codeActions(uri, AT_SUM)));
  const selected = await editor.codeActions(uri, SUM);
  golden.add('code actions of a selection', selected);

  editor.answers.push('Place snapshot');
  const add = selected.find(({ title }) => title.endsWith('add snapshot here'));
  golden.add('add snapshot', await editor.execute(add?.command?.command ?? '', add?.command?.arguments?.[0]));
  golden.add('was asked', editor.questions);
  const action = await agent.until((all) => all[0], 'the action');
  golden.add('the agent is told', { kind: action.kind, location: action.location, target: action.target });

  agent.arm(action);
  await editor.untilLens(uri, '● snapshot · 0/10 hits · armed');
  await agent.hit(hitOf(action, { order: { id: 7, discount: 0.1 }, sum: 129.5 }));
  await editor.untilLens(uri, '● snapshot · 1/10 hits');
  golden.add('code actions at the action', titles(await editor.codeActions(uri, AT_SUM)));
  golden.add('hover on sum', await editor.hover(uri, SUM_LINE, 10));
  golden.add('open the hit', await editor.execute('stillframe.hit.open', { actionId: action.id }));
  golden.add('why', await editor.execute('stillframe.action.why', { id: action.id }));
  editor.answers.push('Only when sum > 100');
  golden.add('edit', await editor.execute('stillframe.action.edit', { id: action.id, selection: 'sum > 100' }));
  await agent.until((all) => all.find(({ condition }) => condition?.text === 'sum > 100'), 'the condition');
  golden.add('remove', await editor.execute('stillframe.action.remove', { id: action.id }));
  await agent.until((all) => (all.length === 0 ? true : undefined), 'the end of the action');

  const log = selected.find(({ title }) => title.includes('log {sum}'));
  golden.add('log the selection', await editor.execute(log?.command?.command ?? '', log?.command?.arguments?.[0]));
  const logAction = await agent.until((all) => all[0], 'the log');
  agent.arm(logAction);
  await agent.hit(hitOf(logAction, {}, { message: 'sum = 129.5', level: 'info' }));
  await editor.untilLens(uri, '● log · 1/1000 hits');
  golden.add('hint of the log', hintText(await editor.inlayHints(uri)));
  const news = await editor.until(
    () =>
      editor.diagnostics
        .get(uri)
        ?.find(({ code, message }) => code === logAction.id && String(message).includes('129.5')),
    'the line as a diagnostic',
  );
  golden.add('news of an action, without lenses', news);
  await editor.execute('stillframe.action.remove', { id: logAction.id });

  const lens = await editor.untilLens(uri, 'Measure…');
  golden.add('measure', lens.command);
  editor.answers.push('Duration of total');
  golden.add('measured', await editor.execute(lens.command?.command ?? '', lens.command?.arguments?.[0]));
  golden.add('was asked what to measure', editor.questions.at(-1));
  const { text, ...duration } = await durationWithFigures(editor, agent, uri);
  for (const [step, value] of Object.entries(duration)) golden.add(step, value);
  golden.add(
    'news of a metric, without lenses',
    await editor.until(
      () => editor.diagnostics.get(uri)?.find(({ message }) => String(message).includes('1,204')),
      'the figures as a diagnostic',
    ),
  );
  golden.add('the figures as a text', text.split('\n'));
  golden.add('messages', editor.messages);
  golden.add('refreshes', editor.refreshes);
  await expect(golden.text()).toMatchFileSnapshot(goldenFile('bare-editor'));
});

test('an editor with our extension', async () => {
  const { editor, agent, uri, golden } = await begin({
    name: 'Visual Studio Code',
    initializationOptions: {
      client: { commands: ['stillframe.ui.addAction', 'stillframe.ui.openHit'], links: true, state: true },
    },
    configuration: { target: 'tag:production' },
  });
  golden.add('server capabilities', editor.initialized);
  golden.add('lenses', await editor.codeLens(uri));
  const spec = { kind: 'snapshot', uri, line: SUM_LINE, condition: 'sum > 100', watch: ['order.id'], maxHits: 2 };
  golden.add('create', await editor.execute('stillframe.action.create', spec));
  const action = await agent.until((all) => all[0], 'the action');
  agent.arm(action);
  await editor.untilLens(uri, '● snapshot · 0/2 hits · armed');
  const hit = hitOf(action, { order: { id: 7, discount: 0.1 }, sum: 129.5 });
  await agent.hit({ ...hit, watches: [{ text: 'order.id', value: 0 }] });
  await editor.untilLens(uri, '● snapshot · 1/2 hits');
  golden.add('lenses after a hit', await editor.codeLens(uri));
  golden.add('hints', await editor.inlayHints(uri));
  golden.add('hover on order', await editor.hover(uri, SUM_LINE, 22));
  golden.add('code actions', titles(await editor.codeActions(uri, AT_SUM)));
  golden.add('list', await editor.execute('stillframe.action.list', { uri }));
  golden.add('hits', await editor.execute('stillframe.hit.list', { actionId: action.id }));
  await agent.hit(hitOf(action, { sum: 250 }));
  await editor.untilLens(uri, '✓ snapshot · 2/2 hits');
  golden.add(
    'lenses at the end',
    (await editor.codeLens(uri)).map(({ command }) => command?.title),
  );
  const state = await editor.until(
    () => editor.states.find(({ actions }) => actions[0]?.state === 'completed'),
    'state',
  );
  golden.add('state', state);
  await editor.execute('stillframe.action.remove', { id: action.id });
  await editor.execute('stillframe.action.create', { kind: 'duration', uri, line: 0, functionName: 'total' });
  const { text: _text, ...duration } = await durationWithFigures(editor, agent, uri);
  for (const [step, value] of Object.entries(duration)) golden.add(step, value);
  golden.add(
    'state with a metric',
    await editor.until(
      () => editor.states.at(-1)?.actions.find(({ metric, agentState }) => metric?.count === 1204 && agentState),
      'the figures',
    ),
  );
  golden.add('diagnostics', [...editor.diagnostics]);
  await expect(golden.text()).toMatchFileSnapshot(goldenFile('editor-with-extension'));
});

/** Arms the duration that was placed and measures 1,204 calls; what the editor then shows. */
async function durationWithFigures(editor: LspClient, agent: ScriptedAgent, uri: string) {
  const action = await agent.until((all) => all.find(({ kind }) => kind === 'duration'), 'the duration');
  agent.arm(action);
  const calls = Array.from({ length: 1204 }, (_, at) => 1 + at / 100);
  await agent.measure([pointOf(action, calls.reduce(addValue, emptySketch()))]);
  await editor.untilLens(uri, '● duration · 1,204 calls');
  const line = action.location.line - 1;
  const lenses = await editor.codeLens(uri);
  const { uri: shown } = (await editor.execute('stillframe.metric.show', { id: action.id })) as { uri: string };
  return {
    'the agent is told to measure': { kind: action.kind, location: action.location },
    'lenses of a metric': lenses.filter(({ range }) => range.start.line === line).map(({ command }) => command),
    'hint of a metric': hintText(await editor.inlayHints(uri)),
    'hover on a metric': await editor.hover(uri, line, 0),
    'figures shown': shown,
    // Columns are as wide as the hour is long.
    text: readFileSync(fileURLToPath(shown), 'utf8')
      .replaceAll(/\d\d?:\d\d:\d\d(?:\s[AP]M)?/g, '<clock>')
      .replaceAll(/ {2,}/g, '  '),
  };
}

interface Begun {
  editor: LspClient;
  agent: ScriptedAgent;
  uri: string;
  golden: Golden;
}

/** One open document that an agent has loaded, shown with its lenses. */
async function begin(options: LspSceneOptions): Promise<Begun> {
  scene = await startLspScene({ startManagementServer, startLspServer }, { workspace: { [FILE]: ORDERS }, ...options });
  await scene.connected();
  const agent = await scene.agent({ sources: { [`/app/${FILE}`]: ORDERS } });
  const { editor } = scene;
  const uri = scene.uri(FILE);
  editor.open(uri, ORDERS);
  await editor.untilLens(uri, 'Add snapshot');
  return { editor, agent, uri, golden: new Golden({ [scene.root]: '<root>' }) };
}

function titles(actions: readonly CodeAction[]): string[] {
  return actions.map(({ title }) => title);
}

function hintText(hints: readonly InlayHint[]): string {
  return hints
    .map(({ label }) => (typeof label === 'string' ? label : label.map(({ value }) => value).join('')))
    .join();
}

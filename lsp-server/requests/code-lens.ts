/** `textDocument/codeLens`: what runs at these lines; "Add snapshot" and the like on functions that really run somewhere. */
import { METRIC_KINDS } from '@stillframe/protocol/action';
import type { ActionInfo } from '@stillframe/protocol/messages/ide-connection';
import type { CodeLens, Range } from 'vscode-languageserver';
import type { FunctionPosition } from '../grammars/function-positions.ts';
import { agentStateOf, figuresText, liveText } from '../state/live-text.ts';
import { functionsOf, type OpenDocument, placeInside } from '../state/open-document.ts';
import type { PlacedAction, Session } from '../state/session.ts';

/** Commands the client carries out itself when it said so; the second is this server's own. */
const ADD = ['stillframe.ui.addAction', 'stillframe.action.compose'] as const;
const EDIT = ['stillframe.ui.editAction', 'stillframe.action.edit'] as const;
const OPEN = ['stillframe.ui.openHit', 'stillframe.hit.open'] as const;
const MEASURE = ['stillframe.ui.measure', 'stillframe.action.measure'] as const;
const SHOW = ['stillframe.ui.showMetric', 'stillframe.metric.show'] as const;
const WHY = 'stillframe.action.why';

export async function codeLenses(session: Session, document: OpenDocument, now: number): Promise<CodeLens[]> {
  if (session.settings.codeLens === 'off' || session.link.state !== 'connected') return [];
  const [match, placed] = await Promise.all([session.deployedFor(document), session.actionsIn(document)]);
  const live = placed.flatMap((action) => liveLenses(session, action, now));
  if (session.settings.codeLens !== 'functions' || match.files.length === 0) return live;
  const functions = await functionsOf(document);
  const drift = match.driftText === undefined ? [] : [driftLens(document, match.driftText)];
  return [...drift, ...functions.flatMap((each) => addLenses(session, document, each)), ...live];
}

function liveLenses(session: Session, { info, line }: PlacedAction, now: number): CodeLens[] {
  const range = rangeOf(line);
  const id = { id: info.id };
  const why = (title: string) => ({ range, command: { title, command: WHY, arguments: [id] } });
  const edit = info.state === 'active' ? 'Edit' : 'Place again';
  // Only what is running can be edited in the client's own input boxes.
  const command =
    info.state === 'active' ? commandOf(session, EDIT, edit, id) : commandOf(session, [EDIT[1], EDIT[1]], edit, id);
  const lenses = [...stateLenses(session, info, range, liveText(info, now)), { range, command }];
  if (info.hits > 0 && agentStateOf(info) !== 'armed' && !METRIC_KINDS.has(info.kind)) lenses.push(why('Why'));
  lenses.push({ range, command: { title: 'Remove', command: 'stillframe.action.remove', arguments: [id] } });
  return lenses;
}

/** How it is doing, and where that leads: to the last hit, or to what it measured. */
function stateLenses(session: Session, info: ActionInfo, range: Range, text: string): CodeLens[] {
  const id = { id: info.id };
  const why = { range, command: { title: text, command: WHY, arguments: [id] } };
  const open = (title: string) => ({ range, command: commandOf(session, OPEN, title, { actionId: info.id }) });
  if (!METRIC_KINDS.has(info.kind)) return [info.hits > 0 ? open(text) : why];
  return [
    why,
    ...(figuresText(info) === undefined ? [] : [{ range, command: commandOf(session, SHOW, 'Show', id) }]),
    ...(info.hits > 0 ? [open('Last slow call')] : []),
  ];
}

function addLenses(session: Session, document: OpenDocument, position: FunctionPosition): CodeLens[] {
  const range = rangeOf(position.line);
  const at = {
    uri: document.uri,
    line: position.bodyLine,
    ...(position.bodyColumn !== undefined && { character: position.bodyColumn }),
    functionName: position.name,
  };
  return [
    { range, command: commandOf(session, ADD, 'Add snapshot', { ...at, kind: 'snapshot' }) },
    { range, command: commandOf(session, ADD, 'Add log…', { ...at, kind: 'log' }) },
    { range, command: commandOf(session, MEASURE, 'Measure…', placeInside(document, position)) },
  ];
}

function driftLens(document: OpenDocument, text: string): CodeLens {
  return {
    range: rangeOf(0),
    command: {
      title: `⚠ ${text}`,
      command: 'stillframe.source.showDeployed',
      arguments: [{ uri: document.uri }],
    },
  };
}

function commandOf(session: Session, [own, server]: readonly [string, string], title: string, argument: object) {
  return { title, command: session.settings.commands.has(own) ? own : server, arguments: [argument] };
}

function rangeOf(line: number) {
  return { start: { line, character: 0 }, end: { line, character: 0 } };
}

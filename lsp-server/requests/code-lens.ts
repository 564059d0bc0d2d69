/** `textDocument/codeLens`: what runs at these lines, and "Add snapshot" on functions that really run somewhere. */

import type { CodeLens } from 'vscode-languageserver';
import type { FunctionPosition } from '../grammars/function-positions.ts';
import { agentStateOf, liveText } from '../state/live-text.ts';
import { functionsOf, type OpenDocument } from '../state/open-document.ts';
import type { PlacedAction, Session } from '../state/session.ts';

/** Commands the client carries out itself when it said so; the second is this server's own. */
const ADD = ['stillframe.ui.addAction', 'stillframe.action.compose'] as const;
const EDIT = ['stillframe.ui.editAction', 'stillframe.action.edit'] as const;
const OPEN = ['stillframe.ui.openHit', 'stillframe.hit.open'] as const;

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
  const lenses = [];
  if (info.hits > 0) {
    lenses.push({ range, command: commandOf(session, OPEN, liveText(info, now), { actionId: info.id }) });
  } else {
    lenses.push({ range, command: { title: liveText(info, now), command: 'stillframe.action.why', arguments: [id] } });
  }
  const edit = info.state === 'active' ? 'Edit' : 'Place again';
  // Only what is running can be edited in the client's own input boxes.
  const command =
    info.state === 'active' ? commandOf(session, EDIT, edit, id) : commandOf(session, [EDIT[1], EDIT[1]], edit, id);
  lenses.push({ range, command });
  if (info.hits > 0 && agentStateOf(info) !== 'armed') {
    lenses.push({ range, command: { title: 'Why', command: 'stillframe.action.why', arguments: [id] } });
  }
  lenses.push({ range, command: { title: 'Remove', command: 'stillframe.action.remove', arguments: [id] } });
  return lenses;
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

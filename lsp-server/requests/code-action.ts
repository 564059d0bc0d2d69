/** `textDocument/codeAction`: everything that can be done at a line, and what the selection makes of it. */
import { dialectOf } from '@stillframe/core/expression/dialect-of';
import { parseCondition, parseExpression } from '@stillframe/core/expression/parse-expression';
import type { ActionState } from '@stillframe/protocol/action';
import type { CodeAction, Range } from 'vscode-languageserver';
import type { OpenDocument } from '../state/open-document.ts';
import type { Session } from '../state/session.ts';

export const SOURCE_KIND = 'source.stillframe';
const MAX_SELECTION = 200;

export async function codeActions(session: Session, document: OpenDocument, range: Range): Promise<CodeAction[]> {
  const dialect = dialectOf(document.path);
  if (dialect === undefined || session.link.state !== 'connected') return [];
  const { line, character } = range.start;
  const at = { uri: document.uri, line, ...(character > 0 && { character }) };
  const actions: CodeAction[] = [];
  const add = (title: string, command: string, argument: object) =>
    actions.push({ title, kind: SOURCE_KIND, command: { title, command, arguments: [argument] } });

  const selection = selectedText(document, range);
  const withSelection = selection === '' ? at : { ...at, selection };
  add('Stillframe: add snapshot here', composeCommand(session), { ...withSelection, kind: 'snapshot' });
  const isCondition = selection !== '' && parseCondition(selection, dialect).tree !== undefined;
  if (selection !== '') {
    if (isCondition) {
      add(`Stillframe: snapshot here when ${selection}`, 'stillframe.action.create', {
        ...at,
        kind: 'snapshot',
        condition: selection,
      });
    }
    if (parseExpression(selection, dialect).tree !== undefined) {
      add(`Stillframe: log {${selection}} here`, 'stillframe.action.create', {
        ...at,
        kind: 'log',
        logMessage: `${selection} = {${selection}}`,
      });
      add(`Stillframe: snapshot here, watching ${selection}`, 'stillframe.action.create', {
        ...at,
        kind: 'snapshot',
        watch: [selection],
      });
    }
  } else {
    add('Stillframe: add log here…', composeCommand(session), { ...at, kind: 'log' });
  }
  for (const { info, line: placed } of await session.actionsIn(document)) {
    if (placed !== line) continue;
    const id = { id: info.id };
    if (info.hits > 0)
      add(`Stillframe: open the last hit of this ${info.kind}`, 'stillframe.hit.open', { actionId: info.id });
    if (info.state === 'active' && isCondition) {
      const patch = { condition: selection };
      add(`Stillframe: only when ${selection}`, 'stillframe.action.update', { id: info.id, patch });
    }
    const edit = info.state === 'active' ? `edit this ${info.kind}…` : `place this ${info.kind} again…`;
    add(`Stillframe: ${edit}`, editCommand(session, info.state), { ...id, ...(selection !== '' && { selection }) });
    add(
      `Stillframe: why this ${info.kind} has ${info.hits === 1 ? '1 hit' : `${info.hits} hits`}`,
      'stillframe.action.why',
      id,
    );
    add(`Stillframe: remove this ${info.kind}`, 'stillframe.action.remove', id);
  }
  const { drift } = await session.deployedFor(document);
  if (drift !== 'none') {
    add('Stillframe: show the deployed text', 'stillframe.source.showDeployed', { uri: document.uri });
  }
  add('Stillframe: explain how this file maps to deployed code', 'stillframe.mapping.explain', { uri: document.uri });
  return actions;
}

function composeCommand(session: Session): string {
  const own = 'stillframe.ui.addAction';
  return session.settings.commands.has(own) ? own : 'stillframe.action.compose';
}

function editCommand(session: Session, state: ActionState): string {
  const own = 'stillframe.ui.editAction';
  return state === 'active' && session.settings.commands.has(own) ? own : 'stillframe.action.edit';
}

/** One line only: expressions have no line ends. */
function selectedText(document: OpenDocument, { start, end }: Range): string {
  if (start.line !== end.line) return '';
  const text = document.line(start.line).slice(start.character, end.character).trim();
  return text.length > MAX_SELECTION ? '' : text;
}

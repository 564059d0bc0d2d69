/** `textDocument/codeAction`: everything that can be done at a line, and what the selection makes of it. */
import { dialectOf } from '@stillframe/core/expression/dialect-of';
import { parseCondition, parseExpression } from '@stillframe/core/expression/parse-expression';
import { type ActionState, METRIC_KINDS } from '@stillframe/protocol/action';
import type { Dialect, ExpressionNode } from '@stillframe/protocol/expression';
import type { ActionSpec } from '@stillframe/protocol/messages/editor-extensions';
import type { ActionInfo } from '@stillframe/protocol/messages/ide-connection';
import type { CodeAction, Range } from 'vscode-languageserver';
import { figuresText } from '../state/live-text.ts';
import { functionAt, functionsOf, type OpenDocument, placeInside } from '../state/open-document.ts';
import type { Session } from '../state/session.ts';

export const SOURCE_KIND = 'source.stillframe';
const MEASURE_KIND = `${SOURCE_KIND}.measure`;
const MAX_SELECTION = 200;
/** A longer menu is not read. What is placed at the line is always in it, the rest as far as there is room. */
const MOST = 10;
const FEWEST_NEW = 3;
const CALLERS = 3;

type At = Pick<ActionSpec, 'uri' | 'line' | 'character'>;

export async function codeActions(session: Session, document: OpenDocument, range: Range): Promise<CodeAction[]> {
  const dialect = dialectOf(document.path);
  if (dialect === undefined || session.link.state !== 'connected') return [];
  const { line, character } = range.start;
  const at: At = { uri: document.uri, line, ...(character > 0 && { character }) };
  const selection = selectedText(document, range);
  const isCondition = selection !== '' && parseCondition(selection, dialect).tree !== undefined;
  const added = [
    snapshotHere(session, at, selection),
    ...(selection === '' ? unselected(session, at, range) : ofSelection(at, selection, dialect, isCondition)),
    ...(await lineActions(session, document, at)),
  ];
  const placed = (await session.actionsIn(document))
    .filter((each) => each.line === line)
    .flatMap(({ info }) => changesOf(session, info, selection, isCondition));
  const about = await fileActions(session, document);
  const room = Math.max(FEWEST_NEW, MOST - placed.length - about.length);
  return [...added.slice(0, room), ...placed, ...about];
}

function snapshotHere(session: Session, at: At, selection: string): CodeAction {
  const argument = { ...at, ...(selection !== '' && { selection }), kind: 'snapshot' };
  return codeAction('add snapshot here', composeCommand(session), argument);
}

function unselected(session: Session, at: At, { start, end }: Range): CodeAction[] {
  const log = codeAction('add log here…', composeCommand(session), { ...at, kind: 'log' });
  // A selection of whole lines ends before the first character of the next one.
  const last = end.character === 0 ? end.line - 1 : end.line;
  if (last <= start.line) return [log];
  const title = `measure the time from line ${start.line + 1} to line ${last + 1}`;
  return [create(title, { uri: at.uri, line: start.line, kind: 'tictoc', endLine: last }), log];
}

function ofSelection(at: At, text: string, dialect: Dialect, isCondition: boolean): CodeAction[] {
  const { tree } = parseExpression(text, dialect);
  const when = create(`snapshot here when ${text}`, { ...at, kind: 'snapshot', condition: text });
  if (tree === undefined) return isCondition ? [when] : [];
  return [
    ...(isCondition ? [when] : []),
    create(`log {${text}} here`, { ...at, kind: 'log', logMessage: `${text} = {${text}}` }),
    create(`snapshot here, watching ${text}`, { ...at, kind: 'snapshot', watch: [text] }),
    ...(isYesOrNo(tree)
      ? [create(`count how often \`${text}\` here`, { ...at, kind: 'counter', condition: text })]
      : ofValue(at, text, tree)),
  ];
}

function ofValue(at: At, text: string, { op }: ExpressionNode): CodeAction[] {
  if (op === 'literal' || op === 'bigint') return [];
  const measured = op === 'list' || op === 'typeof' ? [] : [create(`measure \`${text}\``, metric(at, text))];
  return [
    ...measured,
    create(`count by \`${text}\``, { ...at, kind: 'counter', expression: text }),
    create(`snapshot once per value of \`${text}\``, {
      ...at,
      kind: 'snapshot',
      sampling: { by: 'distinct', expression: text },
    }),
  ];
}

function metric(at: At, expression: string): ActionSpec {
  return { ...at, kind: 'metric', expression };
}

/** What needs no selection, the likeliest first. */
async function lineActions(session: Session, document: OpenDocument, at: At): Promise<CodeAction[]> {
  const around = functionAt(await functionsOf(document), at.line);
  const target = (await session.defaultTarget()).target;
  return [
    ...(around === undefined
      ? []
      : [
          create(`measure the duration of \`${around.name}\``, {
            ...placeInside(document, around),
            kind: 'duration',
          }),
        ]),
    create('count how often this line runs', { ...at, kind: 'counter' }),
    create(`snapshot here with callers' variables (${CALLERS} frames)`, {
      ...at,
      kind: 'snapshot',
      framesWithLocals: CALLERS,
    }),
    // One agent alone needs no trial on one of several.
    ...(target.by === 'agent'
      ? []
      : [create('snapshot here on one agent first', { ...at, kind: 'snapshot', canary: {} })]),
  ];
}

function changesOf(session: Session, info: ActionInfo, selection: string, isCondition: boolean): CodeAction[] {
  const { kind, state, hits } = info;
  const id = { id: info.id };
  const actions: CodeAction[] = [];
  if (figuresText(info) !== undefined) {
    actions.push(codeAction(`show what this ${kind} measured`, showCommand(session), id));
  }
  if (hits > 0) {
    actions.push(codeAction(`open the last hit of this ${kind}`, 'stillframe.hit.open', { actionId: info.id }));
  }
  if (state === 'active' && isCondition) {
    const patch = { condition: selection };
    actions.push(codeAction(`only when ${selection}`, 'stillframe.action.update', { ...id, patch }));
  }
  const edit = state === 'active' ? `edit this ${kind}…` : `place this ${kind} again…`;
  const count = hits === 1 ? '1 hit' : `${hits} hits`;
  const why = METRIC_KINDS.has(kind) ? `how this ${kind} is doing` : `why this ${kind} has ${count}`;
  return [
    ...actions,
    codeAction(edit, editCommand(session, state), { ...id, ...(selection !== '' && { selection }) }),
    codeAction(why, 'stillframe.action.why', id),
    codeAction(`remove this ${kind}`, 'stillframe.action.remove', id),
  ];
}

async function fileActions(session: Session, document: OpenDocument): Promise<CodeAction[]> {
  const { uri } = document;
  const { drift } = await session.deployedFor(document);
  const deployed = codeAction('show the deployed text', 'stillframe.source.showDeployed', { uri });
  const mapping = codeAction('explain how this file maps to deployed code', 'stillframe.mapping.explain', { uri });
  return drift === 'none' ? [mapping] : [deployed, mapping];
}

function create(what: string, spec: ActionSpec): CodeAction {
  const kind = METRIC_KINDS.has(spec.kind) ? MEASURE_KIND : SOURCE_KIND;
  return { ...codeAction(what, 'stillframe.action.create', spec), kind };
}

function codeAction(what: string, command: string, argument: object): CodeAction {
  const title = `Stillframe: ${what}`;
  return { title, kind: SOURCE_KIND, command: { title, command, arguments: [argument] } };
}

/** Something that is true or false, and so neither a number nor a value to group by. */
function isYesOrNo({ op }: ExpressionNode): boolean {
  return op === 'compare' || op === 'and' || op === 'or' || op === 'not' || op === 'in' || op === 'nonEmpty';
}

function composeCommand(session: Session): string {
  return ownOr(session, 'stillframe.ui.addAction', 'stillframe.action.compose');
}

function showCommand(session: Session): string {
  return ownOr(session, 'stillframe.ui.showMetric', 'stillframe.metric.show');
}

function editCommand(session: Session, state: ActionState): string {
  if (state !== 'active') return 'stillframe.action.edit';
  return ownOr(session, 'stillframe.ui.editAction', 'stillframe.action.edit');
}

function ownOr(session: Session, own: string, server: string): string {
  return session.settings.commands.has(own) ? own : server;
}

/** One line only: expressions have no line ends. */
function selectedText(document: OpenDocument, { start, end }: Range): string {
  if (start.line !== end.line) return '';
  const text = document.line(start.line).slice(start.character, end.character).trim();
  return text.length > MAX_SELECTION ? '' : text;
}

/** Placing, editing and removing: input boxes here, everything else in the language server. */
import type { ActionSpec, EditorAction } from '@stillframe/protocol/messages/editor-extensions';
import { commands, type Disposable, Range, Uri, window, workspace } from 'vscode';
import { openInDebugger } from '../debugger.ts';
import type { EditorSession } from '../editor-session.ts';
import { chooseOptions } from './action-options.ts';
import { ask } from './ask.ts';
import { cursorPlace } from './cursor-place.ts';
import { editAction } from './edit-action.ts';
import { place } from './place-action.ts';
import { told } from './tell.ts';

/** Argument of the lens "Add snapshot", and of the menu. */
export interface AddActionArgument {
  kind: 'snapshot' | 'log';
  uri: string;
  line: number;
  character?: number;
  functionName?: string;
}

export function addActionCommands(session: EditorSession): Disposable[] {
  const register = <A extends unknown[]>(name: string, work: (...args: A) => Promise<unknown>) =>
    commands.registerCommand(`stillframe.ui.${name}`, told(work));
  return [
    register('addAction', (argument: AddActionArgument) => addAction(session, argument)),
    register('addSnapshot', () => addHere(session, 'snapshot')),
    register('addLog', () => addHere(session, 'log')),
    register('addWithOptions', () => addWithOptions(session)),
    register('editAction', ({ id, selection }: { id: string; selection?: string }) =>
      editAction(session, session.action(id), selection),
    ),
    register('openHit', (argument: { actionId?: string; id?: string; hit?: number }) =>
      openInDebugger(argument.actionId ?? argument.id, argument.hit),
    ),
    register('debug', () => openInDebugger(undefined, undefined)),
    register('editTreeAction', ({ id }: { id: string }) => editAction(session, session.action(id))),
    register('removeTreeAction', ({ id }: { id: string }) => session.execute('stillframe.action.remove', { id })),
    register('whyTreeAction', ({ id }: { id: string }) => session.execute('stillframe.action.why', { id })),
    register('reveal', ({ id }: { id: string }) => reveal(session.action(id))),
    register('removeAll', () => removeAll(session)),
  ];
}

async function addHere(session: EditorSession, kind: 'snapshot' | 'log'): Promise<void> {
  await addAction(session, { kind, ...cursorPlace() });
}

async function addAction(session: EditorSession, argument: AddActionArgument): Promise<void> {
  const { kind, uri, line, character } = argument;
  const where = argument.functionName ?? `line ${line + 1}`;
  const title = `${kind === 'log' ? 'Log' : 'Snapshot'} in ${where} · ${session.state?.target ?? 'all'}`;
  const at: ActionSpec = { kind, uri, line, ...(character !== undefined && { character }) };
  const answer = await (kind === 'log'
    ? ask(session, uri, 'template', {
        title,
        prompt: 'Text with {expressions}.',
        placeHolder: 'total is {order.total}',
        required: 'Type the text of the log',
        hasMore: true,
      })
    : ask(session, uri, 'condition', {
        title,
        prompt: 'Only when this is true. Leave it empty to capture the next executions.',
        placeHolder: 'total > 100',
        hasMore: true,
      }));
  if (answer === undefined) return;
  const typed =
    answer.text.trim() === '' ? {} : kind === 'log' ? { logMessage: answer.text } : { condition: answer.text };
  const spec = answer.more ? await chooseOptions(session, { ...at, ...typed }, title) : { ...at, ...typed };
  if (spec !== undefined) await place(session, spec, where);
}

/** For who knows beforehand that the standard is not what is wanted. */
async function addWithOptions(session: EditorSession): Promise<void> {
  const { uri, line, character } = cursorPlace();
  const items = [
    { label: '$(device-camera) Snapshot', adds: 'snapshot' },
    { label: '$(output) Log', adds: 'log' },
    { label: '$(symbol-number) Counter', adds: 'counter' },
    { label: '$(watch) Duration of the function', adds: 'duration' },
  ] as const;
  const where = `line ${line + 1}`;
  const picked = await window.showQuickPick(items, { title: `Add in ${where}` });
  if (picked === undefined) return;
  const at: ActionSpec = { kind: picked.adds, uri, line, ...(character !== undefined && { character }) };
  const spec = await chooseOptions(session, at, `${picked.adds} in ${where}`);
  if (spec !== undefined) await place(session, spec, where);
}

async function reveal(action: EditorAction | undefined): Promise<void> {
  if (action?.place === undefined) {
    throw new Error(
      action === undefined ? 'this action is gone already' : `${action.deployed.path} is not in this workspace`,
    );
  }
  const document = await workspace.openTextDocument(Uri.parse(action.place.uri));
  const { line } = action.place;
  await window.showTextDocument(document, { selection: new Range(line, 0, line, 0) });
}

async function removeAll(session: EditorSession): Promise<void> {
  const ids = (session.state?.actions ?? []).map(({ id }) => id);
  if (ids.length === 0) return;
  const remove = 'Remove';
  const question = `Remove ${ids.length === 1 ? 'the action' : `all ${ids.length} actions`} and their hits from every editor?`;
  const choice = await window.showWarningMessage(question, { modal: true }, remove);
  if (choice === remove) await session.execute('stillframe.action.remove', { ids });
}

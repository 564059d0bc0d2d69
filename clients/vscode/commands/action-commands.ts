/** Placing, editing and removing: input boxes here, everything else in the language server. */
import {
  type ActionPlaced,
  type ActionSpec,
  type EditorAction,
  ExpressionCheck,
  type ExpressionCheckParams,
} from '@stillframe/protocol/messages/editor-extensions';
import { commands, type Disposable, Range, Uri, window, workspace } from 'vscode';
import { openInDebugger } from '../debugger.ts';
import type { EditorSession } from '../editor-session.ts';
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
    register('editAction', ({ id }: { id: string }) => editAction(session, session.action(id))),
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
  const editor = window.activeTextEditor;
  if (editor === undefined) throw new Error('open a file and put the cursor on the line');
  const { line, character } = editor.selection.active;
  const text = editor.document.lineAt(line).text;
  // At the beginning of the line the whole line is meant, not its first statement.
  const column = character > text.length - text.trimStart().length ? { character } : {};
  await addAction(session, { kind, uri: editor.document.uri.toString(), line, ...column });
}

async function addAction(session: EditorSession, argument: AddActionArgument): Promise<void> {
  const { kind, uri, line, character } = argument;
  const where = argument.functionName ?? `line ${line + 1}`;
  const spec: ActionSpec = { kind, uri, line, ...(character !== undefined && { character }) };
  if (kind === 'snapshot') {
    const condition = await ask(session, uri, 'condition', {
      title: `Snapshot in ${where} · ${session.state?.target ?? 'all'}`,
      prompt: 'Only when this is true. Leave it empty to capture the next executions.',
      placeHolder: 'total > 100',
    });
    if (condition === undefined) return;
    if (condition.trim() !== '') spec.condition = condition;
  } else {
    const message = await ask(session, uri, 'template', {
      title: `Log in ${where} · ${session.state?.target ?? 'all'}`,
      prompt: 'Text with {expressions}.',
      placeHolder: 'total is {order.total}',
      required: 'Type the text of the log',
    });
    if (message === undefined) return;
    spec.logMessage = message;
  }
  // Null when the person looked at the difference to the deployed text and thought better of it.
  const placed = await session.execute<ActionPlaced | null>('stillframe.action.create', spec);
  if (placed !== null) window.setStatusBarMessage(`$(check) Stillframe: ${kind} placed in ${where}`, 5000);
}

async function editAction(session: EditorSession, action: EditorAction | undefined): Promise<void> {
  if (action === undefined) throw new Error('this action is gone already');
  const uri = action.place?.uri ?? `file:///${action.deployed.path}`;
  if (action.kind === 'log') {
    const logMessage = await ask(session, uri, 'template', {
      title: action.label,
      prompt: 'Text with {expressions}.',
      value: action.template ?? '',
      required: 'Type the text of the log',
    });
    if (logMessage !== undefined)
      await session.execute('stillframe.action.update', { id: action.id, patch: { logMessage } });
    return;
  }
  const condition = await ask(session, uri, 'condition', {
    title: action.label,
    prompt: 'Only when this is true; empty takes the condition away.',
    value: action.condition ?? '',
  });
  if (condition === undefined) return;
  const patch = { condition: condition.trim() === '' ? null : condition };
  await session.execute('stillframe.action.update', { id: action.id, patch });
}

interface Question {
  title: string;
  prompt: string;
  placeHolder?: string;
  value?: string;
  required?: string;
}

/** What is wrong is said while it is typed; undefined when the person gave up. */
function ask(
  session: EditorSession,
  uri: string,
  kind: ExpressionCheckParams['kind'],
  { required, ...options }: Question,
): Thenable<string | undefined> {
  return window.showInputBox({
    ...options,
    ignoreFocusOut: true,
    async validateInput(text) {
      if (text.trim() === '') return required;
      const { problem } = await session.client.sendRequest<{ problem?: { message: string } }>(ExpressionCheck.method, {
        uri,
        text,
        kind,
      });
      return problem?.message;
    },
  });
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

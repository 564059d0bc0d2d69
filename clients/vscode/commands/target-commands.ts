/** Where new actions go: picked from the agents and tags that are there, or typed for those that are not yet. */
import type { EditorState } from '@stillframe/protocol/messages/editor-extensions';
import { commands, type Disposable, type QuickPickItem, window } from 'vscode';
import type { EditorSession } from '../editor-session.ts';
import { told } from './tell.ts';

interface TargetItem extends QuickPickItem {
  selector?: string;
}

export function addTargetCommands(session: EditorSession): Disposable[] {
  const register = <A extends unknown[]>(name: string, work: (...args: A) => Promise<unknown>) =>
    commands.registerCommand(`stillframe.ui.${name}`, told(work));
  return [
    register('selectTarget', () => selectTarget(session)),
    register('targetTreeAgent', ({ selector }: { selector: string }) => select(session, selector)),
    register('menu', menu),
  ];
}

async function selectTarget(session: EditorSession): Promise<void> {
  const picked = await window.showQuickPick(itemsOf(session.state), {
    title: 'New actions go to',
    placeHolder: session.state?.target ?? 'all',
  });
  if (picked === undefined) return;
  const selector = picked.selector ?? (await typed());
  if (selector !== undefined) await select(session, selector);
}

async function select(session: EditorSession, selector: string): Promise<void> {
  const { agents } = await session.execute<{ agents: string[] }>('stillframe.target.select', { selector });
  const who = agents.length === 0 ? 'no connected agent yet' : agents.join(', ');
  window.setStatusBarMessage(`$(target) Stillframe: ${selector} is ${who}`, 5000);
}

function itemsOf(state: EditorState | undefined): TargetItem[] {
  const agents = (state?.agents ?? []).filter(({ connected }) => connected);
  const tags = [...new Set(agents.flatMap((agent) => agent.tags))].sort();
  const count = (number: number) => (number === 1 ? '1 agent' : `${number} agents`);
  return [
    { label: '$(globe) all', description: 'every agent that runs the file', selector: 'all' },
    ...tags.map((tag) => ({
      label: `$(tag) ${tag}`,
      description: count(agents.filter((agent) => agent.tags.includes(tag)).length),
      selector: `tag:${tag}`,
    })),
    ...agents.map(({ id, name, runtime, host, pid }) => ({
      label: `$(vm-running) ${name}`,
      description: `${runtime} on ${host}, process ${pid}`,
      selector: `agent:${id}`,
    })),
    { label: '$(edit) Type tags…', description: 'also for agents that are not here yet' },
  ];
}

function typed(): Thenable<string | undefined> {
  return window.showInputBox({ title: 'Target', placeHolder: 'tag:production tag:eu', ignoreFocusOut: true });
}

/** Behind the status item. */
async function menu(): Promise<void> {
  const entries = [
    ['$(target) Select target…', 'stillframe.ui.selectTarget'],
    ['$(debug-alt) Walk through hits', 'stillframe.ui.debug'],
    ['$(output) Show log lines', 'stillframe.ui.showLog'],
    ['$(key) Sign in…', 'stillframe.ui.signIn'],
    ['$(sign-out) Sign out', 'stillframe.ui.signOut'],
    ['$(server) Set server…', 'stillframe.ui.setServer'],
  ] as const;
  const picked = await window.showQuickPick(entries.map(([label, command]) => ({ label, command })));
  if (picked !== undefined) await commands.executeCommand(picked.command);
}

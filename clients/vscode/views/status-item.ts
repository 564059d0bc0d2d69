/** One item in the status bar: connected or not, how many agents and actions, and where new ones go. */
import type { EditorState } from '@stillframe/protocol/messages/editor-extensions';
import { type Disposable, StatusBarAlignment, type StatusBarItem, ThemeColor, window } from 'vscode';
import type { EditorSession } from '../editor-session.ts';

export function showStatus(session: EditorSession): Disposable {
  const item = window.createStatusBarItem('stillframe.status', StatusBarAlignment.Left, 10);
  item.name = 'Stillframe';
  draw(item, undefined);
  item.show();
  session.onDidChange((state) => draw(item, state));
  return item;
}

function draw(item: StatusBarItem, state: EditorState | undefined): void {
  item.backgroundColor = undefined;
  switch (state?.connection) {
    case 'connected': {
      const agents = state.agents.filter(({ connected }) => connected).length;
      const active = state.actions.filter((action) => action.state === 'active').length;
      item.text = `$(device-camera) ${agents === 1 ? '1 agent' : `${agents} agents`}${active > 0 ? ` · ${active} live` : ''}`;
      item.tooltip = `Stillframe at ${state.server}\nnew actions go to: ${state.target}\nsigned in as ${state.user ?? 'unknown'}`;
      item.command = 'stillframe.ui.menu';
      return;
    }
    case 'signedOut':
      item.text = '$(key) Stillframe: sign in';
      item.tooltip = state.reason ?? 'Sign in to the Stillframe server';
      item.command = 'stillframe.ui.signIn';
      item.backgroundColor = new ThemeColor('statusBarItem.warningBackground');
      return;
    case 'disconnected':
      item.text = '$(debug-disconnect) Stillframe';
      item.tooltip = state.reason ?? 'The Stillframe server cannot be reached';
      item.command = 'stillframe.ui.menu';
      return;
    default:
      item.text = '$(sync~spin) Stillframe';
      item.tooltip = 'Connecting to the Stillframe server';
      item.command = 'stillframe.ui.menu';
  }
}

/** Starts the language server, shows what it says, and hands the debug adapter to the editor. No logic of the product is here. */
import { EditorLog, EditorStateChanged } from '@stillframe/protocol/messages/editor-extensions';
import { commands, type ExtensionContext, window, workspace } from 'vscode';
import { addActionCommands } from './commands/action-commands.ts';
import { addSignInCommands } from './commands/sign-in-commands.ts';
import { addTargetCommands } from './commands/target-commands.ts';
import { registerDebugger } from './debugger.ts';
import { EditorSession } from './editor-session.ts';
import { createLanguageClient, stillframeSettings } from './start-language-client.ts';
import { ActionsTree } from './views/actions-tree.ts';
import { AgentsTree } from './views/agents-tree.ts';
import { showGutterIcons } from './views/gutter-icons.ts';
import { logChannel } from './views/log-channel.ts';
import { showStatus } from './views/status-item.ts';

export async function activate(context: ExtensionContext): Promise<void> {
  const output = window.createOutputChannel('Stillframe', { log: true });
  const client = createLanguageClient(context, output);
  const session = new EditorSession(client);
  const log = logChannel();
  context.subscriptions.push(
    output,
    session,
    log,
    window.createTreeView('stillframe.agents', { treeDataProvider: new AgentsTree(session) }),
    window.createTreeView('stillframe.actions', { treeDataProvider: new ActionsTree(session), showCollapseAll: true }),
    showStatus(session),
    showGutterIcons(context, session),
    registerDebugger(context, session),
    ...addActionCommands(session),
    ...addSignInCommands(session),
    ...addTargetCommands(session),
    commands.registerCommand('stillframe.ui.showLog', () => log.show()),
    session.onDidChange(({ connection, actions }) => {
      const set = (name: string, value: boolean) =>
        void commands.executeCommand('setContext', `stillframe.${name}`, value);
      set('connected', connection === 'connected');
      set('signedOut', connection === 'signedOut');
      set('disconnected', connection === 'disconnected');
      set('hasActions', actions.length > 0);
    }),
    workspace.onDidChangeConfiguration((event) => {
      if (!event.affectsConfiguration('stillframe')) return;
      void client.sendNotification('workspace/didChangeConfiguration', {
        settings: { stillframe: stillframeSettings() },
      });
    }),
  );
  client.onNotification(EditorStateChanged.method, (state) => session.update(state));
  client.onNotification(EditorLog.method, ({ lines }) => log.append(lines));
  await client.start();
  context.subscriptions.push({ dispose: () => void client.stop() });
}

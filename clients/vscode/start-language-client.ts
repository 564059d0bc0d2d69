/** Starts the language server in a process of its own, with the editor's Node.js. */
import type { EditorOptions } from '@stillframe/protocol/messages/editor-extensions';
import { type ExtensionContext, type LogOutputChannel, workspace } from 'vscode';
import { LanguageClient, type ServerOptions, TransportKind } from 'vscode-languageclient/node';
import { LensPace, lensRefresh } from './lens-refresh.ts';

export const LANGUAGES = [
  'javascript',
  'typescript',
  'javascriptreact',
  'typescriptreact',
  'python',
  'java',
  'kotlin',
] as const;

/** Commands of this extension that lenses and hovers of the server may name. */
export const OWN_COMMANDS = ['stillframe.ui.addAction', 'stillframe.ui.editAction', 'stillframe.ui.openHit'];

export function createLanguageClient(context: ExtensionContext, outputChannel: LogOutputChannel): LanguageClient {
  const module = context.asAbsolutePath('dist/language-server.mjs');
  const server: ServerOptions = {
    command: process.execPath,
    args: [module],
    transport: TransportKind.stdio,
    // In a desktop editor this program is the editor itself; the variable makes it plain Node.js.
    options: { env: { ...process.env, ELECTRON_RUN_AS_NODE: '1', NODE_OPTIONS: '' } },
  };
  const lensPace = new LensPace();
  const client = new LanguageClient('stillframe', 'Stillframe', server, {
    documentSelector: LANGUAGES.map((language) => ({ scheme: 'file', language })),
    outputChannel,
    initializationOptions: initializationOptions(),
    markdown: { isTrusted: { enabledCommands: [...OWN_COMMANDS, 'stillframe.action.remove'] } },
    synchronize: { fileEvents: workspace.createFileSystemWatcher('**/.stillframe.json') },
    middleware: lensPace.middleware,
  });
  client.registerFeature(lensRefresh(client, lensPace));
  return client;
}

/** Settings and abilities; never a token, since these are printed by every trace. */
function initializationOptions(): EditorOptions {
  return {
    ...stillframeSettings(),
    client: { commands: OWN_COMMANDS, links: true, state: true, diagnostics: 'errors' },
  };
}

export function stillframeSettings(): EditorOptions {
  const settings = workspace.getConfiguration('stillframe');
  return {
    server: settings.get('server', ''),
    target: settings.get('target', ''),
    codeLens: settings.get('codeLens', 'functions'),
    pathMappings: settings.get('pathMappings', []),
  };
}

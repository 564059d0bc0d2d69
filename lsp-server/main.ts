/** Composes the language server: one session, one file per request, refreshes coalesced. */
import { fileURLToPath } from 'node:url';
import { reportBug } from '@stillframe/core/report-bug';
import type { HitHead } from '@stillframe/protocol/hit';
import { EditorLog, EditorStateChanged, ExpressionCheck } from '@stillframe/protocol/messages/editor-extensions';
import {
  type ClientCapabilities,
  CodeLensRefreshRequest,
  createConnection,
  type InitializeParams,
  type InitializeResult,
  InlayHintRefreshRequest,
  MessageType,
  ResponseError,
  ShowDocumentRequest,
  ShowMessageRequest,
  TextDocumentSyncKind,
  TextDocuments,
} from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { placeOf } from './convert/editor-action.ts';
import { editorState } from './convert/editor-state.ts';
import { pathOfUri } from './convert/uri.ts';
import { codeActions, SOURCE_KIND } from './requests/code-action.ts';
import { codeLenses } from './requests/code-lens.ts';
import { diagnosticsOf } from './requests/diagnostics.ts';
import { COMMAND_IDS, executeCommand } from './requests/execute-command.ts';
import { checkExpression } from './requests/expression-check.ts';
import { hover } from './requests/hover.ts';
import { inlayHints } from './requests/inlay-hint.ts';
import { coalesce } from './state/coalesce.ts';
import type { EditorFace } from './state/editor-face.ts';
import type { OpenDocument } from './state/open-document.ts';
import { Session } from './state/session.ts';
import { LSP_SERVER_VERSION } from './version.ts';

export interface LspStreams {
  input: NodeJS.ReadableStream;
  output: NodeJS.WritableStream;
}

/** Refreshes of lenses and hints, at most one in this time. */
const REFRESH_MS = 100;
/** "12 s ago" grows old. */
const AGE_REFRESH_MS = 15_000;

/** Serves one editor until it says `exit` or its stream ends. */
export async function startLspServer({ input, output }: LspStreams): Promise<void> {
  const connection = createConnection(input, output);
  const documents = new TextDocuments(TextDocument);
  let capabilities: ClientCapabilities = {};
  let folders: string[] = [];

  const editor: EditorFace = {
    info: (message) => void connection.sendNotification('window/showMessage', { type: MessageType.Info, message }),
    warn: (message) => void connection.sendNotification('window/showMessage', { type: MessageType.Warning, message }),
    async ask(message, choices) {
      const actions = choices.map((title) => ({ title }));
      const answer = await connection.sendRequest(ShowMessageRequest.type, {
        type: MessageType.Info,
        message,
        actions,
      });
      return answer?.title;
    },
    async showDocument(uri, line) {
      if (capabilities.window?.showDocument?.support !== true) {
        editor.info(`Open ${pathOfUri(uri) ?? uri}`);
        return false;
      }
      const position = { line: line ?? 0, character: 0 };
      const selection = line === undefined ? {} : { selection: { start: position, end: position } };
      const { success } = await connection.sendRequest(ShowDocumentRequest.type, {
        uri,
        takeFocus: true,
        ...selection,
      });
      return success;
    },
  };

  const session = new Session({
    onChange: () => changed(),
    onHits: (heads) => void tellLogLines(heads).catch((error: unknown) => reportBug(error, 'log lines')),
    log: (line) => connection.console.info(line),
  });

  const changed = coalesce(REFRESH_MS, async () => {
    const { workspace } = capabilities;
    if (workspace?.codeLens?.refreshSupport) connection.sendRequest(CodeLensRefreshRequest.type).catch(() => {});
    if (workspace?.inlayHint?.refreshSupport) connection.sendRequest(InlayHintRefreshRequest.type).catch(() => {});
    if (session.settings.state) await connection.sendNotification(EditorStateChanged, await editorState(session));
    for (const document of session.documents.values()) await publish(document);
  });

  async function publish(document: OpenDocument): Promise<void> {
    const diagnostics = await diagnosticsOf(session, document);
    await connection.sendDiagnostics({ uri: document.uri, diagnostics });
  }

  async function tellLogLines(heads: readonly HitHead[]): Promise<void> {
    const logs = heads.filter(({ message }) => message !== undefined);
    if (logs.length === 0 || !session.settings.state) return;
    const lines = await Promise.all(
      logs.map(async ({ actionId, at, level = 'info', agentName, message = '', path, line }) => {
        const place = path === undefined || line === undefined ? undefined : await placeOf(session, path, line);
        return { actionId, at, level, agent: agentName, message, ...(place && { place }) };
      }),
    );
    await connection.sendNotification(EditorLog, { lines });
  }

  connection.onInitialize((params: InitializeParams): InitializeResult => {
    capabilities = params.capabilities;
    session.clientName = params.clientInfo?.name ?? 'lsp';
    session.clientVersion = params.clientInfo?.version ?? '';
    folders = foldersOf(params);
    session.configure(params.initializationOptions, folders);
    return {
      serverInfo: { name: 'stillframe', version: LSP_SERVER_VERSION },
      capabilities: {
        positionEncoding: 'utf-16',
        textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental, save: { includeText: false } },
        codeLensProvider: { resolveProvider: false },
        inlayHintProvider: { resolveProvider: false },
        hoverProvider: true,
        codeActionProvider: { codeActionKinds: [SOURCE_KIND] },
        executeCommandProvider: { commands: [...COMMAND_IDS] },
        workspace: { workspaceFolders: { supported: true, changeNotifications: true } },
        experimental: { stillframe: { protocol: 1 } },
      },
    };
  });

  connection.onInitialized(() => {
    if (capabilities.workspace?.workspaceFolders) {
      connection.workspace.onDidChangeWorkspaceFolders(({ added, removed }) => {
        const gone = new Set(removed.flatMap(({ uri }) => pathOfUri(uri) ?? []));
        folders = [...folders.filter((path) => !gone.has(path)), ...added.flatMap(({ uri }) => pathOfUri(uri) ?? [])];
        session.configure(undefined, folders);
        changed();
      });
    }
    session.connect().catch((error: unknown) => reportBug(error, 'connect'));
  });

  connection.onDidChangeConfiguration(({ settings }: { settings: unknown }) => {
    const own = Object(settings).stillframe ?? settings;
    session.configure(own, folders);
    session.connect().then(changed, (error: unknown) => reportBug(error, 'connect'));
  });
  connection.onDidChangeWatchedFiles(() => {
    session.map.refresh();
    session.connect().then(changed, (error: unknown) => reportBug(error, 'connect'));
  });

  documents.onDidOpen(({ document }) => {
    const path = pathOfUri(document.uri);
    if (path === undefined) return;
    const open = openDocument(document.uri, path);
    session.documents.set(document.uri, open);
    if (session.isStarted) publish(open).catch((error: unknown) => reportBug(error, 'diagnostics'));
  });
  documents.onDidSave(() => session.map.refresh());
  documents.onDidClose(({ document }) => {
    session.documents.delete(document.uri);
    connection.sendDiagnostics({ uri: document.uri, diagnostics: [] }).catch(() => {});
  });

  function openDocument(uri: string, path: string): OpenDocument {
    // The library keeps the text; an incremental change may put a new object in its place.
    const current = () => documents.get(uri) ?? TextDocument.create(uri, '', 0, '');
    return {
      uri,
      path,
      get version() {
        return current().version;
      },
      get lineCount() {
        return current().lineCount;
      },
      text: () => current().getText(),
      line: (line) =>
        current()
          .getText({ start: { line, character: 0 }, end: { line: line + 1, character: 0 } })
          .replace(/\r?\n$|\r$/, ''),
    };
  }

  /** An empty answer for documents this server has nothing to say of, and for its own failures, which are reported. */
  async function answer<T>(uri: string, empty: T, run: (document: OpenDocument) => Promise<T>): Promise<T> {
    const document = session.documents.get(uri);
    if (document === undefined || !session.isStarted) return empty;
    try {
      return await run(document);
    } catch (error) {
      if (!(error instanceof ResponseError)) reportBug(error, uri);
      return empty;
    }
  }

  connection.onCodeLens(({ textDocument }) =>
    answer(textDocument.uri, [], (document) => codeLenses(session, document, Date.now())),
  );
  connection.languages.inlayHint.on(({ textDocument, range }) =>
    answer(textDocument.uri, [], (document) => inlayHints(session, document, range)),
  );
  connection.onHover(({ textDocument, position }) =>
    answer(textDocument.uri, null, (document) => hover(session, document, position, Date.now())),
  );
  connection.onCodeAction(({ textDocument, range }) =>
    answer(textDocument.uri, [], (document) => codeActions(session, document, range)),
  );
  connection.onExecuteCommand(async ({ command, arguments: [argument] = [] }) => {
    const result = await executeCommand(session, editor, command, argument);
    changed();
    return result;
  });
  connection.onRequest(ExpressionCheck, (params) => checkExpression(params));

  const ageTimer = setInterval(() => {
    const now = Date.now();
    const infos = session.isStarted ? [...session.link.view.actions.values()] : [];
    if (infos.some(({ lastHitAt }) => lastHitAt !== undefined && now - lastHitAt < 3_600_000)) changed();
  }, AGE_REFRESH_MS);
  ageTimer.unref();
  connection.onShutdown(async () => {
    clearInterval(ageTimer);
    await session.close();
  });
  documents.listen(connection);
  connection.listen();
}

function foldersOf({ workspaceFolders, rootUri }: InitializeParams): string[] {
  const uris = workspaceFolders?.map(({ uri }) => uri) ?? (rootUri ? [rootUri] : []);
  return uris.filter((uri) => uri.startsWith('file:')).map((uri) => fileURLToPath(uri));
}

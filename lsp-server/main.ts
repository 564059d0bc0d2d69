/** Composes the language server: one session, one file per request, refreshes coalesced. */
import { installBugSink } from '@stillframe/core/report-bug';
import { errorName, requestError } from '@stillframe/protocol/errors';
import type { HitHead } from '@stillframe/protocol/hit';
import {
  EditorLog,
  EditorMetric,
  EditorStateChanged,
  ExpressionCheck,
} from '@stillframe/protocol/messages/editor-extensions';
import type { MetricReadResult } from '@stillframe/protocol/messages/ide-connection';
import {
  type CancellationToken,
  type ClientCapabilities,
  CodeLensRefreshRequest,
  createConnection,
  DidChangeConfigurationNotification,
  type InitializeParams,
  type InitializeResult,
  InlayHintRefreshRequest,
  LSPErrorCodes,
  ResponseError,
  TextDocumentSyncKind,
  TextDocuments,
} from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { clientFace } from './convert/client-face.ts';
import { placeOf } from './convert/editor-action.ts';
import { editorState } from './convert/editor-state.ts';
import { openDocument } from './convert/open-document.ts';
import { pathOfUri } from './convert/uri.ts';
import { codeActions, SOURCE_KIND } from './requests/code-action.ts';
import { codeLenses } from './requests/code-lens.ts';
import { diagnosticsPublisher } from './requests/diagnostics.ts';
import { COMMAND_IDS, executeCommand } from './requests/execute-command.ts';
import { checkExpression } from './requests/expression-check.ts';
import { hover } from './requests/hover.ts';
import { inlayHints } from './requests/inlay-hint.ts';
import { coalesce } from './state/coalesce.ts';
import { forgetFunctionsOf, type OpenDocument } from './state/open-document.ts';
import { reportUnexpected } from './state/report-unexpected.ts';
import { Session } from './state/session.ts';
import { watchConfigs } from './state/watch-configs.ts';
import { LSP_SERVER_VERSION } from './version.ts';

export interface LspServerOptions {
  input: NodeJS.ReadableStream;
  output: NodeJS.WritableStream;
  /** Hears of the server's own mistakes, which it survives; default the client's log. */
  onBug?: (error: unknown, context: string) => void;
}

/** Refreshes of lenses, hints and diagnostics, at most one in this time. */
const REFRESH_MS = 60;
/** "12 s ago" grows old. */
const AGE_REFRESH_MS = 15_000;

/** Serves one editor. The process ends with `exit`, or with the stream. */
export async function startLspServer({ input, output, onBug }: LspServerOptions): Promise<void> {
  const connection = createConnection(input, output);
  const documents = new TextDocuments(TextDocument);
  let capabilities: ClientCapabilities = {};
  let folders: string[] = [];
  let stopWatching = () => {};

  installBugSink(
    onBug ??
      ((error, context) => {
        const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
        connection.console.error(`Please report this bug of Stillframe (${context}): ${detail}`);
      }),
  );
  const survive = (context: string) => (error: unknown) => reportUnexpected(error, context);
  const editor = clientFace(connection, () => capabilities);
  const session = new Session({
    onChange: () => changed(),
    onHits: (heads) => void tellLogLines(heads).catch(survive('log lines')),
    warn: (message) => editor.warn(message),
    log: (line) => connection.console.info(line),
  });
  const diagnostics = diagnosticsPublisher(session, (params) => connection.sendDiagnostics(params));

  const changed = coalesce(REFRESH_MS, async () => {
    const { workspace } = capabilities;
    // The client's own failure to refresh is nothing the server could mend.
    if (workspace?.codeLens?.refreshSupport) connection.sendRequest(CodeLensRefreshRequest.type).catch(() => {});
    if (workspace?.inlayHint?.refreshSupport) connection.sendRequest(InlayHintRefreshRequest.type).catch(() => {});
    if (session.settings.state && session.isStarted) {
      await connection.sendNotification(EditorStateChanged, await editorState(session));
    }
    await publishAll();
  });
  const edited = coalesce(REFRESH_MS, publishAll);
  const reconfigured = coalesce(REFRESH_MS, async () => {
    session.refreshWorkspace();
    await session.connect();
    changed();
  });

  async function publishAll(): Promise<void> {
    for (const document of [...session.documents.values()]) await diagnostics.publish(document);
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

  /** What the client pushes, or what it keeps to be asked for. */
  async function configure(pushed: unknown): Promise<void> {
    const asked = (pushed === undefined || pushed === null) && capabilities.workspace?.configuration === true;
    // An editor that refuses its own settings is used with the standard ones.
    const settings = asked ? await connection.workspace.getConfiguration('stillframe').catch(() => null) : pushed;
    session.configure(Object(settings).stillframe ?? settings, folders);
    await session.connect();
    changed();
  }

  function useFolders(paths: string[]): void {
    folders = paths;
    stopWatching();
    stopWatching = watchConfigs(paths, reconfigured);
  }

  connection.onInitialize((params: InitializeParams): InitializeResult => {
    capabilities = params.capabilities;
    session.clientName = params.clientInfo?.name ?? 'lsp';
    session.clientVersion = params.clientInfo?.version ?? '';
    session.hasLenses = capabilities.textDocument?.codeLens !== undefined;
    useFolders(foldersOf(params));
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
    const { workspace } = capabilities;
    if (workspace?.workspaceFolders) {
      connection.workspace.onDidChangeWorkspaceFolders(({ added, removed }) => {
        const gone = new Set(pathsOf(removed));
        useFolders([...folders.filter((path) => !gone.has(path)), ...pathsOf(added)]);
        session.configure(undefined, folders);
        reconfigured();
      });
    }
    if (workspace?.didChangeConfiguration?.dynamicRegistration) {
      const section = { section: 'stillframe' };
      connection.client.register(DidChangeConfigurationNotification.type, section).catch(survive('registration'));
    }
    configure(undefined).catch(survive('connect'));
  });
  connection.onDidChangeConfiguration(({ settings }) => {
    configure(settings).catch(survive('configuration'));
  });
  connection.onDidChangeWatchedFiles(reconfigured);

  documents.onDidOpen(({ document: { uri } }) => {
    const path = pathOfUri(uri);
    if (path === undefined) return;
    session.documents.set(uri, openDocument(documents, uri, path));
    session.forgetPlaceOf(uri);
    edited();
    session.retry().catch(survive('connect'));
  });
  documents.onDidChangeContent(edited);
  documents.onDidSave(({ document }) => {
    session.forgetPlaceOf(document.uri);
    changed();
    session.retry().catch(survive('connect'));
  });
  documents.onDidClose(({ document: { uri } }) => {
    const closed = session.documents.get(uri);
    session.documents.delete(uri);
    if (closed !== undefined) forgetFunctionsOf(closed).catch(survive('functions'));
    session.forgetPlaceOf(uri);
    diagnostics.clear(uri).catch(survive('diagnostics'));
  });

  /** An empty answer for documents this server has nothing to say of, and for its own failures, which are reported. */
  async function answer<T>(
    { textDocument: { uri } }: { textDocument: { uri: string } },
    token: CancellationToken,
    empty: T,
    run: (document: OpenDocument) => Promise<T>,
  ): Promise<T | ResponseError> {
    const document = session.documents.get(uri);
    if (document === undefined || !session.isStarted) return empty;
    try {
      const result = await run(document);
      // Whoever types on does not wait for it; writing out a large answer would hold up the next one.
      return token.isCancellationRequested ? new ResponseError(LSPErrorCodes.RequestCancelled, 'Cancelled') : result;
    } catch (error) {
      reportUnexpected(error, uri);
      return empty;
    }
  }

  async function run(command: string, argument: unknown): Promise<unknown> {
    try {
      return await executeCommand(session, editor, command, argument);
    } catch (error) {
      reportUnexpected(error, command);
      throw inWords(error, command);
    }
  }

  connection.onCodeLens((params, token) =>
    answer(params, token, [], (document) => codeLenses(session, document, Date.now())),
  );
  connection.languages.inlayHint.on((params, token) =>
    answer(params, token, [], (document) => inlayHints(session, document, params.range)),
  );
  connection.onHover((params, token) =>
    answer(params, token, null, (document) => hover(session, document, params.position, Date.now())),
  );
  connection.onCodeAction((params, token) =>
    answer(params, token, [], (document) => codeActions(session, document, params.range)),
  );
  connection.onExecuteCommand(({ command, arguments: [argument] = [] }) =>
    run(command, argument).finally(() => changed()),
  );
  connection.onRequest(ExpressionCheck, (params) => checkExpression(params));
  // The same checks and waits as for the command, which editors without an extension of ours have.
  connection.onRequest(EditorMetric, (params) => run('stillframe.metric.read', params) as Promise<MetricReadResult>);

  const ageTimer = setInterval(() => {
    const now = Date.now();
    const infos = session.isStarted ? [...session.link.view.actions.values()] : [];
    if (infos.some(({ lastHitAt }) => lastHitAt !== undefined && now - lastHitAt < 3_600_000)) changed();
  }, AGE_REFRESH_MS);
  ageTimer.unref();
  connection.onShutdown(async () => {
    clearInterval(ageTimer);
    stopWatching();
    await session.close();
  });
  documents.listen(connection);
  connection.listen();
}

/** What stands in a dialog when a command failed for a reason nobody foresaw. */
function inWords(error: unknown, command: string): unknown {
  if (errorName(error) !== undefined) return error;
  const text = error instanceof Error ? error.message : String(error);
  return requestError('internal', `Stillframe made a mistake in ${command}: ${text}`);
}

function foldersOf({ workspaceFolders, rootUri }: InitializeParams): string[] {
  return pathsOf(workspaceFolders ?? (rootUri ? [{ uri: rootUri }] : []));
}

/** Folders that are not on this machine's disk are left out. */
function pathsOf(folders: readonly { uri: string }[]): string[] {
  return folders.flatMap(({ uri }) => pathOfUri(uri) ?? []);
}

/**
 * An editor in the hands of a test: typed requests to a language server over streams, and everything the server says kept
 * to be looked at. What it declares it can do is the test's choice, from a bare editor to one with an extension of ours.
 */
import { pathToFileURL } from 'node:url';
import {
  EditorLog,
  type EditorLogLine,
  type EditorState,
  EditorStateChanged,
  type ExpressionCheckParams,
  type ExpressionCheckResult,
} from '@stillframe/protocol/messages/editor-extensions';
import {
  type CancellationToken,
  type ClientCapabilities,
  type CodeAction,
  type CodeLens,
  createProtocolConnection,
  type Diagnostic,
  type Hover,
  type InitializeResult,
  type InlayHint,
  type Range,
  ResponseError,
  StreamMessageReader,
  StreamMessageWriter,
  type TextDocumentContentChangeEvent,
} from 'vscode-languageserver-protocol/node';

export interface LspClientOptions {
  /** What the server writes. */
  output: NodeJS.ReadableStream;
  /** What the server reads. */
  input: NodeJS.WritableStream;
  /** Absolute paths. */
  folders: readonly string[];
  initializationOptions?: unknown;
  capabilities?: ClientCapabilities;
  /** The answer to `workspace/configuration` for the section `stillframe`. */
  configuration?: unknown;
  /** Requests of the server that this editor answers with an error. */
  refuses?: readonly string[];
  name?: string;
}

export interface LspClient {
  initialized: InitializeResult;
  /** `window/showMessage`, oldest first. */
  messages: string[];
  logs: string[];
  /** `window/showMessageRequest`: what was asked, with the choices. */
  questions: { message: string; choices: string[] }[];
  /** Chosen one after another; a question beyond the last is cancelled. */
  answers: string[];
  shown: { uri: string; line?: number }[];
  diagnostics: Map<string, Diagnostic[]>;
  /** How often diagnostics of a document were published. */
  published: Map<string, number>;
  states: EditorState[];
  logLines: EditorLogLine[];
  refreshes: { codeLens: number; inlayHint: number };
  setConfiguration(configuration: unknown): void;
  open(uri: string, text: string, languageId?: string): void;
  change(uri: string, changes: TextDocumentContentChangeEvent[]): void;
  save(uri: string): void;
  close(uri: string): void;
  codeLens(uri: string): Promise<CodeLens[]>;
  inlayHints(uri: string, range?: Range): Promise<InlayHint[]>;
  hover(uri: string, line: number, character: number): Promise<Hover | null>;
  codeActions(uri: string, range: Range): Promise<CodeAction[]>;
  execute(command: string, argument?: unknown): Promise<unknown>;
  checkExpression(params: ExpressionCheckParams): Promise<ExpressionCheckResult>;
  request(method: string, params: unknown, token?: CancellationToken): Promise<unknown>;
  notify(method: string, params: unknown): void;
  /** Asks again and again until a lens has a title that begins like this; a bare editor has no other way to hear. */
  untilLens(uri: string, beginning: string, timeoutMs?: number): Promise<CodeLens>;
  /** Resolves with the first value that is not undefined, looked at after each message of the server. */
  until<T>(look: () => T | undefined | Promise<T | undefined>, what: string, timeoutMs?: number): Promise<T>;
  shutdown(): Promise<void>;
}

/** All that VS Code declares of what the server uses. */
export const RICH_CAPABILITIES: ClientCapabilities = {
  workspace: {
    configuration: true,
    workspaceFolders: true,
    codeLens: { refreshSupport: true },
    inlayHint: { refreshSupport: true },
  },
  window: { showDocument: { support: true } },
  textDocument: { codeLens: {}, inlayHint: {}, hover: { contentFormat: ['markdown', 'plaintext'] } },
};

const WHOLE: Range = { start: { line: 0, character: 0 }, end: { line: 1_000_000, character: 0 } };

export async function startLspClient(options: LspClientOptions): Promise<LspClient> {
  const connection = createProtocolConnection(
    new StreamMessageReader(options.output),
    new StreamMessageWriter(options.input),
  );
  const versions = new Map<string, number>();
  const watchers = new Set<() => void>();
  const looked = () => {
    for (const watch of [...watchers]) watch();
  };
  const notify = (method: string, params: unknown) => {
    // A connection that ends while a test closes down loses what is still on its way; that is no failure.
    connection.sendNotification(method, params).catch(() => {});
  };

  let configuration = options.configuration;
  const client: LspClient = {
    initialized: { capabilities: {} },
    messages: [],
    logs: [],
    questions: [],
    answers: [],
    shown: [],
    diagnostics: new Map(),
    published: new Map(),
    states: [],
    logLines: [],
    refreshes: { codeLens: 0, inlayHint: 0 },
    setConfiguration(next) {
      configuration = next;
    },
    open(uri, text, languageId = 'typescript') {
      versions.set(uri, 1);
      notify('textDocument/didOpen', { textDocument: { uri, languageId, version: 1, text } });
    },
    change(uri, contentChanges) {
      const version = (versions.get(uri) ?? 0) + 1;
      versions.set(uri, version);
      notify('textDocument/didChange', { textDocument: { uri, version }, contentChanges });
    },
    save: (uri) => notify('textDocument/didSave', { textDocument: { uri } }),
    close: (uri) => notify('textDocument/didClose', { textDocument: { uri } }),
    codeLens: async (uri) =>
      (await connection.sendRequest<CodeLens[] | null>('textDocument/codeLens', { textDocument: { uri } })) ?? [],
    inlayHints: async (uri, range = WHOLE) =>
      (await connection.sendRequest<InlayHint[] | null>('textDocument/inlayHint', { textDocument: { uri }, range })) ??
      [],
    hover: (uri, line, character) =>
      connection.sendRequest('textDocument/hover', { textDocument: { uri }, position: { line, character } }),
    codeActions: async (uri, range) =>
      (await connection.sendRequest<CodeAction[] | null>('textDocument/codeAction', {
        textDocument: { uri },
        range,
        context: { diagnostics: [] },
      })) ?? [],
    execute: (command, argument) =>
      connection.sendRequest('workspace/executeCommand', {
        command,
        ...(argument !== undefined && { arguments: [argument] }),
      }),
    checkExpression: (params) => connection.sendRequest('stillframe/expressionCheck', params),
    request: (method, params, token) => connection.sendRequest(method, params, token),
    notify,
    async untilLens(uri, beginning, timeoutMs = 10_000) {
      const deadline = Date.now() + timeoutMs;
      for (;;) {
        const lenses = await client.codeLens(uri);
        const lens = lenses.find(({ command }) => command?.title.startsWith(beginning));
        if (lens !== undefined) return lens;
        if (Date.now() > deadline) {
          const titles = lenses.map(({ command }) => command?.title).join(', ');
          throw new Error(`No lens "${beginning}" for ${timeoutMs} ms, but: ${titles}`);
        }
      }
    },
    until(look, what, timeoutMs = 10_000) {
      return new Promise((resolve, reject) => {
        let looking = false;
        let again = false;
        const settle = (settled: () => void) => {
          watchers.delete(watch);
          clearTimeout(timer);
          settled();
        };
        const watch = async () => {
          again = looking;
          if (looking) return;
          looking = true;
          try {
            const found = await look();
            if (found !== undefined) settle(() => resolve(found));
          } catch (error) {
            settle(() => reject(error));
          } finally {
            looking = false;
            if (again && watchers.has(watch)) void watch();
          }
        };
        const timer = setTimeout(() => {
          const { messages, logs, questions } = client;
          const seen = JSON.stringify({ messages, logs, questions, diagnostics: [...client.diagnostics] }, null, 1);
          settle(() => reject(new Error(`Nothing for ${timeoutMs} ms, waiting for ${what}. Seen: ${seen}`)));
        }, timeoutMs);
        watchers.add(watch);
        void watch();
      });
    },
    async shutdown() {
      await connection.sendRequest('shutdown');
      connection.dispose();
    },
  };

  const on = <P>(method: string, take: (params: P) => void) =>
    connection.onNotification(method, (params: P) => {
      take(params);
      looked();
    });
  const answer = <P>(method: string, give: (params: P) => unknown) =>
    connection.onRequest(method, (params: P) => {
      const result = options.refuses?.includes(method)
        ? new ResponseError(-32803, `This editor does not do ${method}`)
        : give(params);
      looked();
      return result;
    });
  on<{ message: string }>('window/showMessage', ({ message }) => client.messages.push(message));
  on<{ message: string }>('window/logMessage', ({ message }) => client.logs.push(message));
  on<{ uri: string; diagnostics: Diagnostic[] }>('textDocument/publishDiagnostics', ({ uri, diagnostics }) => {
    client.diagnostics.set(uri, diagnostics);
    client.published.set(uri, (client.published.get(uri) ?? 0) + 1);
  });
  on<EditorState>(EditorStateChanged.method, (state) => client.states.push(state));
  on<{ lines: EditorLogLine[] }>(EditorLog.method, ({ lines }) => client.logLines.push(...lines));
  answer<{ message: string; actions?: { title: string }[] }>(
    'window/showMessageRequest',
    ({ message, actions = [] }) => {
      client.questions.push({ message, choices: actions.map(({ title }) => title) });
      const title = client.answers.shift();
      return title === undefined ? null : { title };
    },
  );
  answer<{ uri: string; selection?: Range }>('window/showDocument', ({ uri, selection }) => {
    client.shown.push({ uri, ...(selection && { line: selection.start.line }) });
    return { success: true };
  });
  answer<{ items: unknown[] }>('workspace/configuration', ({ items }) => items.map(() => configuration ?? null));
  answer('client/registerCapability', () => null);
  answer('workspace/codeLens/refresh', () => {
    client.refreshes.codeLens += 1;
    return null;
  });
  answer('workspace/inlayHint/refresh', () => {
    client.refreshes.inlayHint += 1;
    return null;
  });

  connection.listen();
  client.initialized = await connection.sendRequest('initialize', {
    processId: null,
    clientInfo: { name: options.name ?? 'test', version: '1.0' },
    rootUri: options.folders[0] === undefined ? null : pathToFileURL(options.folders[0]).href,
    workspaceFolders: options.folders.map((path) => ({ uri: pathToFileURL(path).href, name: path })),
    capabilities: options.capabilities ?? {},
    initializationOptions: options.initializationOptions,
  });
  notify('initialized', {});
  return client;
}

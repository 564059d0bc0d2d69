/** Composes the debug adapter: a table of requests over one session per client. */
import { createServer, type Server } from 'node:net';
import { reportBug } from '@stillframe/core/report-bug';
import { DebugSession, Event } from '@vscode/debugadapter';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { attach } from './requests/attach.ts';
import { completions } from './requests/completions.ts';
import { configurationDone } from './requests/configuration-done.ts';
import { disconnect } from './requests/disconnect.ts';
import { evaluate } from './requests/evaluate.ts';
import { initialize } from './requests/initialize.ts';
import { loadedSources, modules } from './requests/loaded-sources.ts';
import { movePlayhead } from './requests/move-playhead.ts';
import { scopes } from './requests/scopes.ts';
import { setBreakpoints } from './requests/set-breakpoints.ts';
import { source } from './requests/source.ts';
import { stackTrace } from './requests/stack-trace.ts';
import { threads } from './requests/threads.ts';
import { variables } from './requests/variables.ts';
import { viewChanged } from './requests/view-changed.ts';
import { AdapterSession } from './state/adapter-session.ts';
import { Problem } from './state/problem.ts';

export interface DapStreams {
  input: NodeJS.ReadableStream;
  output: NodeJS.WritableStream;
}

/** Serves one client; resolves when it has disconnected or its stream ended. */
export function startDebugAdapter({ input, output }: DapStreams): Promise<void> {
  return new Promise((resolve) => {
    const adapter = new Adapter(resolve);
    input.once('close', () => adapter.streamEnded());
    input.once('end', () => adapter.streamEnded());
    adapter.start(input, output);
  });
}

/** Every connection to the port on loopback is a session of its own. 0 takes any free port, which `address()` tells. */
export function listenForDebugClients(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.on('error', () => socket.destroy());
      void startDebugAdapter({ input: socket, output: socket }).then(() => socket.end());
    });
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}

type Body = object | undefined;

/** What a handler gives: a body, and work that clients expect after the answer. */
interface Answer {
  body?: Body;
  after?: () => Promise<void>;
}

const PROBLEM_ID = 1001;
const BUG_ID = 1000;

class Adapter extends DebugSession {
  readonly #session: AdapterSession;
  readonly #ended: () => void;
  /** Events of the server are worked off one after another, so that stops keep their order. */
  #events: Promise<void> = Promise.resolve();

  constructor(ended: () => void) {
    super();
    this.#ended = ended;
    this.#session = new AdapterSession((name, body) => this.sendEvent(new Event(name, body)));
  }

  streamEnded(): void {
    disconnect(this.#session).then(this.#ended, this.#ended);
  }

  protected override dispatchRequest(request: DebugProtocol.Request): void {
    const response: DebugProtocol.Response = {
      seq: 0,
      type: 'response',
      request_seq: request.seq,
      command: request.command,
      success: true,
    };
    this.#handle(request.command, request.arguments ?? {}).then(
      async ({ body, after }) => {
        if (body !== undefined) response.body = body;
        this.sendResponse(response);
        if (after !== undefined) await after().catch((error: unknown) => reportBug(error, request.command));
      },
      (error: unknown) => this.sendResponse(failed(response, error)),
    );
  }

  // biome-ignore lint/suspicious/noExplicitAny: the arguments of a request have the type its command says.
  async #handle(command: string, args: any): Promise<Answer> {
    const session = this.#session;
    switch (command) {
      case 'initialize':
        return { body: initialize(session, args) };
      case 'attach':
      case 'launch':
        await attach(session, args, (change) => {
          this.#events = this.#events
            .then(() => viewChanged(session, change))
            .catch((error: unknown) => void (error instanceof Problem || reportBug(error, 'view changed')));
        });
        return {};
      case 'configurationDone':
        return { after: () => configurationDone(session) };
      case 'setBreakpoints':
        return { body: await setBreakpoints(session, args) };
      case 'setFunctionBreakpoints':
      case 'setExceptionBreakpoints':
        return { body: { breakpoints: [] } };
      case 'breakpointLocations':
        return { body: { breakpoints: [{ line: args.line }] } };
      case 'threads':
        return { body: session.isAttached ? threads(session) : { threads: [] } };
      case 'stackTrace':
        return { body: await stackTrace(session, args) };
      case 'scopes':
        return { body: await scopes(session, args) };
      case 'variables':
        return { body: await variables(session, args) };
      case 'evaluate': {
        const { body, after } = await evaluate(session, args);
        return after === undefined ? { body } : { body, after };
      }
      case 'completions':
        return { body: await completions(session, args) };
      case 'source':
        return { body: await source(session, args) };
      case 'loadedSources':
        return { body: await loadedSources(session) };
      case 'modules':
        return { body: modules(session) };
      case 'continue':
        return { body: { allThreadsContinued: false }, after: movePlayhead(session, args.threadId, 'later') };
      case 'next':
      case 'stepIn':
      case 'stepOut':
        return { after: movePlayhead(session, args.threadId, 'later') };
      case 'stepBack':
      case 'reverseContinue':
        return { after: movePlayhead(session, args.threadId, 'earlier') };
      case 'pause':
        return { after: movePlayhead(session, args.threadId, 'newest') };
      case 'disconnect':
        await disconnect(session);
        return {
          after: async () => {
            this.sendEvent(new Event('terminated'));
            this.#ended();
          },
        };
      default:
        throw new Problem(`This debug adapter does not do "${command}"`, { quiet: true });
    }
  }
}

function failed(response: DebugProtocol.Response, error: unknown): DebugProtocol.Response {
  const isOurs = !(error instanceof Problem) && !isCoded(error);
  if (isOurs) reportBug(error, response.command);
  const message = error instanceof Error ? error.message : String(error);
  const showUser = !(error instanceof Problem && error.quiet);
  // Braces would be read as placeholders.
  const format = (isOurs ? `Stillframe made a mistake: ${message}` : message).replaceAll(/[{}]/g, '');
  return {
    ...response,
    success: false,
    message,
    body: { error: { id: isOurs ? BUG_ID : PROBLEM_ID, format, showUser } },
  };
}

/** An error the server answered with, or one of the link. */
function isCoded(error: unknown): boolean {
  return typeof (Object(error) as { code?: unknown }).code === 'number';
}

/** Composes the debug adapter: a table of requests over one session per client. */
import { createServer, type Server } from 'node:net';
import { installBugSink, reportBug } from '@stillframe/core/report-bug';
import { errorName } from '@stillframe/protocol/errors';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { z } from 'zod';
import { DapConnection } from './convert/dap-connection.ts';
import { attach } from './requests/attach.ts';
import { CompletionsShape, completions } from './requests/completions.ts';
import { configurationDone } from './requests/configuration-done.ts';
import { disconnect } from './requests/disconnect.ts';
import { EvaluateShape, evaluate } from './requests/evaluate.ts';
import { InitializeShape, initialize } from './requests/initialize.ts';
import { loadedSources, modules } from './requests/loaded-sources.ts';
import { type Direction, movePlayhead } from './requests/move-playhead.ts';
import { type Answer, changing, Nothing, OfThread, type RequestHandler, reading } from './requests/request.ts';
import { ScopesShape, scopes } from './requests/scopes.ts';
import {
  OtherBreakpointsShape,
  refuseBreakpoints,
  SetBreakpointsShape,
  setBreakpoints,
} from './requests/set-breakpoints.ts';
import { ShowHitShape, showHit } from './requests/show-hit.ts';
import { SourceShape, source } from './requests/source.ts';
import { StackTraceShape, stackTrace } from './requests/stack-trace.ts';
import { threads } from './requests/threads.ts';
import { VariablesShape, variables } from './requests/variables.ts';
import { viewChanged } from './requests/view-changed.ts';
import { AdapterSession } from './state/adapter-session.ts';
import { Problem } from './state/problem.ts';

export interface DebugAdapterOptions {
  input: NodeJS.ReadableStream;
  output: NodeJS.WritableStream;
  /** Told of the adapter's own mistakes, which the session survives; default standard error. */
  onBug?: (error: unknown, context: string) => void;
}

/** Serves one client; resolves when it has disconnected or its stream ended, and nothing is left behind. */
export function startDebugAdapter({ input, output, onBug = writeBug }: DebugAdapterOptions): Promise<void> {
  installBugSink(onBug);
  if (input === process.stdin) endInputOnSignals();
  return serve(input, output);
}

/** Every connection to the port on loopback is a session of its own. 0 takes any free port, which `address()` tells. */
export function listenForDebugClients(port: number, onBug: DebugAdapterOptions['onBug'] = writeBug): Promise<Server> {
  installBugSink(onBug);
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.on('error', () => socket.destroy());
      void serve(socket, socket).then(() => socket.end(() => socket.destroy()));
    });
    server.once('error', (error: NodeJS.ErrnoException) => reject(new Problem(whyNotListening(port, error))));
    server.listen(port, '127.0.0.1', () => {
      // A connection that cannot be taken on (no descriptors left) costs the others nothing.
      server.on('error', (error) => reportBug(error, 'port'));
      resolve(server);
    });
  });
}

function whyNotListening(port: number, { code, message }: NodeJS.ErrnoException): string {
  if (code === 'EADDRINUSE')
    return `Choose another --port, or 0 for any that is free: something listens on ${port} already`;
  if (code === 'EACCES') return `Choose a --port from 1024 on: this account may not listen on ${port}`;
  return `Cannot listen on port ${port}: ${message}`;
}

/** An editor that is closed ends its adapters by a signal; the end of the input has the session clean up. */
function endInputOnSignals(): void {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.once(signal, () => process.stdin.destroy());
  }
}

const STANDS_STILL: Answer = { body: { allThreadsContinued: false } };
const PROBLEM_ID = 1001;
const BUG_ID = 1000;

async function serve(input: NodeJS.ReadableStream, output: NodeJS.WritableStream): Promise<void> {
  const session = new AdapterSession((event, body) => connection.send(event, body));
  /** Changes and news of the server are worked off one after another, so that answers and stops keep their order. */
  let queue: Promise<unknown> = Promise.resolve();
  const inOrder = <T>(work: () => Promise<T>): Promise<T> => {
    const done = queue.then(work);
    queue = done.catch(() => {});
    return done;
  };
  const requests = requestTable((work) => inOrder(work).catch((error: unknown) => reportUnlessExpected(error, 'news')));

  async function answer(request: DebugProtocol.Request): Promise<void> {
    const { command, seq, arguments: args } = request;
    const response: DebugProtocol.Response = { seq: 0, type: 'response', request_seq: seq, command, success: true };
    const isEcho = session.echoGuard.isEcho(command, performance.now());
    try {
      const handler = requests[command];
      if (handler === undefined) throw new Problem(`This debug adapter does not do "${command}"`, { quiet: true });
      // A client that goes on by itself has not asked for the next hit.
      const run = () => (isEcho ? Promise.resolve(STANDS_STILL) : handler.run(session, args));
      const { body, after } = await (handler.inOrder ? inOrder(run) : run());
      connection.respond(body === undefined ? response : { ...response, body });
      if (after !== undefined) await after().catch((error: unknown) => reportUnlessExpected(error, command));
      if (command === 'disconnect') connection.end();
    } catch (error) {
      connection.respond(failed(response, error));
      reportUnlessExpected(error, command);
    }
  }

  let connection: DapConnection;
  await new Promise<void>((resolve) => {
    connection = new DapConnection({ input, output }, (request) => void answer(request), resolve);
    connection.listen();
  });
  // The editor may have gone without a word.
  await inOrder(() => disconnect(session)).catch((error: unknown) => reportUnlessExpected(error, 'end of the stream'));
}

function requestTable(later: (work: () => Promise<void>) => void): Readonly<Record<string, RequestHandler>> {
  const attached = changing(z.unknown(), (session, args) =>
    attach(session, args, (change) => later(() => viewChanged(session, change))),
  );
  const step = (direction: Direction) =>
    reading(OfThread, (session, { threadId }) => ({
      body: { allThreadsContinued: false },
      after: movePlayhead(session, threadId, direction),
    }));
  const refused = reading(OtherBreakpointsShape, (_session, args) => refuseBreakpoints(args));
  return Object.assign(Object.create(null) as Record<string, RequestHandler>, {
    initialize: reading(InitializeShape, initialize),
    attach: attached,
    launch: attached,
    configurationDone: changing(Nothing, configurationDone),
    setBreakpoints: changing(SetBreakpointsShape, setBreakpoints),
    setFunctionBreakpoints: refused,
    setExceptionBreakpoints: refused,
    threads: reading(Nothing, threads),
    stackTrace: reading(StackTraceShape, stackTrace),
    scopes: reading(ScopesShape, scopes),
    variables: reading(VariablesShape, variables),
    evaluate: reading(EvaluateShape, evaluate),
    completions: reading(CompletionsShape, completions),
    source: reading(SourceShape, source),
    loadedSources: reading(Nothing, loadedSources),
    modules: reading(Nothing, modules),
    continue: step('later'),
    next: step('later'),
    stepIn: step('later'),
    stepOut: step('later'),
    stepBack: step('earlier'),
    reverseContinue: step('earlier'),
    pause: step('newest'),
    'stillframe/showHit': changing(ShowHitShape, showHit),
    disconnect: changing(Nothing, disconnect),
  } satisfies Record<string, RequestHandler>);
}

/** What a person can do something about: ours, the server's, and the link's. */
function isExpected(error: unknown): boolean {
  return error instanceof Problem || (errorName(error) ?? 'internal') !== 'internal';
}

function reportUnlessExpected(error: unknown, context: string): void {
  if (!isExpected(error)) reportBug(error, context);
}

function failed(response: DebugProtocol.Response, error: unknown): DebugProtocol.Response {
  const text = error instanceof Error ? error.message : String(error);
  const message = isExpected(error) ? text : `Stillframe made a mistake: ${text}`;
  const id = isExpected(error) ? PROBLEM_ID : BUG_ID;
  const showUser = !(error instanceof Problem && error.quiet);
  // Braces are taken for placeholders.
  const format = message.replaceAll(/[{}]/g, '');
  return { ...response, success: false, message, body: { error: { id, format, showUser } } };
}

function writeBug(error: unknown, context: string): void {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`stillframe dap: a mistake of its own in ${context}: ${text}\n`);
}

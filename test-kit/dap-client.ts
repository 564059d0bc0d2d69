/**
 * A debugger's editor side in the hands of a test: typed requests to an adapter over streams; events are kept, and handed out
 * one by one to whoever waits for them.
 */
import type { DebugProtocol as Dap } from '@vscode/debugprotocol';

/** Requests the tests make: arguments and the body of the response. */
interface Requests {
  initialize: [Partial<Dap.InitializeRequestArguments>, Dap.Capabilities];
  attach: [object, undefined];
  launch: [object, undefined];
  configurationDone: [object, undefined];
  disconnect: [Dap.DisconnectArguments, undefined];
  setBreakpoints: [Dap.SetBreakpointsArguments, Dap.SetBreakpointsResponse['body']];
  setExceptionBreakpoints: [
    Dap.SetExceptionBreakpointsArguments,
    Required<Dap.SetExceptionBreakpointsResponse>['body'],
  ];
  setFunctionBreakpoints: [Dap.SetFunctionBreakpointsArguments, Dap.SetFunctionBreakpointsResponse['body']];
  threads: [object, Dap.ThreadsResponse['body']];
  stackTrace: [Dap.StackTraceArguments, Dap.StackTraceResponse['body']];
  scopes: [Dap.ScopesArguments, Dap.ScopesResponse['body']];
  variables: [Dap.VariablesArguments, Dap.VariablesResponse['body']];
  evaluate: [Dap.EvaluateArguments, Dap.EvaluateResponse['body']];
  completions: [Dap.CompletionsArguments, Dap.CompletionsResponse['body']];
  source: [Dap.SourceArguments, Dap.SourceResponse['body']];
  loadedSources: [object, Dap.LoadedSourcesResponse['body']];
  modules: [object, Dap.ModulesResponse['body']];
  continue: [Dap.ContinueArguments, Dap.ContinueResponse['body']];
  next: [Dap.NextArguments, undefined];
  stepIn: [Dap.StepInArguments, undefined];
  stepOut: [Dap.StepOutArguments, undefined];
  stepBack: [Dap.StepBackArguments, undefined];
  reverseContinue: [Dap.ReverseContinueArguments, undefined];
  pause: [Dap.PauseArguments, undefined];
}

interface Events {
  initialized: undefined;
  stopped: Dap.StoppedEvent['body'];
  thread: Dap.ThreadEvent['body'];
  output: Dap.OutputEvent['body'];
  breakpoint: Dap.BreakpointEvent['body'];
}

export interface DapClient {
  /** Rejects with the adapter's message when the response is a failure. */
  request<C extends keyof Requests>(command: C, args?: Requests[C][0]): Promise<Requests[C][1]>;
  /** The whole response, whatever it says; for what the protocol does not know, too. */
  respond(command: string, args?: unknown): Promise<Dap.Response>;
  /** The next event of this name that was not handed out yet, also when it came before the call. */
  event<E extends keyof Events>(
    name: E,
    accepts?: (body: Events[E]) => boolean,
    timeoutMs?: number,
  ): Promise<Events[E]>;
  /** All events so far, oldest first, handed out or not. */
  events(): readonly { event: string; body?: unknown }[];
  /** Responses and events in the order in which they came. */
  messages(): readonly Dap.ProtocolMessage[];
  /** Bytes as they are, for what no client should send. */
  write(text: string): void;
  /** Closes the stream as an editor that crashed does. */
  hangUp(): void;
  /** Resolves when the adapter has closed its side. */
  closed: Promise<void>;
}

export interface DapClientOptions {
  /** What the adapter reads. */
  input: NodeJS.WritableStream;
  /** What the adapter writes. */
  output: NodeJS.ReadableStream;
}

const TIMEOUT_MS = 20_000;

export function startDapClient({ input, output }: DapClientOptions): DapClient {
  const messages: Dap.ProtocolMessage[] = [];
  const taken = new Set<Dap.ProtocolMessage>();
  const watchers = new Set<() => void>();
  let sequence = 0;
  input.on('error', () => {});
  readMessages(output, (message) => {
    messages.push(message);
    for (const watch of [...watchers]) watch();
  });

  function until<T>(look: () => T | undefined, what: string, timeoutMs: number): Promise<T> {
    return new Promise((resolve, reject) => {
      const watch = () => {
        const found = look();
        if (found === undefined) return;
        watchers.delete(watch);
        clearTimeout(timer);
        resolve(found);
      };
      const timer = setTimeout(() => {
        watchers.delete(watch);
        reject(
          new Error(`Nothing for ${timeoutMs} ms, waiting for ${what}. Last: ${JSON.stringify(messages.slice(-8))}`),
        );
      }, timeoutMs);
      watchers.add(watch);
      watch();
    });
  }

  function write(text: string): void {
    input.write(text);
  }

  async function respond(command: string, args?: unknown): Promise<Dap.Response> {
    sequence += 1;
    const seq = sequence;
    const json = JSON.stringify({ seq, type: 'request', command, ...(args !== undefined && { arguments: args }) });
    write(`Content-Length: ${Buffer.byteLength(json)}\r\n\r\n${json}`);
    const isMine = (message: Dap.ProtocolMessage) => isResponse(message) && message.request_seq === seq;
    return until(() => messages.find(isMine) as Dap.Response | undefined, `the response to ${command}`, TIMEOUT_MS);
  }

  return {
    respond,
    write,
    async request(command, args) {
      const { success, message, body } = await respond(command, args);
      if (!success) throw new Error(`${command}: ${message}`);
      return body;
    },
    async event(name, accepts = () => true, timeoutMs = TIMEOUT_MS) {
      const fits = (message: Dap.ProtocolMessage) =>
        isEvent(message) && message.event === name && !taken.has(message) && accepts(message.body);
      const found = await until(() => messages.find(fits) as Dap.Event | undefined, `the event ${name}`, timeoutMs);
      taken.add(found);
      return found.body;
    },
    events: () => messages.filter(isEvent),
    messages: () => messages,
    hangUp: () => void input.end(),
    closed: new Promise((resolve) => {
      output.once('close', resolve);
      output.once('end', resolve);
    }),
  };
}

function isResponse(message: Dap.ProtocolMessage): message is Dap.Response {
  return message.type === 'response';
}

function isEvent(message: Dap.ProtocolMessage): message is Dap.Event {
  return message.type === 'event';
}

function readMessages(stream: NodeJS.ReadableStream, onMessage: (message: Dap.ProtocolMessage) => void): void {
  let rest: Buffer = Buffer.alloc(0);
  stream.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    for (;;) {
      const head = rest.indexOf('\r\n\r\n');
      const length = Number(/Content-Length: (\d+)/.exec(rest.subarray(0, Math.max(head, 0)).toString())?.[1]);
      if (head === -1 || rest.length < head + 4 + length) return;
      onMessage(JSON.parse(rest.subarray(head + 4, head + 4 + length).toString()));
      rest = rest.subarray(head + 4 + length);
    }
  });
}

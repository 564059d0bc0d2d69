/**
 * The boundary: whatever comes over a socket is checked against the protocol before anything looks at it. A mistake of the
 * other side is answered with a coded error; ours is reported and answered "internal"; neither ends the connection, unless
 * mistakes keep coming.
 */
import { reportBug } from '@stillframe/core/report-bug';
import { type ErrorData, errorName, requestError } from '@stillframe/protocol/errors';
import { MAX_MESSAGE_BYTES } from '@stillframe/protocol/limits';
import { connectionOver } from '@stillframe/transport/web-socket-connection';
import { type MessageConnection, ResponseError } from 'vscode-jsonrpc';
import type { WebSocket } from 'ws';
import type { z } from 'zod';
import type { ServerContext } from '../server-context.ts';
import { storeFailure } from '../store/store-failure.ts';

export interface CheckedConnection {
  readonly connection: MessageConnection;
  onRequest<S extends z.ZodType, R>(method: string, params: S, run: (params: z.infer<S>) => R | Promise<R>): void;
  onNotification<S extends z.ZodType>(
    method: string,
    params: S,
    run: (params: z.infer<S>) => void | Promise<void>,
  ): void;
  close(code: number, reason: string): void;
}

export interface CheckedOptions {
  context: ServerContext;
  endpoint: 'agent' | 'ide';
  /** Called before each message with its method; throws a coded error when it is not the time for it. */
  admit(method: string): void;
  /** Holds the drain until what a request asked for is done. */
  underWay: <T>(work: Promise<T>) => Promise<T>;
}

const WINDOW_MS = 10_000;
const TOO_MANY_MISTAKES = 4400;
const PROBLEMS_NAMED = 3;

export function checkedConnection(
  socket: WebSocket,
  { context, endpoint, admit, underWay }: CheckedOptions,
): CheckedConnection {
  const connection = connectionOver(socket, { maximumMessageBytes: MAX_MESSAGE_BYTES, onBadFrame: () => mistake() });
  let mistakes = 0;
  let windowStart = context.clock();

  function mistake(): void {
    context.metrics.badMessages.inc({ endpoint });
    const now = context.clock();
    if (now - windowStart > WINDOW_MS) {
      windowStart = now;
      mistakes = 0;
    }
    mistakes += 1;
    if (mistakes > context.limits.badMessages) close(TOO_MANY_MISTAKES, 'too many messages with mistakes');
  }

  function close(code: number, reason: string): void {
    socket.close(code, reason);
  }

  /** The error as the other side gets it; what is neither coded nor the machine's failure is our own bug. */
  function coded(error: unknown, method: string): ResponseError<ErrorData> {
    const failure = storeFailure(error);
    if (failure !== undefined) {
      context.log(`cannot store (${failure}): free space on the disk of the data directory, or make it writable`);
      context.metrics.requests.inc({ method, outcome: 'unavailable' });
      return requestError('unavailable', `Free space on the server's disk: it cannot store now (${failure})`);
    }
    const name = errorName(error);
    if (name === undefined || !(error instanceof ResponseError)) {
      reportBug(error, method);
      context.metrics.requests.inc({ method, outcome: 'internal' });
      return requestError('internal', `The server could not carry out ${method}; its log says why`);
    }
    context.metrics.requests.inc({ method, outcome: name });
    if (name === 'invalidParams' || name === 'outOfOrder' || name === 'unknownRequest') mistake();
    return error;
  }

  connection.onRequest((method) => {
    mistake();
    context.metrics.requests.inc({ method: 'unknown', outcome: 'unknownRequest' });
    return requestError('unknownRequest', `This server (${context.version}) does not know "${method.slice(0, 100)}"`);
  });
  connection.onNotification(() => {});

  return {
    connection,
    onRequest(method, params, run) {
      connection.onRequest(method, async (raw: unknown): Promise<unknown> => {
        try {
          admit(method);
          const result = await underWay(Promise.resolve(run(checked(params, raw, method))));
          context.metrics.requests.inc({ method, outcome: 'ok' });
          return result;
        } catch (error) {
          throw coded(error, method);
        }
      });
    },
    onNotification(method, params, run) {
      connection.onNotification(method, async (raw: unknown) => {
        try {
          admit(method);
          await run(checked(params, raw, method));
        } catch (error) {
          coded(error, method);
        }
      });
    },
    close,
  };
}

function checked<S extends z.ZodType>(schema: S, raw: unknown, method: string): z.infer<S> {
  // `sendRequest` without parameters sends none; all our messages take an object.
  const result = schema.safeParse(raw ?? {});
  if (result.success) return result.data;
  const problems = result.error.issues
    .slice(0, PROBLEMS_NAMED)
    .map(({ path, message }) => `${path.length === 0 ? 'parameters' : path.join('.')}: ${message}`);
  throw requestError('invalidParams', `Change the parameters of ${method}: ${problems.join('; ').slice(0, 500)}`);
}

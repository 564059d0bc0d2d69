/**
 * A JSON-RPC connection over one WebSocket: one message per text frame. Whatever the other side sends or fails to
 * send ends in `onError` or `onClose`, never in an exception. Knows no message.
 */
import {
  AbstractMessageReader,
  AbstractMessageWriter,
  createMessageConnection,
  type DataCallback,
  type Disposable,
  type Message,
  type MessageConnection,
  type MessageReader,
  type MessageWriter,
} from 'vscode-jsonrpc/node';
import { type RawData, WebSocket } from 'ws';

export interface ConnectionOptions {
  /** Milliseconds between pings; a side that answers none of them for two periods is gone. 0 turns it off. Default 15 000. */
  heartbeatMs?: number;
  /** Bytes waiting to be sent above which `write` waits. Default 1 MiB. */
  highWaterBytes?: number;
  /** Bytes waiting to be sent above which the other side is given up (code 1013). Default 32 MiB. */
  maximumBufferedBytes?: number;
  /** Frames that are not JSON-RPC before the connection is given up (code 1007). Default 10. */
  maximumBadFrames?: number;
  /** Hears of each frame that is not JSON-RPC. */
  onBadFrame?: (reason: string) => void;
  /** The heartbeat's timer does not keep the process alive. Default true. */
  unref?: boolean;
}

/** Close codes used here: 1001 going away, 1007 not JSON-RPC, 1009 too big (by `ws`), 1013 too slow. */
export function connectionOver(socket: WebSocket, options: ConnectionOptions = {}): MessageConnection {
  const stopHeartbeat = startHeartbeat(socket, options);
  const connection = createMessageConnection(new SocketReader(socket, options), new SocketWriter(socket, options));
  connection.onClose(stopHeartbeat);
  // Errors of single frames are told through `onBadFrame`, those of the socket end in `onClose`.
  connection.onError(() => {});
  return connection;
}

class SocketReader extends AbstractMessageReader implements MessageReader {
  readonly #socket: WebSocket;
  readonly #options: ConnectionOptions;
  #badFrames = 0;

  constructor(socket: WebSocket, options: ConnectionOptions) {
    super();
    this.#socket = socket;
    this.#options = options;
  }

  listen(callback: DataCallback): Disposable {
    const onMessage = (data: RawData, isBinary: boolean) => {
      const message = isBinary ? undefined : parseMessage(data);
      if (message === undefined) this.#refuse(isBinary ? 'a binary frame' : 'a frame that is not a JSON-RPC message');
      else callback(message);
    };
    const onError = (error: Error) => this.fireError(error);
    const onClose = () => this.fireClose();
    this.#socket.on('message', onMessage);
    this.#socket.on('error', onError);
    this.#socket.on('close', onClose);
    return {
      dispose: () => {
        this.#socket.off('message', onMessage);
        this.#socket.off('close', onClose);
        // The error listener stays: a socket without one would end the process.
      },
    };
  }

  #refuse(reason: string): void {
    this.#badFrames += 1;
    this.#options.onBadFrame?.(reason);
    if (this.#badFrames >= (this.#options.maximumBadFrames ?? 10)) this.#socket.close(1007, 'Too many bad frames');
  }
}

/** JSON-RPC allows batches; nobody here sends them, so an array is a bad frame like any other. */
function parseMessage(data: RawData): Message | undefined {
  try {
    const value: unknown = JSON.parse(data.toString());
    const valid = typeof value === 'object' && value !== null && 'jsonrpc' in value && value.jsonrpc === '2.0';
    return valid ? (value as unknown as Message) : undefined;
  } catch {
    return undefined;
  }
}

class SocketWriter extends AbstractMessageWriter implements MessageWriter {
  readonly #socket: WebSocket;
  readonly #highWater: number;
  readonly #maximum: number;

  constructor(socket: WebSocket, options: ConnectionOptions) {
    super();
    this.#socket = socket;
    this.#highWater = options.highWaterBytes ?? 1_048_576;
    this.#maximum = options.maximumBufferedBytes ?? 33_554_432;
  }

  /** Resolves when the frame is handed over, or, above the high-water mark, when it has left the process. */
  async write(message: Message): Promise<void> {
    if (this.#socket.readyState !== WebSocket.OPEN) throw new Error('The connection is closed');
    if (this.#socket.bufferedAmount > this.#maximum) {
      this.#socket.close(1013, 'Too slow');
      throw new Error('The other side does not read');
    }
    const wait = this.#socket.bufferedAmount > this.#highWater;
    await new Promise<void>((resolve, reject) => {
      this.#socket.send(JSON.stringify(message), (error) => (error ? reject(error) : resolve()));
      if (!wait) resolve();
    });
  }

  end(): void {
    this.#socket.close(1000);
  }
}

function startHeartbeat(socket: WebSocket, options: ConnectionOptions): () => void {
  const period = options.heartbeatMs ?? 15_000;
  if (period === 0) return () => {};
  let silentPeriods = 0;
  const alive = () => {
    silentPeriods = 0;
  };
  socket.on('pong', alive);
  socket.on('message', alive);
  const timer = setInterval(() => {
    silentPeriods += 1;
    if (silentPeriods > 2) socket.terminate();
    else if (socket.readyState === WebSocket.OPEN) socket.ping();
  }, period);
  if (options.unref !== false) timer.unref();
  return () => clearInterval(timer);
}

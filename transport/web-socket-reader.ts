/**
 * Reads JSON-RPC from a WebSocket: one message per text frame. What is not JSON-RPC is told through `onBadFrame`; too
 * much of it closes the socket with 1007. Nothing is ever thrown into the socket's events, where it would end the process.
 */
import { AbstractMessageReader, type DataCallback, type Disposable, type Message } from 'vscode-jsonrpc/node';
import type { RawData, WebSocket } from 'ws';

export interface ReaderOptions {
  /** Bytes of one message; a larger one closes the socket with 1009. */
  maximumMessageBytes: number;
  /** Frames that are not JSON-RPC before the socket is closed with 1007. */
  maximumBadFrames: number;
  onBadFrame: (reason: string) => void;
}

export class WebSocketReader extends AbstractMessageReader {
  readonly #socket: WebSocket;
  readonly #options: ReaderOptions;
  #badFrames = 0;

  constructor(socket: WebSocket, options: ReaderOptions) {
    super();
    this.#socket = socket;
    this.#options = options;
    // Listened to from the start and for good: a socket whose error nobody hears ends the process.
    socket.on('error', (error) => this.fireError(error));
    socket.on('close', () => this.fireClose());
  }

  listen(callback: DataCallback): Disposable {
    const receive = (data: RawData, isBinary: boolean): void => {
      if (this.#badFrames >= this.#options.maximumBadFrames) return;
      const problem = this.#deliver(asBuffer(data), isBinary, callback);
      if (problem !== undefined) this.#refuse(problem);
    };
    this.#socket.on('message', receive);
    return { dispose: () => this.#socket.off('message', receive) };
  }

  /** What is wrong with the frame, in words; undefined when it went through. */
  #deliver(bytes: Buffer, isBinary: boolean, callback: DataCallback): string | undefined {
    if (isBinary) return 'a binary frame';
    if (bytes.byteLength > this.#options.maximumMessageBytes) {
      this.#socket.close(1009, 'The message is too large');
      return 'a frame that is too large';
    }
    try {
      const message: unknown = JSON.parse(bytes.toString('utf8'));
      if (!isJsonRpc(message)) return 'a frame that is not a JSON-RPC message';
      callback(message);
      return undefined;
    } catch {
      // Not JSON; or the library stumbled over it, as it does over a `$/cancelRequest` without parameters.
      return 'a frame that is not a JSON-RPC message';
    }
  }

  #refuse(problem: string): void {
    this.#badFrames += 1;
    this.#options.onBadFrame(problem);
    if (this.#badFrames >= this.#options.maximumBadFrames) this.#socket.close(1007, 'Too many bad frames');
  }
}

/** A request, a notification or a response. Batches are allowed by JSON-RPC but not on this wire. */
function isJsonRpc(value: unknown): value is Message {
  if (typeof value !== 'object' || value === null || !('jsonrpc' in value) || value.jsonrpc !== '2.0') return false;
  const id = 'id' in value ? value.id : undefined;
  const isNamed = typeof id === 'string' || typeof id === 'number';
  if ('method' in value) return typeof value.method === 'string' && (id === undefined || isNamed);
  return (isNamed || id === null) && ('result' in value || 'error' in value);
}

/** `ws` gives one Buffer unless told otherwise; the other shapes are its type's, not its practice. */
function asBuffer(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
}

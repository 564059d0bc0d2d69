/**
 * Reads JSON-RPC from a WebSocket: one message per text frame. A frame that is binary, too large, not JSON or not
 * JSON-RPC is reported once through `onError` as a `ProtocolError` and closes the socket; nothing is ever thrown.
 */
import { AbstractMessageReader, type DataCallback, type Disposable, type Message } from 'vscode-jsonrpc/node';
import type { RawData, WebSocket } from 'ws';
import { CLOSE_CODES, ProtocolError } from './protocol-error.ts';

export class WebSocketReader extends AbstractMessageReader {
  readonly #socket: WebSocket;
  readonly #maxMessageBytes: number;
  #broken = false;

  constructor(socket: WebSocket, maxMessageBytes: number) {
    super();
    this.#socket = socket;
    this.#maxMessageBytes = maxMessageBytes;
    socket.on('error', (error) => this.fireError(describeSocketError(error)));
    socket.on('close', () => this.fireClose());
  }

  listen(callback: DataCallback): Disposable {
    const receive = (data: RawData, isBinary: boolean): void => {
      if (this.#broken) return;
      try {
        callback(parseMessage(data, isBinary, this.#maxMessageBytes));
      } catch (error) {
        this.#fail(error);
      }
    };
    this.#socket.on('message', receive);
    return { dispose: () => this.#socket.off('message', receive) };
  }

  /** The library's callback throws too, on a `$/cancelRequest` without parameters for one: the peer's mistake all the same. */
  #fail(error: unknown): void {
    this.#broken = true;
    const failure =
      error instanceof ProtocolError
        ? error
        : new ProtocolError('The message is not valid JSON-RPC', CLOSE_CODES.protocolError);
    this.#socket.close(failure.closeCode, failure.message);
    this.fireError(failure);
  }
}

function parseMessage(data: RawData, isBinary: boolean, maxMessageBytes: number): Message {
  if (isBinary)
    throw new ProtocolError('Send text frames: binary ones are not understood', CLOSE_CODES.unsupportedData);
  const bytes = asBuffer(data);
  if (bytes.byteLength > maxMessageBytes) {
    throw new ProtocolError(`Send messages of at most ${maxMessageBytes} bytes`, CLOSE_CODES.tooLarge);
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(bytes.toString('utf8'));
  } catch {
    throw new ProtocolError('The message is not JSON', CLOSE_CODES.invalidPayload);
  }
  if (!isJsonRpc(parsed)) throw new ProtocolError('The message is not JSON-RPC 2.0', CLOSE_CODES.protocolError);
  return parsed;
}

/** A request, a notification or a response; batches are not part of this wire. */
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

/** `ws` has closed the socket with the right code by itself when the frame was broken or too large. */
function describeSocketError(error: Error): Error {
  const code = 'code' in error ? error.code : undefined;
  if (code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') return new ProtocolError(error.message, CLOSE_CODES.tooLarge);
  if (code === 'WS_ERR_INVALID_UTF8') return new ProtocolError(error.message, CLOSE_CODES.invalidPayload);
  if (typeof code === 'string' && code.startsWith('WS_ERR_')) {
    return new ProtocolError(error.message, CLOSE_CODES.protocolError);
  }
  return error;
}

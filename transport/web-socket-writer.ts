/**
 * Writes JSON-RPC to a WebSocket: one message per text frame, in the order of the calls. Above the high-water mark a
 * write settles only when its bytes have left for the kernel, so that whoever awaits it goes at the reader's pace;
 * whoever does not, and piles up more than the hard bound, loses the connection instead of the process its memory.
 */
import { AbstractMessageWriter, ErrorCodes, Message, type MessageWriter } from 'vscode-jsonrpc/node';
import { WebSocket } from 'ws';

export interface WriterLimits {
  /** Bytes of one message; a larger one is not sent. */
  maxMessageBytes: number;
  /** Bytes waiting in this process above which a write waits. */
  highWaterBytes: number;
  /** Bytes waiting in this process above which the connection is dropped. */
  maxWaitingBytes: number;
}

export class WebSocketWriter extends AbstractMessageWriter implements MessageWriter {
  readonly #socket: WebSocket;
  readonly #limits: WriterLimits;

  constructor(socket: WebSocket, limits: WriterLimits) {
    super();
    this.#socket = socket;
    this.#limits = limits;
    socket.on('close', () => this.fireClose());
  }

  /** Rejects when the message cannot be sent: too large, connection closed, reader far too slow. */
  async write(message: Message): Promise<void> {
    const bytes = this.#encode(message);
    if (this.#socket.readyState !== WebSocket.OPEN) throw new Error('Cannot send: the connection is closed');
    if (this.#socket.bufferedAmount + bytes.byteLength > this.#limits.maxWaitingBytes) {
      this.#socket.terminate();
      const error = new Error(
        `Cannot send: the other side reads too slowly (${this.#socket.bufferedAmount} bytes wait)`,
      );
      this.fireError(error, message);
      throw error;
    }
    const sent = new Promise<void>((resolve, reject) => {
      this.#socket.send(bytes, { binary: false, compress: false }, (error) => (error ? reject(error) : resolve()));
    });
    if (this.#socket.bufferedAmount > this.#limits.highWaterBytes) return sent;
    // The failure of a write that nobody waits for shows as the closing of the connection.
    sent.catch(() => {});
  }

  end(): void {
    this.#socket.close();
  }

  /** An answer that is too large becomes an error, since the other side waits for one. */
  #encode(message: Message): Buffer {
    const bytes = Buffer.from(JSON.stringify(message));
    if (bytes.byteLength <= this.#limits.maxMessageBytes) return bytes;
    const problem = `a message of ${bytes.byteLength} bytes is larger than the ${this.#limits.maxMessageBytes} allowed`;
    if (!Message.isResponse(message)) throw new Error(`Cannot send: ${problem}`);
    const error = { code: ErrorCodes.InternalError, message: `Cannot answer: ${problem}` };
    return Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: message.id, error }));
  }
}

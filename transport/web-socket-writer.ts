/**
 * Writes JSON-RPC to a WebSocket: one message per text frame, in the order of the calls. Above the high-water mark a
 * write settles only when its bytes have left the process, so that whoever awaits it goes at the reader's pace; whoever
 * does not, and piles up more than the hard bound, loses the connection instead of the process its memory.
 */
import { AbstractMessageWriter, ErrorCodes, Message, type MessageWriter } from 'vscode-jsonrpc/node';
import { WebSocket } from 'ws';

export interface WriterOptions {
  /** Bytes of one message; a larger one is not sent. */
  maximumMessageBytes: number;
  /** Bytes waiting in this process above which a write waits. */
  highWaterBytes: number;
  /** Bytes waiting in this process above which the connection is ended. */
  maximumBufferedBytes: number;
}

export class WebSocketWriter extends AbstractMessageWriter implements MessageWriter {
  readonly #socket: WebSocket;
  readonly #options: WriterOptions;

  constructor(socket: WebSocket, options: WriterOptions) {
    super();
    this.#socket = socket;
    this.#options = options;
    socket.on('close', () => this.fireClose());
  }

  /** Rejects when the message cannot be sent: too large, connection closed, reader far too slow. */
  async write(message: Message): Promise<void> {
    const bytes = this.#encode(message);
    if (this.#socket.readyState !== WebSocket.OPEN) throw new Error('The connection is closed');
    if (this.#socket.bufferedAmount + bytes.byteLength > this.#options.maximumBufferedBytes) {
      // A close frame would have to wait behind everything that is not being read.
      this.#socket.terminate();
      throw new Error('The other side does not read');
    }
    const sent = new Promise<void>((resolve, reject) => {
      this.#socket.send(bytes, { binary: false, compress: false }, (error) => (error ? reject(error) : resolve()));
    });
    if (this.#socket.bufferedAmount > this.#options.highWaterBytes) return sent;
    // The failure of a write that nobody waits for shows as the closing of the connection.
    sent.catch(() => {});
  }

  end(): void {
    this.#socket.close(1000);
  }

  /** An answer that is too large becomes an error, since the other side waits for one. */
  #encode(message: Message): Buffer {
    const bytes = Buffer.from(JSON.stringify(message));
    const { maximumMessageBytes } = this.#options;
    if (bytes.byteLength <= maximumMessageBytes) return bytes;
    const problem = `a message of ${bytes.byteLength} bytes is larger than the ${maximumMessageBytes} allowed`;
    if (!Message.isResponse(message)) throw new Error(`Cannot send: ${problem}`);
    const error = { code: ErrorCodes.InternalError, message: `Cannot answer: ${problem}` };
    return Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: message.id, error }));
  }
}

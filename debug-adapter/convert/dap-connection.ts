/**
 * The protocol's framing over two streams, with what the library leaves open: sizes are bounded, a stream that does not
 * speak the protocol is closed, and nothing here can end the process.
 */

import { Event } from '@vscode/debugadapter/lib/messages.js';
import { ProtocolServer } from '@vscode/debugadapter/lib/protocol.js';
import type { DebugProtocol } from '@vscode/debugprotocol';

/** Of one message. Editors send lists of breakpoints at most. */
const MAX_MESSAGE_BYTES = 8_388_608;
const FIRST_WORD = 'Content-Length:';

export interface DapStreams {
  input: NodeJS.ReadableStream;
  output: NodeJS.WritableStream;
}

export class DapConnection extends ProtocolServer {
  readonly #streams: DapStreams;
  readonly #onRequest: (request: DebugProtocol.Request) => void;
  readonly #onEnd: () => void;
  #beginning = '';
  #unhandledBytes = 0;
  #ended = false;

  constructor(streams: DapStreams, onRequest: (request: DebugProtocol.Request) => void, onEnd: () => void) {
    super();
    this.#streams = streams;
    this.#onRequest = onRequest;
    this.#onEnd = onEnd;
    this.on('error', () => this.end());
    this.on('close', () => this.end());
  }

  listen(): void {
    const { input, output } = this.#streams;
    input.on('data', (chunk: Buffer | string) => this.#look(chunk));
    input.once('end', () => this.end());
    this.start(input, output);
  }

  send(event: string, body?: object): void {
    if (!this.#ended) this.sendEvent(new Event(event, body));
  }

  respond(response: DebugProtocol.Response): void {
    if (!this.#ended) this.sendResponse(response);
  }

  /** Ends the conversation from this side; what was written is still sent. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#onEnd();
    const { input } = this.#streams;
    input.pause();
    if ('unref' in input && typeof input.unref === 'function') input.unref();
  }

  protected override dispatchRequest(request: DebugProtocol.Request): void {
    this.#unhandledBytes = 0;
    if (!this.#ended) this.#onRequest(request);
  }

  /**
   * A page in a browser can post to a port on loopback, and the library would skip the lines of HTTP above a body that is made to look like a request.
   */
  #look(chunk: Buffer | string): void {
    if (this.#beginning.length < FIRST_WORD.length) {
      this.#beginning += chunk.toString().slice(0, FIRST_WORD.length - this.#beginning.length);
      if (!FIRST_WORD.toLowerCase().startsWith(this.#beginning.toLowerCase())) this.end();
    }
    this.#unhandledBytes += chunk.length;
    if (this.#unhandledBytes > MAX_MESSAGE_BYTES) this.end();
  }
}

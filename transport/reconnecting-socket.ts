/**
 * Keeps one WebSocket to a server open: dials, hands over each socket that opens, and dials again after it closes, with
 * exponential backoff and full jitter so that a thousand clients do not come back in the same second.
 */
import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';

export interface ReconnectingOptions {
  /** `ws:` or `wss:` with the path. */
  url: string;
  /** Asked before each dialling; undefined refuses with "no key". */
  key: () => Promise<string | undefined>;
  /** Bytes of one incoming message; larger ones close the socket with 1009. */
  maximumMessageBytes: number;
  onOpen: (socket: WebSocket) => void;
  /** A dialling failed or a socket closed; another follows after `retryMs`. */
  onDown: (reason: string, retryMs: number) => void;
  /** The server does not accept the key, or there is none; nothing is tried until `retryNow`. */
  onRefused: (reason: string) => void;
  /** First and largest wait, milliseconds. Defaults 250 and 30 000. */
  baseMs?: number;
  maximumMs?: number;
  /** In [0, 1); default `Math.random`. */
  chance?: () => number;
}

export class ReconnectingSocket {
  readonly #options: ReconnectingOptions;
  #socket: WebSocket | undefined;
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;
  #closed = false;
  #dialling = false;

  constructor(options: ReconnectingOptions) {
    this.#options = options;
  }

  start(): void {
    void this.#dial();
  }

  /** Ends a wait, for instance when the person has just signed in. */
  retryNow(): void {
    if (this.#closed || this.#socket !== undefined) return;
    clearTimeout(this.#timer);
    this.#failures = 0;
    void this.#dial();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#socket?.close(1000);
  }

  async #dial(): Promise<void> {
    if (this.#dialling) return;
    this.#dialling = true;
    const key = await this.#options.key().catch(() => undefined);
    this.#dialling = false;
    if (this.#closed) return;
    if (key === undefined) {
      this.#options.onRefused('no key');
      return;
    }
    const socket = new WebSocket(this.#options.url, {
      headers: { Authorization: `Bearer ${key}` },
      maxPayload: this.#options.maximumMessageBytes,
      handshakeTimeout: 10_000,
      followRedirects: false,
    });
    this.#socket = socket;
    this.#watch(socket);
  }

  #watch(socket: WebSocket): void {
    let reason = 'the connection was closed';
    let refused: string | undefined;
    socket.on('error', (error: NodeJS.ErrnoException) => {
      reason = error.code === 'ECONNREFUSED' ? 'nothing answers there' : error.message;
    });
    socket.on('unexpected-response', (request, response: IncomingMessage) => {
      const { statusCode = 0 } = response;
      reason = `the server answered ${statusCode}`;
      if (statusCode === 401 || statusCode === 403) refused = reason;
      response.resume();
      request.destroy();
      // Without a listener `ws` would emit `close` by itself; with one it is ours to end the attempt.
      socket.terminate();
    });
    socket.on('open', () => {
      this.#failures = 0;
      this.#options.onOpen(socket);
    });
    socket.on('close', () => {
      if (this.#socket !== socket) return;
      this.#socket = undefined;
      if (this.#closed) return;
      if (refused !== undefined) this.#options.onRefused(refused);
      else this.#wait(reason);
    });
  }

  #wait(reason: string): void {
    const { baseMs = 250, maximumMs = 30_000, chance = Math.random } = this.#options;
    const ceiling = Math.min(maximumMs, baseMs * 2 ** Math.min(this.#failures, 20));
    const retryMs = Math.round(baseMs / 2 + chance() * ceiling);
    this.#failures += 1;
    this.#timer = setTimeout(() => void this.#dial(), retryMs);
    this.#options.onDown(reason, retryMs);
  }
}

/**
 * Keeps one WebSocket to a server open: dials, hands over each socket that opens, and dials again after it closes, with
 * exponential backoff and full jitter so that a thousand clients do not come back in the same second.
 */
import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import { backoffDelay } from './backoff.ts';

export interface ReconnectingOptions {
  /** `ws:` or `wss:` with the path. */
  url: string;
  /** Asked before each dialling; undefined refuses with "no key". Sent as `Authorization: Bearer`, nowhere else. */
  key: () => Promise<string | undefined>;
  /** Bytes of one incoming message; larger ones close the socket with 1009. */
  maximumMessageBytes: number;
  onOpen: (socket: WebSocket) => void;
  /** A dialling failed or a socket closed; another follows after `retryMs`. */
  onDown: (reason: string, retryMs: number) => void;
  /** The server does not accept the key, or there is none; nothing is tried until `retryNow`. `reason` quotes the server. */
  onRefused: (reason: string) => void;
  /** First and largest wait, milliseconds. Defaults 250 and 30 000. */
  baseMs?: number;
  maximumMs?: number;
  /** In [0, 1); default `Math.random`. */
  chance?: () => number;
  /** Milliseconds a connection must have lived for the waits to begin at the shortest again. Default 5 000. */
  stableMs?: number;
  /** With true neither the waiting nor the socket keeps the process alive. Default false. */
  unref?: boolean;
}

/** Characters of a refusal's body that are read. */
const MAXIMUM_REASON_LENGTH = 1000;

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

  /** Closes with 1000 and dials no more. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    if (this.#socket?.readyState === WebSocket.CONNECTING) this.#socket.terminate();
    else this.#socket?.close(1000);
  }

  async #dial(): Promise<void> {
    if (this.#dialling) return;
    this.#dialling = true;
    try {
      const key = await this.#options.key();
      if (this.#closed) return;
      if (key === undefined) this.#options.onRefused('no key');
      else this.#watch(this.#open(key));
    } catch (error) {
      // The keychain failed, or the key holds what no header can carry.
      if (!this.#closed) this.#wait(`the key cannot be used: ${textOf(error)}`, 0);
    } finally {
      this.#dialling = false;
    }
  }

  #open(key: string): WebSocket {
    const socket = new WebSocket(this.#options.url, {
      headers: { Authorization: `Bearer ${key}` },
      maxPayload: this.#options.maximumMessageBytes,
      perMessageDeflate: false,
      handshakeTimeout: 10_000,
      followRedirects: false,
      finishRequest: (request) => {
        if (this.#options.unref === true) request.once('socket', (tcp) => tcp.unref());
        request.end();
      },
    });
    this.#socket = socket;
    return socket;
  }

  #watch(socket: WebSocket): void {
    let reason = 'the connection was closed';
    let answered = false;
    let refused = false;
    let openedAt: number | undefined;
    let atLeastMs = 0;
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (!answered) reason = error.code === 'ECONNREFUSED' ? 'nothing answers there' : textOf(error);
    });
    socket.on('unexpected-response', async (request, response: IncomingMessage) => {
      const { statusCode = 0 } = response;
      answered = true;
      refused = statusCode === 401 || statusCode === 403;
      atLeastMs = retryAfterMs(response);
      const body = await readReason(response);
      reason = `the server answered ${statusCode}${body === '' ? '' : `: ${body}`}`;
      // Without a listener `ws` would emit `close` by itself; with one it is ours to end the attempt.
      request.destroy();
      socket.terminate();
    });
    socket.on('open', () => {
      openedAt = performance.now();
      if (!this.#closed) this.#options.onOpen(socket);
    });
    socket.on('close', (code, text) => {
      if (this.#socket !== socket) return;
      this.#socket = undefined;
      if (this.#closed) return;
      // A server that accepts and hangs up at once must not be dialled at the shortest wait for ever.
      const lived = openedAt === undefined ? 0 : performance.now() - openedAt;
      if (openedAt !== undefined && lived >= (this.#options.stableMs ?? 5000)) this.#failures = 0;
      if (openedAt !== undefined) reason = describeClose(code, text.toString());
      if (refused) this.#options.onRefused(reason);
      else this.#wait(reason, atLeastMs);
    });
  }

  #wait(reason: string, atLeastMs: number): void {
    const { baseMs = 250, maximumMs = 30_000, chance = Math.random } = this.#options;
    const delay = backoffDelay(this.#failures, { baseMs, maximumMs, chance });
    const retryMs = Math.max(delay, Math.min(atLeastMs, maximumMs));
    this.#failures += 1;
    this.#timer = setTimeout(() => void this.#dial(), retryMs);
    if (this.#options.unref === true) this.#timer.unref();
    this.#options.onDown(reason, retryMs);
  }
}

/** `Retry-After` in seconds, as a busy or draining server sends it. */
function retryAfterMs(response: IncomingMessage): number {
  const seconds = Number(response.headers['retry-after']);
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : 0;
}

/** The beginning of a refusal's body as one line; a body that never ends is cut. */
async function readReason(response: IncomingMessage): Promise<string> {
  let text = '';
  try {
    for await (const chunk of response.setEncoding('utf8')) {
      text += chunk;
      if (text.length > MAXIMUM_REASON_LENGTH) break;
    }
  } catch {
    // A body that breaks off still has its beginning.
  }
  return text.slice(0, MAXIMUM_REASON_LENGTH).replace(/\s+/g, ' ').trim();
}

function describeClose(code: number, text: string): string {
  if (text !== '') return text;
  return code === 1001 ? 'the server is restarting' : `the connection was closed (${code})`;
}

/** Node reports a host with several addresses as one error without words of its own. */
function textOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(textOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}

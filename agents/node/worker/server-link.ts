/**
 * JSON-RPC 2.0 over one WebSocket to the management server, reconnecting for ever with growing, jittered pauses. What the
 * server sends is not trusted: anything unexpected is dropped, never thrown.
 */
import { readFile } from 'node:fs/promises';
import WebSocket from 'ws';
import type { WorkerSettings } from '../shared/probe-messages.ts';

export interface ServerLinkEvents {
  /** A socket is open; its `hello` is the owner's to send. */
  onOpen(): void;
  onClosed(): void;
  onNotification(method: string, params: unknown): void;
  /** The answer to a request of the server; `undefined` means that the request is unknown. */
  onRequest(method: string, params: unknown): Promise<unknown> | undefined;
}

/** An error answer of the server, or the loss of the connection. */
export class ServerError extends Error {
  readonly code: number;

  constructor(message: string, code: number) {
    super(message);
    this.code = code;
  }
}

/** What a request of the server is refused with; carries a code of `protocol/errors.ts`. */
export class RefusedRequest extends Error {
  readonly code: number;
  readonly errorName: string;

  constructor(code: number, errorName: string, message: string) {
    super(message);
    this.code = code;
    this.errorName = errorName;
  }
}

const MAX_MESSAGE_BYTES = 8_388_608;
const HANDSHAKE_MS = 10_000;
/** The server pings more often; silence for this long means that the link is dead. */
const SILENCE_MS = 60_000;
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 30_000;
/** A refused key is not retried at speed; a new one may still be put into the file. */
const REFUSED_PAUSE_MS = 60_000;
const REQUEST_MS = 30_000;
const UNKNOWN_REQUEST = -32601;
const LOST = -32009;

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
  timer: NodeJS.Timeout;
}

export class ServerLink {
  readonly #settings: WorkerSettings;
  readonly #events: ServerLinkEvents;
  readonly #waiting = new Map<number, Waiting>();
  #socket: WebSocket | undefined;
  #silence: NodeJS.Timeout | undefined;
  #nextId = 1;
  #failures = 0;
  #saidRefusal = false;
  #closed = false;

  constructor(settings: WorkerSettings, events: ServerLinkEvents) {
    this.#settings = settings;
    this.#events = events;
  }

  start(): void {
    this.#dial().catch(() => this.#retry(this.#pause()));
  }

  close(): void {
    this.#closed = true;
    this.#socket?.terminate();
  }

  /** After a `hello` that was answered: the next loss is retried at once. */
  settled(): void {
    this.#failures = 0;
    this.#saidRefusal = false;
  }

  /** Ends the present connection; a new one follows. */
  drop(): void {
    this.#socket?.terminate();
  }

  get isOpen(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  get bufferedBytes(): number {
    return this.#socket?.bufferedAmount ?? 0;
  }

  notify(method: string, params: unknown): void {
    this.#send({ jsonrpc: '2.0', method, params });
  }

  request(method: string, params: unknown): Promise<unknown> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.drop(), REQUEST_MS);
      this.#waiting.set(id, { resolve, reject, timer });
      this.#send({ jsonrpc: '2.0', id, method, params });
    });
  }

  async #dial(): Promise<void> {
    const key = await this.#key();
    if (this.#closed) return;
    const socket = new WebSocket(this.#settings.url, {
      ...(key !== undefined && { headers: { authorization: `Bearer ${key}` } }),
      handshakeTimeout: HANDSHAKE_MS,
      maxPayload: MAX_MESSAGE_BYTES,
      perMessageDeflate: false,
      followRedirects: false,
    });
    this.#socket = socket;
    let refusal: number | undefined;
    socket.on('unexpected-response', (request, response) => {
      refusal = response.statusCode;
      response.resume();
      request.destroy();
      // `ws` leaves the socket as it is when somebody listens here.
      socket.terminate();
    });
    socket.on('open', () => {
      this.#listenForSilence();
      this.#events.onOpen();
    });
    socket.on('ping', () => this.#listenForSilence());
    socket.on('message', (data, isBinary) => {
      this.#listenForSilence();
      if (!isBinary) this.#received(String(data));
    });
    socket.on('error', () => {});
    socket.on('close', () => this.#lost(refusal));
  }

  /** Read anew for each connection, so that a rotated key file takes effect. */
  async #key(): Promise<string | undefined> {
    const { key } = this.#settings;
    if (key === undefined) return undefined;
    if ('text' in key) return key.text.trim();
    return (await readFile(key.file, 'utf8')).trim();
  }

  #listenForSilence(): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.drop(), SILENCE_MS);
  }

  #lost(refusal: number | undefined): void {
    clearTimeout(this.#silence);
    this.#socket = undefined;
    for (const { reject, timer } of this.#waiting.values()) {
      clearTimeout(timer);
      reject(new ServerError('The connection was lost', LOST));
    }
    this.#waiting.clear();
    this.#events.onClosed();
    if (refusal === 401 || refusal === 403) {
      if (!this.#saidRefusal)
        say(
          `the server refuses this agent's key. Set STILLFRAME_KEY_FILE to the server's agent key; trying again each minute`,
        );
      this.#saidRefusal = true;
      this.#retry(REFUSED_PAUSE_MS);
    } else this.#retry(this.#pause());
  }

  #pause(): number {
    const most = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(this.#failures, 10));
    this.#failures += 1;
    return most / 2 + Math.random() * (most / 2);
  }

  #retry(pause: number): void {
    if (!this.#closed) setTimeout(() => this.start(), pause);
  }

  #send(message: object): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  #received(text: string): void {
    let message: unknown;
    try {
      message = JSON.parse(text);
    } catch {
      return;
    }
    if (typeof message !== 'object' || message === null) return;
    const { id, method, params, result, error } = message as Record<string, unknown>;
    if (typeof method === 'string' && id === undefined) this.#events.onNotification(method, params);
    else if (typeof method === 'string') this.#answer(id, method, params);
    else if (typeof id === 'number') this.#answered(id, result, error);
  }

  #answered(id: number, result: unknown, error: unknown): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#waiting.delete(id);
    clearTimeout(waiting.timer);
    if (error === undefined) {
      waiting.resolve(result);
      return;
    }
    const { message, code } = Object(error) as { message?: unknown; code?: unknown };
    waiting.reject(new ServerError(String(message), typeof code === 'number' ? code : 0));
  }

  #answer(id: unknown, method: string, params: unknown): void {
    const answer = this.#events.onRequest(method, params);
    if (answer === undefined) {
      const error = { code: UNKNOWN_REQUEST, message: `Unknown request "${method}"`, data: { code: 'unknownRequest' } };
      this.#send({ jsonrpc: '2.0', id, error });
      return;
    }
    answer.then(
      (result) => this.#send({ jsonrpc: '2.0', id, result }),
      (reason: unknown) => this.#send({ jsonrpc: '2.0', id, error: errorOf(reason) }),
    );
  }
}

function errorOf(reason: unknown): object {
  if (reason instanceof RefusedRequest)
    return { code: reason.code, message: reason.message, data: { code: reason.errorName } };
  return { code: -32603, message: 'The agent could not answer', data: { code: 'internal' } };
}

/** The service's own log; used for what an operator must do, once. */
export function say(message: string): void {
  process.stderr.write(`stillframe: ${message}\n`);
}

/**
 * The editor side's one connection to the management server: dials, says hello, keeps the live view, and comes back by
 * itself. What is asked while it is away waits a little, then fails with words that say what to do.
 */
import { type ErrorData, errorName, requestError } from '@stillframe/protocol/errors';
import type { Hit } from '@stillframe/protocol/hit';
import { MAX_MESSAGE_BYTES } from '@stillframe/protocol/limits';
import {
  type DeployedFile,
  FileList,
  HitRead,
  IdeHello,
  ViewChanged,
  type ViewChangedParams,
  ViewOpen,
} from '@stillframe/protocol/messages/ide-connection';
import { PROTOCOL_RANGE } from '@stillframe/protocol/version';
import { endpointUrl } from '@stillframe/transport/endpoint-url';
import { ReconnectingSocket } from '@stillframe/transport/reconnecting-socket';
import { connectionOver } from '@stillframe/transport/web-socket-connection';
import type { Disposable, MessageConnection, RequestType } from 'vscode-jsonrpc';
import type { WebSocket } from 'ws';
import { changedView, EMPTY_VIEW, type LiveView, openedView } from './live-view.ts';

export interface ManagementLinkOptions {
  /** The server as people write it: `http://127.0.0.1:7070`. */
  url: string;
  /** Asked before each connection; undefined means that nobody is signed in. */
  token: () => Promise<string | undefined>;
  client: { name: string; version: string };
  log?: (line: string) => void;
}

export type LinkState = 'connecting' | 'connected' | 'signedOut' | 'disconnected';

/** What changed; `connection` is set when the link's state did, and with it everything may have. */
export type ViewChange = ViewChangedParams & { connection?: true };

const REQUEST_WAIT_MS = 10_000;
/** Hits are read again and again while a person walks through them. */
const HITS_KEPT = 100;

export class ManagementLink {
  readonly #options: ManagementLinkOptions;
  readonly #listeners = new Set<(change: ViewChange) => void>();
  readonly #hits = new Map<string, Promise<Hit>>();
  readonly #waiting = new Set<() => void>();
  #socket: ReconnectingSocket | undefined;
  #connection: MessageConnection | undefined;
  #files: { revision: number; list: Promise<readonly DeployedFile[]> } | undefined;
  #view: LiveView = EMPTY_VIEW;
  #state: LinkState = 'connecting';
  #reason: string | undefined;
  #user: string | undefined;
  /** Why the server and this client did not come to terms, when they did not. */
  #failure: string | undefined;
  #closed = false;

  constructor(options: ManagementLinkOptions) {
    this.#options = options;
  }

  get url(): string {
    return this.#options.url;
  }

  get state(): LinkState {
    return this.#state;
  }

  /** Why it is not connected, in words. */
  get stateReason(): string | undefined {
    return this.#reason;
  }

  get user(): string | undefined {
    return this.#user;
  }

  get view(): LiveView {
    return this.#view;
  }

  start(): void {
    const endpoint = endpointUrl(this.#options.url, '/ide');
    if ('problem' in endpoint) {
      this.#become('disconnected', endpoint.problem);
      return;
    }
    this.#socket = new ReconnectingSocket({
      url: endpoint.url,
      key: this.#options.token,
      maximumMessageBytes: MAX_MESSAGE_BYTES,
      onOpen: (socket) => void this.#opened(socket),
      onDown: (reason) => this.#down(reason),
      onRefused: (reason) => this.#refused(reason),
    });
    this.#socket.start();
  }

  /** Someone has just signed in, or asks for a new try now. */
  retryNow(): void {
    this.#socket?.retryNow();
  }

  onDidChange(listener: (change: ViewChange) => void): Disposable {
    this.#listeners.add(listener);
    return { dispose: () => void this.#listeners.delete(listener) };
  }

  /** Resolves when it is connected; after ten seconds, or when nobody is signed in, throws with what to do. */
  ready(): Promise<void> {
    return this.#connected();
  }

  /** Waits for the connection for up to ten seconds; then `unavailable`, with what to do. */
  async request<P, R>(type: RequestType<P, R, ErrorData>, params: P): Promise<R> {
    await this.#connected();
    if (this.#connection === undefined) throw this.#unavailable();
    try {
      return await this.#connection.sendRequest<R>(type.method, params);
    } catch (error) {
      if (errorName(error) !== undefined) throw error;
      // Not the server's answer but the end of the connection, which is nobody's mistake.
      throw requestError('unavailable', 'The connection was lost before the server answered; try again');
    }
  }

  /** The files agents have loaded, asked once per revision. */
  async files(): Promise<readonly DeployedFile[]> {
    const revision = this.#view.filesRevision;
    if (this.#state !== 'connected') return (await this.#files?.list.catch(() => [])) ?? [];
    if (this.#files?.revision !== revision) {
      const list = this.request(FileList, {}).then(({ files }) => files);
      this.#files = { revision, list };
      list.catch(() => {
        if (this.#files?.list === list) this.#files = undefined;
      });
    }
    return this.#files.list;
  }

  hit(id: string): Promise<Hit> {
    const known = this.#hits.get(id);
    if (known !== undefined) {
      this.#hits.delete(id);
      this.#hits.set(id, known);
      return known;
    }
    const hit = this.request(HitRead, { id });
    this.#hits.set(id, hit);
    hit.catch(() => this.#hits.delete(id));
    for (const oldest of this.#hits.keys()) {
      if (this.#hits.size <= HITS_KEPT) break;
      this.#hits.delete(oldest);
    }
    return hit;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#socket?.close();
    this.#connection?.end();
    this.#connection = undefined;
    for (const wake of [...this.#waiting]) wake();
  }

  async #opened(socket: WebSocket): Promise<void> {
    const connection = connectionOver(socket, { unref: true });
    connection.onNotification(ViewChanged, (change) => this.#changed(connection, change));
    connection.listen();
    try {
      const hello = await connection.sendRequest(IdeHello, { protocol: PROTOCOL_RANGE, client: this.#options.client });
      const opened = await connection.sendRequest(ViewOpen, {});
      this.#connection = connection;
      this.#user = hello.user;
      this.#view = openedView(opened);
      this.#files = undefined;
      this.#become('connected', undefined);
    } catch (error) {
      // Closing has the socket tried again, with what went wrong as the reason.
      this.#failure = error instanceof Error ? error.message : String(error);
      socket.close();
    }
  }

  #changed(connection: MessageConnection, change: ViewChangedParams): void {
    if (this.#connection !== connection) return;
    this.#view = changedView(this.#view, change);
    this.#tell(change);
  }

  #down(reason: string): void {
    this.#connection = undefined;
    if (this.#closed) return;
    const address = this.#options.url;
    const why = this.#failure ?? reason;
    this.#failure = undefined;
    this.#become(
      'disconnected',
      `Cannot reach the Stillframe server at ${address} (${why}). Start it with "stillframe server", or set the server's address`,
    );
  }

  #refused(reason: string): void {
    this.#connection = undefined;
    const why = reason === 'no key' ? 'nobody is signed in' : reason;
    this.#become('signedOut', `Sign in to ${this.#options.url}: ${why}`);
  }

  #become(state: LinkState, reason: string | undefined): void {
    const before = this.#state;
    this.#state = state;
    this.#reason = reason;
    if (reason !== undefined && before !== state) this.#options.log?.(reason);
    for (const wake of [...this.#waiting]) wake();
    this.#tell({ connection: true });
  }

  #tell(change: ViewChange): void {
    for (const listener of [...this.#listeners]) listener(change);
  }

  #connected(): Promise<void> {
    if (this.#state === 'connected') return Promise.resolve();
    return new Promise((resolve, reject) => {
      const look = () => {
        if (this.#state === 'connecting' || (this.#state === 'disconnected' && !this.#closed && !timedOut)) return;
        this.#waiting.delete(look);
        clearTimeout(timer);
        if (this.#state === 'connected') resolve();
        else reject(this.#unavailable());
      };
      let timedOut = false;
      const timer = setTimeout(() => {
        timedOut = true;
        this.#waiting.delete(look);
        reject(this.#unavailable());
      }, REQUEST_WAIT_MS);
      this.#waiting.add(look);
      look();
    });
  }

  #unavailable(): Error {
    const name = this.#state === 'signedOut' ? 'unauthorized' : 'unavailable';
    return requestError(name, this.#reason ?? `Wait for the Stillframe server at ${this.#options.url} to answer`);
  }
}

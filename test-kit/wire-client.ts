/** The raw wire in the hands of a test: any key, any message, either endpoint; what comes back is kept. */
import { createServer } from 'node:http';
import type { ActionInfo, ViewChangedParams } from '@stillframe/protocol/messages/ide-connection';
import { ViewChanged } from '@stillframe/protocol/messages/ide-connection';
import { connectionOver } from '@stillframe/transport/web-socket-connection';
import type { MessageConnection, RequestType } from 'vscode-jsonrpc';
import { WebSocket } from 'ws';

export interface DialOptions {
  /** The server's address, `http://…`. */
  url: string;
  endpoint?: string;
  key?: string | undefined;
  headers?: Record<string, string>;
}

/** The status and body a server refuses the upgrade with; undefined when it accepts. */
export function refusalOf(options: DialOptions): Promise<{ status: number; body: string } | undefined> {
  return new Promise((resolve, reject) => {
    const socket = openSocket(options);
    socket.once('open', () => {
      socket.terminate();
      resolve(undefined);
    });
    socket.once('unexpected-response', (_request, response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      response.once('end', () => resolve({ status: response.statusCode ?? 0, body }));
    });
    socket.once('error', reject);
  });
}

export function openSocket({ url, endpoint = '/ide', key, headers = {} }: DialOptions): WebSocket {
  return new WebSocket(`${url.replace(/^http/, 'ws')}${endpoint}`, {
    headers: { ...(key !== undefined && { authorization: `Bearer ${key}` }), ...headers },
  });
}

export interface IdeClient {
  connection: MessageConnection;
  socket: WebSocket;
  changes: ViewChangedParams[];
  /** The latest of each action that was told of. */
  actions: Map<string, ActionInfo>;
  request<P, R, E>(type: RequestType<P, R, E>, params: P): Promise<R>;
  /** A message as it is. */
  send(text: string): void;
  until<T>(look: () => T | undefined, what: string, timeoutMs?: number): Promise<T>;
  close(): void;
}

/** An editor that has said hello and opened the view, unless `silent`. */
export async function startIdeClient(options: DialOptions & { silent?: boolean }): Promise<IdeClient> {
  const socket = openSocket(options);
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  const connection = connectionOver(socket);
  const watchers = new Set<() => void>();
  const client: IdeClient = {
    connection,
    socket,
    changes: [],
    actions: new Map(),
    request: (type, params) => connection.sendRequest(type.method, params),
    send: (text) => socket.send(text),
    until(look, what, timeoutMs = 10_000) {
      return new Promise((resolve, reject) => {
        const watch = () => {
          const found = look();
          if (found === undefined) return;
          watchers.delete(watch);
          clearTimeout(timer);
          resolve(found);
        };
        const timer = setTimeout(() => {
          watchers.delete(watch);
          reject(new Error(`Nothing for ${timeoutMs} ms, waiting for ${what}`));
        }, timeoutMs);
        watchers.add(watch);
        watch();
      });
    },
    close: () => socket.terminate(),
  };
  const looked = () => {
    for (const watch of [...watchers]) watch();
  };
  connection.onNotification(ViewChanged, (change) => {
    client.changes.push(change);
    for (const action of change.actions ?? []) client.actions.set(action.id, action);
    looked();
  });
  connection.onClose(looked);
  connection.listen();
  if (options.silent !== true) {
    const hello = { protocol: { min: 1, max: 1 }, client: { name: 'test', version: '1' } };
    await connection.sendRequest('ide/hello', hello);
    await connection.sendRequest('view/open', {});
  }
  return client;
}

/** A port nobody listens on now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' ? (address?.port ?? 0) : 0));
    });
  });
}

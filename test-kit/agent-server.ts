/**
 * The server's end of `/agent`, in the hands of a test: real WebSocket, no store. A test says what the agent should carry
 * out and waits for what it sends.
 */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Action } from '@stillframe/protocol/action';
import type { AgentDescription, LoadedFile } from '@stillframe/protocol/agent';
import type { AgentHit } from '@stillframe/protocol/hit';
import { DEFAULT_CAPTURE_LIMITS } from '@stillframe/protocol/limits';
import {
  AgentHello,
  DesiredState,
  Files,
  Hits,
  Metrics,
  Source,
  type SourceResult,
  Statuses,
} from '@stillframe/protocol/messages/agent-connection';
import type { MetricPoint } from '@stillframe/protocol/metric';
import { DEFAULT_POLICY, type Policy } from '@stillframe/protocol/policy';
import type { ActionStatus } from '@stillframe/protocol/status';
import { connectionOver } from '@stillframe/transport/web-socket-connection';
import type { MessageConnection } from 'vscode-jsonrpc';
import { type WebSocket, WebSocketServer } from 'ws';

export interface AgentServer {
  /** `ws://127.0.0.1:port`, for `STILLFRAME_URL`. */
  url: string;
  agents: AgentDescription[];
  files: Map<string, LoadedFile>;
  statuses: Map<string, ActionStatus>;
  hits: AgentHit[];
  metrics: MetricPoint[];
  sockets: WebSocket[];
  /** Headers of each connection. */
  requests: IncomingMessage[];
  /** Sends this as the whole desired state, now and to those who connect later. */
  setActions(actions: Action[], policy?: Policy): void;
  source(path: string): Promise<SourceResult>;
  /** Resolves with the first value that is not undefined, looked at after each message of an agent. */
  until<T>(look: () => T | undefined, what: string, timeoutMs?: number): Promise<T>;
  /** Hits and metrics are taken but not acknowledged until this is turned off again. */
  holdAcknowledgements(hold: boolean): void;
  close(): Promise<void>;
}

export interface AgentServerOptions {
  key?: string;
  policy?: Policy;
  port?: number;
}

export async function startAgentServer(options: AgentServerOptions = {}): Promise<AgentServer> {
  const http = createServer((_request, response) => response.writeHead(404).end());
  const webSockets = new WebSocketServer({ noServer: true });
  const connections = new Set<MessageConnection>();
  const watchers = new Set<() => void>();
  const released: (() => void)[] = [];
  let policy = options.policy ?? DEFAULT_POLICY;
  let actions: Action[] = [];
  let revision = 0;
  let held = false;
  let metricsStored = 0;
  const looked = () => {
    for (const watch of watchers) watch();
  };

  http.on('upgrade', (request, socket, head) => {
    if (options.key !== undefined && request.headers.authorization !== `Bearer ${options.key}`) {
      socket.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n');
      server.requests.push(request);
      looked();
      return;
    }
    webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      server.requests.push(request);
      server.sockets.push(webSocket);
      serve(webSocket);
    });
  });

  function serve(webSocket: WebSocket): void {
    const connection = connectionOver(webSocket);
    connections.add(connection);
    connection.onClose(() => connections.delete(connection));
    connection.onRequest(AgentHello, ({ agent }) => {
      server.agents.push(agent);
      looked();
      setImmediate(() => tell(connection));
      const stored = server.hits.at(-1)?.sequence ?? 0;
      return {
        protocol: 1,
        serverVersion: '0.1.0',
        serverTime: Date.now(),
        policy,
        acknowledged: stored,
        metricsAcknowledged: metricsStored,
      };
    });
    connection.onNotification(Files, ({ added }) => {
      for (const file of added) server.files.set(file.path, file);
      looked();
    });
    connection.onNotification(Statuses, ({ statuses }) => {
      for (const status of statuses) server.statuses.set(status.actionId, status);
      looked();
    });
    connection.onRequest(Hits, async ({ hits }) => {
      if (held) await new Promise<void>((resolve) => released.push(resolve));
      server.hits.push(...hits);
      looked();
      return { acknowledged: hits.at(-1)?.sequence ?? 0 };
    });
    connection.onRequest(Metrics, async ({ sequence, points }) => {
      if (held) await new Promise<void>((resolve) => released.push(resolve));
      // As a server does: a batch that was stored before is only acknowledged again.
      if (sequence > metricsStored) server.metrics.push(...points);
      metricsStored = Math.max(metricsStored, sequence);
      looked();
      return { acknowledged: sequence };
    });
    connection.listen();
  }

  function tell(connection: MessageConnection): void {
    revision += 1;
    void connection.sendNotification(DesiredState, { revision, actions, policy }).catch(() => {});
  }

  const server: AgentServer = {
    url: '',
    agents: [],
    files: new Map(),
    statuses: new Map(),
    hits: [],
    metrics: [],
    sockets: [],
    requests: [],
    setActions(wanted, newPolicy) {
      actions = wanted;
      policy = newPolicy ?? policy;
      for (const connection of connections) tell(connection);
    },
    source(path) {
      const [connection] = connections;
      if (connection === undefined) throw new Error('No agent is connected');
      return connection.sendRequest(Source, { path });
    },
    until(look, what, timeoutMs = 20_000) {
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
          const seen = { statuses: [...server.statuses.values()], hits: server.hits.length };
          reject(new Error(`Nothing for ${timeoutMs} ms, waiting for ${what}. Seen: ${JSON.stringify(seen, null, 1)}`));
        }, timeoutMs);
        watchers.add(watch);
        watch();
      });
    },
    holdAcknowledgements(hold) {
      held = hold;
      if (!hold) for (const release of released.splice(0)) release();
    },
    async close() {
      for (const socket of server.sockets) socket.terminate();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
  await new Promise<void>((resolve) => http.listen(options.port ?? 0, '127.0.0.1', resolve));
  server.url = `ws://127.0.0.1:${(http.address() as AddressInfo).port}`;
  return server;
}

let actionNumber = 0;

/** A snapshot at a line, as the server would send it; `fields` replace. */
export function snapshotAction(path: string, line: number, fields: Partial<Action> = {}): Action {
  actionNumber += 1;
  return {
    id: `a${actionNumber}`,
    revision: 1,
    kind: 'snapshot',
    location: { path, line },
    target: { by: 'all' },
    watches: [],
    maxHits: 1,
    createdAt: Date.now(),
    expiresAt: Date.now() + 3_600_000,
    remainingMs: 3_600_000,
    capture: DEFAULT_CAPTURE_LIMITS,
    createdBy: 'test',
    ...fields,
  };
}

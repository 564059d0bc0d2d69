/** Composes the management server: keys and database, HTTP and WebSocket, expiry and retention; and takes it down again. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { serverDataDirectory } from '@stillframe/core/server-data-directory';
import { MAX_MESSAGE_BYTES } from '@stillframe/protocol/limits';
import { DEFAULT_POLICY, type Policy } from '@stillframe/protocol/policy';
import { WebSocketServer } from 'ws';
import { FailureLimiter } from './auth/failure-limiter.ts';
import { keyCheck } from './auth/key-check.ts';
import { prepareDataDirectory, readOrMakeKey } from './auth/key-file.ts';
import { startCanaries } from './canaries.ts';
import { serveAgent } from './connections/agent-connection.ts';
import { startDesiredStateFeed } from './connections/desired-state.ts';
import { serveIde } from './connections/ide-connection.ts';
import { createStatusRecorder } from './connections/status-recorder.ts';
import { startExpiry } from './expiry.ts';
import { type Admission, admitUpgrade, type UpgradeRules } from './http/admit-upgrade.ts';
import { answerRequest } from './http/answer-request.ts';
import { createMetrics } from './http/metrics.ts';
import { DEFAULT_SERVER_LIMITS, type ServerLimits } from './limits.ts';
import { Bus } from './live/bus.ts';
import { LiveActions } from './live/live-actions.ts';
import { LiveAgents } from './live/live-agents.ts';
import { LoadedFiles } from './live/loaded-files.ts';
import { startRetention } from './retention.ts';
import type { ServerContext } from './server-context.ts';
import { StartError } from './start-error.ts';
import { readActions } from './store/actions-table.ts';
import { readAgents } from './store/agents-table.ts';
import { openDatabase } from './store/open-database.ts';
import { readSources } from './store/sources-table.ts';
import { readStatuses } from './store/statuses-table.ts';
import { SERVER_VERSION } from './version.ts';

export interface ManagementServerOptions {
  /** Default 7070; 0 takes any free port. */
  port?: number;
  /** Default 127.0.0.1. Anything that is not loopback should stand behind TLS. */
  host?: string;
  /** Default: the user's data directory, `STILLFRAME_DATA`. Made when it is not there. */
  dataDirectory?: string;
  policy?: Policy;
  limits?: Partial<ServerLimits>;
  /** Lines for the operator; default standard error. */
  log?: (line: string) => void;
  clock?: () => number;
}

export interface ManagementServer {
  url: string;
  agentKeyFile: string;
  tokenFile: string;
  /** Takes no more, finishes what is under way (within `drainMs`), closes the database. */
  close(): Promise<void>;
}

const DEFAULT_PORT = 7070;
const GOING_AWAY = 1001;

/** Throws a `StartError` that says what to do when the server cannot start. */
export async function startManagementServer(options: ManagementServerOptions = {}): Promise<ManagementServer> {
  const dataDirectory =
    options.dataDirectory ?? serverDataDirectory({ env: process.env, platform: process.platform, home: homedir() });
  const host = options.host ?? '127.0.0.1';
  const clock = options.clock ?? Date.now;
  const log = options.log ?? ((line: string) => void process.stderr.write(`stillframe server: ${line}\n`));
  const limits = { ...DEFAULT_SERVER_LIMITS, ...options.limits };
  prepareDataDirectory(dataDirectory);
  const agentKeyFile = join(dataDirectory, 'agent.key');
  const tokenFile = join(dataDirectory, 'token');
  const failures = new FailureLimiter(limits.failedSignIns, clock);
  const rules: UpgradeRules = {
    agentKey: keyCheck(readOrMakeKey(agentKeyFile)),
    ideToken: keyCheck(readOrMakeKey(tokenFile)),
    failed: (address) => failures.fail(address),
    allowedHosts: isLoopback(host) ? new Set(['localhost', '127.0.0.1', '[::1]', host]) : undefined,
  };

  const webSockets = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES, perMessageDeflate: false });
  const editors = new Set<unknown>();
  const metrics = createMetrics({
    agents: () => context.agents.connectedCount,
    editors: () => editors.size,
    activeActions: () => context.actions.activeCount,
    hitBytes: () => context.actions.hitBytes,
  });
  const database = await openDatabase(join(dataDirectory, 'stillframe.db'), {
    onQuery: (seconds) => metrics.querySeconds.observe(seconds),
  });
  const now = clock();
  const context: ServerContext = {
    database,
    actions: new LiveActions(await readActions(database)),
    agents: new LiveAgents(await readAgents(database), await readStatuses(database), now),
    files: new LoadedFiles(limits.filesPerAgent),
    sources: new Map((await readSources(database)).map((source) => [source.name, source])),
    bus: new Bus(),
    limits,
    policy: options.policy ?? DEFAULT_POLICY,
    metrics,
    version: SERVER_VERSION,
    clock,
    log,
  };
  const feed = startDesiredStateFeed(context);
  const recorder = createStatusRecorder(context);
  const stopExpiry = startExpiry(context);
  const stopCanaries = startCanaries(context);
  const retention = startRetention(context);

  let draining = false;
  const work = new Set<Promise<unknown>>();
  const isDraining = () => draining;
  const underWay = <T>(promise: Promise<T>): Promise<T> => {
    work.add(promise);
    const done = () => work.delete(promise);
    promise.then(done, done);
    return promise;
  };

  const notReady = async (): Promise<string | undefined> => {
    if (draining) return 'shutting down';
    try {
      await database.selectFrom('actions').select('id').limit(1).execute();
      return undefined;
    } catch (error) {
      return `the database does not answer: ${String(error)}`;
    }
  };
  const http = createServer((request, response) => {
    answerRequest(request, response, { metrics, notReady }).catch((error: unknown) => {
      log(`request failed: ${String(error)}`);
      response.destroy();
    });
  });
  http.on('upgrade', (request, socket, head) => {
    socket.on('error', () => {});
    const admission: Admission = draining ? { status: 503, reason: 'Shutting down' } : admitUpgrade(request, rules);
    if ('status' in admission) {
      if (admission.endpoint !== undefined) metrics.signInFailures.inc({ endpoint: admission.endpoint });
      return refuse(socket, admission);
    }
    const { endpoint } = admission;
    if (endpoint === 'ide' && editors.size >= limits.editors) {
      return refuse(socket, { status: 503, reason: 'Too many editors are connected' });
    }
    webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      if (endpoint === 'agent') return serveAgent(webSocket, { context, feed, recorder, isDraining, underWay });
      editors.add(webSocket);
      webSocket.on('close', () => editors.delete(webSocket));
      serveIde(webSocket, { context, caller: { user: 'local' }, isDraining, underWay });
    });
  });

  try {
    await listen(http, options.port ?? DEFAULT_PORT, host);
  } catch (error) {
    stopExpiry();
    stopCanaries();
    await retention.stop();
    await database.destroy();
    throw error;
  }
  const { port } = http.address() as AddressInfo;

  let closing: Promise<void> | undefined;
  async function close(): Promise<void> {
    // Whoever asks meanwhile is told: `/readyz` says so, and who dials is asked to come back.
    draining = true;
    await Promise.race([settled(work), new Promise((resolve) => setTimeout(resolve, limits.drainMs).unref())]);
    const stopped = new Promise((resolve) => http.close(resolve));
    stopExpiry();
    stopCanaries();
    feed.close();
    for (const client of webSockets.clients) client.close(GOING_AWAY, 'the server is shutting down');
    const force = setTimeout(() => {
      for (const client of webSockets.clients) client.terminate();
      http.closeAllConnections();
    }, limits.drainMs);
    http.closeIdleConnections();
    await stopped;
    clearTimeout(force);
    await retention.stop();
    await recorder.flush();
    await database.destroy();
  }

  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    agentKeyFile,
    tokenFile,
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

async function settled(work: Set<Promise<unknown>>): Promise<void> {
  while (work.size > 0) await Promise.allSettled(work);
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

function refuse(
  socket: Duplex,
  { status, reason, retryAfter }: { status: number; reason: string; retryAfter?: number },
): void {
  const names: Record<number, string> = {
    401: 'Unauthorized',
    403: 'Forbidden',
    404: 'Not Found',
    429: 'Too Many Requests',
  };
  const lines = [
    `HTTP/1.1 ${status} ${names[status] ?? 'Service Unavailable'}`,
    'Connection: close',
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(reason)}`,
    ...(status === 401 ? ['WWW-Authenticate: Bearer'] : []),
    ...(retryAfter === undefined ? [] : [`Retry-After: ${retryAfter}`]),
  ];
  // The other side of a socket that was to be upgraded is nobody's to end but ours.
  socket.once('finish', () => socket.destroy());
  socket.end(`${lines.join('\r\n')}\r\n\r\n${reason}`);
}

function listen(http: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    http.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, port, host)));
    http.listen(port, host, () => resolve());
  });
}

function listenError(error: NodeJS.ErrnoException, port: number, host: string): StartError {
  if (error.code === 'EADDRINUSE') {
    return new StartError(`Choose another --port, or stop what listens there: ${host}:${port} is in use`);
  }
  if (error.code === 'EACCES') return new StartError(`Choose a --port above 1023: no right to listen on ${port}`);
  return new StartError(`Cannot listen on ${host}:${port}: ${error.message}`);
}

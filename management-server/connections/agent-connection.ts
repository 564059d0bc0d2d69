/** One `/agent` socket: hello, then statuses, files and hits in, desired state out. */
import { requestError } from '@stillframe/protocol/errors';
import {
  AgentHello,
  AgentHelloParams,
  type AgentHelloResult,
  DesiredState,
  Files,
  FilesParams,
  Hits,
  HitsParams,
  Metrics,
  MetricsParams,
  Source,
  SourceResult,
  Statuses,
  StatusesParams,
} from '@stillframe/protocol/messages/agent-connection';
import { CancellationTokenSource } from 'vscode-jsonrpc';
import type { WebSocket } from 'ws';
import type { AgentLink, LiveAgent } from '../live/live-agents.ts';
import { takeHits } from '../operations/take-hits.ts';
import { takeMetrics } from '../operations/take-metrics.ts';
import type { ServerContext } from '../server-context.ts';
import { saveAgent } from '../store/agents-table.ts';
import { checkedConnection } from './checked-connection.ts';
import type { DesiredStateFeed } from './desired-state.ts';
import { negotiate } from './negotiate.ts';
import type { StatusRecorder } from './status-recorder.ts';

const NO_HELLO = 4408;
const REPLACED = 4409;
const FULL = 4503;

export interface AgentConnectionOptions {
  context: ServerContext;
  feed: DesiredStateFeed;
  recorder: StatusRecorder;
  isDraining: () => boolean;
  /** Holds the drain until the promise settles. */
  underWay: <T>(work: Promise<T>) => Promise<T>;
}

export function serveAgent(socket: WebSocket, options: AgentConnectionOptions): void {
  const { context, feed, recorder } = options;
  let agent: LiveAgent | undefined;
  let greeted = false;
  let closed = false;
  const checked = checkedConnection(socket, {
    context,
    endpoint: 'agent',
    underWay: options.underWay,
    admit(method) {
      if (options.isDraining()) throw requestError('shuttingDown', 'Connect again: the server is shutting down');
      if (method === AgentHello.method ? greeted : agent === undefined) {
        throw requestError('outOfOrder', greeted ? 'Say hello once per connection' : 'Say agent/hello first');
      }
    },
  });
  const { connection } = checked;
  const noHello = setTimeout(() => checked.close(NO_HELLO, 'no hello'), context.limits.helloMs);

  const link: AgentLink = {
    async sendDesiredState(state) {
      await connection.sendNotification(DesiredState, state);
    },
    async requestSource(params) {
      const cancel = new CancellationTokenSource();
      const timer = setTimeout(() => cancel.cancel(), context.limits.sourceMs);
      try {
        const answer = await Promise.race([
          connection.sendRequest(Source, params, cancel.token),
          new Promise<never>((_resolve, reject) => {
            cancel.token.onCancellationRequested(() => reject(new Error('no answer in time')));
          }),
        ]);
        return SourceResult.parse(answer);
      } finally {
        clearTimeout(timer);
        cancel.dispose();
      }
    },
    close: (code, reason) => checked.close(code, reason),
  };

  checked.onRequest(AgentHello.method, AgentHelloParams, async ({ protocol, agent: description }) => {
    const version = negotiate(protocol);
    if (context.agents.get(description.id) === undefined && context.agents.connectedCount >= context.limits.agents) {
      setImmediate(() => checked.close(FULL, 'too many agents'));
      throw requestError(
        'limitExceeded',
        `Connect to another server: ${context.limits.agents} agents are connected to this one, which is all it takes`,
      );
    }
    greeted = true;
    const now = context.clock();
    const info = { ...description, connected: true, connectedAt: now, lastSeenAt: now };
    const settled = await saveAgent(context.database, info).catch((error: unknown) => {
      greeted = false;
      throw error;
    });
    // It hung up while it was being saved: nobody would ever take it off the list again.
    if (closed) throw requestError('unavailable', 'Connect again: the connection is closed');
    clearTimeout(noHello);
    const { agent: live, replaced } = context.agents.connect(description, link, now);
    agent = live;
    replaced?.close(REPLACED, 'the agent connected again');
    context.files.clear(description.id);
    context.bus.publish({ type: 'agentChanged', id: description.id });
    feed.greet(live);
    return {
      protocol: version,
      serverVersion: context.version,
      serverTime: now,
      policy: context.policy,
      acknowledged: settled.hits,
      metricsAcknowledged: settled.metrics,
    } satisfies AgentHelloResult;
  });

  checked.onNotification(Statuses.method, StatusesParams, ({ statuses }) => {
    if (agent !== undefined) recorder.record(agent, statuses);
  });

  checked.onNotification(Files.method, FilesParams, (files) => {
    if (agent !== undefined && context.files.update(agent.info.id, files))
      context.bus.publish({ type: 'filesChanged' });
  });

  checked.onRequest(Hits.method, HitsParams, ({ hits }) => {
    if (agent === undefined) throw requestError('outOfOrder', 'Say agent/hello first');
    return takeHits(context, agent.info, hits);
  });

  checked.onRequest(Metrics.method, MetricsParams, (params) => {
    if (agent === undefined) throw requestError('outOfOrder', 'Say agent/hello first');
    return takeMetrics(context, agent.info, params);
  });

  connection.onClose(() => {
    closed = true;
    clearTimeout(noHello);
    if (agent === undefined || !context.agents.disconnect(agent.info.id, link, context.clock())) return;
    const { id } = agent.info;
    if (context.files.clear(id)) context.bus.publish({ type: 'filesChanged' });
    context.bus.publish({ type: 'agentChanged', id });
    const ids = [...agent.statuses.keys()];
    if (ids.length > 0) context.bus.publish({ type: 'statusesChanged', ids });
    // Best effort: that it was seen until now is only for display.
    saveAgent(context.database, agent.info).catch(() => {});
  });
  connection.listen();
}

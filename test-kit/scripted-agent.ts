/**
 * An agent in the hands of a test: a real WebSocket to a real server, and a test that says which files it has loaded, how
 * its actions are doing, and what they captured.
 */
import { createHash } from 'node:crypto';
import type { Action } from '@stillframe/protocol/action';
import type { AgentDescription, LoadedFile } from '@stillframe/protocol/agent';
import { requestError } from '@stillframe/protocol/errors';
import type { AgentHit } from '@stillframe/protocol/hit';
import {
  AgentHello,
  DesiredState,
  Files,
  Hits,
  Metrics,
  Source,
  Statuses,
} from '@stillframe/protocol/messages/agent-connection';
import type { MetricPoint, Sketch } from '@stillframe/protocol/metric';
import { type ActionStatus, NO_COUNTS } from '@stillframe/protocol/status';
import type { CapturedValue } from '@stillframe/protocol/values';
import { connectionOver } from '@stillframe/transport/web-socket-connection';
import { WebSocket } from 'ws';

export interface ScriptedAgentOptions {
  /** The server's address, `http://…`. */
  url: string;
  key: string;
  description?: Partial<AgentDescription>;
  /** Loaded files with their deployed text, by path. */
  sources?: Readonly<Record<string, string>>;
}

export interface ScriptedAgent {
  description: AgentDescription;
  /** The desired state as it was told last. */
  actions(): readonly Action[];
  /** Adds files, or replaces them by another version. */
  load(sources: Readonly<Record<string, string>>): void;
  unload(paths: readonly string[]): void;
  status(status: ActionStatus): void;
  /** Says that an action waits at its line, or at `fields.resolved`. */
  arm(action: Action, fields?: Partial<ActionStatus>): void;
  /** Sends hits and waits until they are stored. */
  hit(...hits: Omit<AgentHit, 'sequence'>[]): Promise<void>;
  /** Sends one batch of measurements and waits until it is stored; with an old `sequence` it is a repetition. */
  measure(points: MetricPoint[], sequence?: number): Promise<void>;
  /** Resolves with the first value that is not undefined, looked at after each desired state. */
  until<T>(look: (actions: readonly Action[]) => T | undefined, what: string, timeoutMs?: number): Promise<T>;
  /** Resolves when the server has worked off all that was sent before. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

let agentNumber = 0;

export async function startScriptedAgent(options: ScriptedAgentOptions): Promise<ScriptedAgent> {
  const socket = new WebSocket(`${options.url.replace(/^http/, 'ws')}/agent`, {
    headers: { authorization: `Bearer ${options.key}` },
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  const connection = connectionOver(socket);
  const watchers = new Set<() => void>();
  const texts = new Map<string, string>();
  let desired: readonly Action[] = [];
  let sequence = 0;
  let measurements = 0;
  connection.onNotification(DesiredState, ({ actions }) => {
    desired = actions;
    for (const watch of [...watchers]) watch();
  });
  connection.onRequest(Source, ({ path }) => {
    const text = texts.get(path);
    if (text === undefined) return requestError('notFound', `Cannot find ${path}`);
    return { text, sha256: sha256Of(text) };
  });
  connection.listen();

  agentNumber += 1;
  const description: AgentDescription = {
    id: `agent-${String(agentNumber).padStart(4, '0')}`,
    name: 'orders',
    tags: ['production'],
    runtime: 'node',
    runtimeVersion: '24.0.0',
    agentVersion: '0.1.0',
    host: 'pod-7f',
    pid: 4242,
    startedAt: 1_700_000_000_000,
    kinds: ['snapshot', 'log', 'counter', 'tictoc', 'duration', 'metric'],
    ...options.description,
  };
  await connection.sendRequest(AgentHello, { protocol: { min: 1, max: 1 }, agent: description });

  const agent: ScriptedAgent = {
    description,
    actions: () => desired,
    load(sources) {
      for (const [path, text] of Object.entries(sources)) texts.set(path, text);
      void connection.sendNotification(Files, { added: Object.entries(sources).map(loadedFile), removed: [] });
    },
    unload: (paths) => void connection.sendNotification(Files, { added: [], removed: [...paths] }),
    status: (status) => void connection.sendNotification(Statuses, { statuses: [status] }),
    arm(action, fields = {}) {
      const { path, line } = action.location;
      agent.status({
        actionId: action.id,
        revision: action.revision,
        state: 'armed',
        links: [
          { link: 'file', state: 'ok' },
          { link: 'content', state: 'ok' },
          { link: 'line', state: 'ok' },
          { link: 'armed', state: 'ok' },
        ],
        counts: NO_COUNTS,
        resolved: { path, line },
        ...fields,
      });
    },
    async hit(...hits) {
      const numbered = hits.map((hit) => {
        sequence += 1;
        return { ...hit, sequence };
      });
      await connection.sendRequest(Hits, { hits: numbered });
    },
    async measure(points, repeated) {
      if (repeated === undefined) measurements += 1;
      await connection.sendRequest(Metrics, { sequence: repeated ?? measurements, points });
    },
    until(look, what, timeoutMs = 10_000) {
      return new Promise((resolve, reject) => {
        const watch = () => {
          const found = look(desired);
          if (found === undefined) return;
          watchers.delete(watch);
          clearTimeout(timer);
          resolve(found);
        };
        const timer = setTimeout(() => {
          watchers.delete(watch);
          reject(new Error(`Nothing for ${timeoutMs} ms, waiting for ${what}. Desired: ${JSON.stringify(desired)}`));
        }, timeoutMs);
        watchers.add(watch);
        watch();
      });
    },
    // The server answers in order, also what it does not know.
    settled: () =>
      connection.sendRequest('test/settled').then(
        () => {},
        () => {},
      ),
    async close() {
      // A server that went away has closed it already.
      if (socket.readyState === WebSocket.CLOSED) return;
      const closed = new Promise((resolve) => socket.once('close', resolve));
      connection.end();
      socket.close();
      await closed;
    },
  };
  if (options.sources !== undefined) agent.load(options.sources);
  return agent;
}

/** A hit at an action's line whose top frame has these locals; objects go one level deep. */
export function hitOf(action: Action, locals: Readonly<Record<string, unknown>>, fields: Partial<AgentHit> = {}) {
  const values: CapturedValue[] = [];
  const variables = Object.entries(locals).map(([name, value]) => ({ name, value: addValue(values, value) }));
  const hit: Omit<AgentHit, 'sequence'> = {
    actionId: action.id,
    revision: action.revision,
    at: Date.now(),
    frames: [
      {
        function: 'handler',
        path: action.location.path,
        line: action.location.line,
        scopes: [{ kind: 'locals', variables }],
      },
    ],
    watches: [],
    values,
    capture: { heldUpMicros: 40, nodes: values.length },
    ...fields,
  };
  return hit;
}

/** What an agent measured for an action in the last second. */
export function pointOf({ id, revision }: Action, sketch: Sketch, fields: Partial<MetricPoint> = {}): MetricPoint {
  const to = Date.now();
  return { actionId: id, revision, from: to - 1000, to, sketch, ...fields };
}

function addValue(values: CapturedValue[], value: unknown): number {
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(([name, child]) => ({ name, value: addValue(values, child) }));
    values.push({ kind: 'object', type: value.constructor.name, preview: '', size: entries.length, children: entries });
  } else if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    values.push({ kind: typeof value as 'string', type: typeof value, preview: String(value), literal: value });
  } else {
    values.push({ kind: value === null ? 'null' : 'undefined', type: String(value), preview: String(value) });
  }
  return values.length - 1;
}

function loadedFile([path, text]: [string, string]): LoadedFile {
  return { path, sha256: sha256Of(text), lines: text.split('\n').length };
}

function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

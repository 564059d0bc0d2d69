/** What the server bounds, by name. Whoever starts it in a program may give others; tests make them small. */

export interface ServerLimits {
  /** Active actions that one agent is told. */
  actionsPerAgent: number;
  /** Bytes of one agent's desired state; leaves room in a message of 8 MiB. */
  desiredStateBytes: number;
  /** Active actions in all. */
  activeActions: number;
  /** Ended actions that are kept, the newest first. */
  endedActions: number;
  /** Ended actions an editor is shown when it opens the view; older ones stay readable by id. */
  endedActionsInView: number;
  /** Bytes of all stored hits; near it the oldest ended actions go, and when none is left to go hits are refused. */
  hitBytes: number;
  /** Bytes of one stored hit: twice what an agent may capture, since the server counts JSON with its names. */
  bytesPerHit: number;
  /** Milliseconds an ended action and its hits are kept. */
  keepEndedMs: number;
  /** Milliseconds a disconnected agent is remembered. */
  keepAgentsMs: number;
  /** Disconnected agents that are remembered; a service that keeps crashing makes a new one each time. */
  disconnectedAgents: number;
  /** Milliseconds between two sweeps of what is too old. */
  sweepMs: number;
  /** Saved sources. */
  sources: number;
  agents: number;
  editors: number;
  /** Files one agent may report. */
  filesPerAgent: number;
  /** Milliseconds between the opening of a socket and its hello. */
  helloMs: number;
  /** Milliseconds an agent has to answer with the text of a file. */
  sourceMs: number;
  /** Milliseconds over which changes of the view are collected. */
  viewWindowMs: number;
  /** Bytes of one `view/changed` and of an answer that lists or opens something, about. */
  chunkBytes: number;
  /** Messages with a mistake in ten seconds before a connection is closed. */
  badMessages: number;
  /** Failed sign-ins per address and minute before the answer is 429. */
  failedSignIns: number;
  /** Milliseconds for what is under way when the server closes. */
  drainMs: number;
}

const MEBIBYTE = 1_048_576;
const DAY_MS = 86_400_000;

export const DEFAULT_SERVER_LIMITS: Readonly<ServerLimits> = {
  actionsPerAgent: 1000,
  desiredStateBytes: 6 * MEBIBYTE,
  activeActions: 10_000,
  endedActions: 10_000,
  endedActionsInView: 500,
  hitBytes: 1024 * MEBIBYTE,
  bytesPerHit: MEBIBYTE,
  keepEndedMs: 7 * DAY_MS,
  keepAgentsMs: DAY_MS,
  disconnectedAgents: 2000,
  sweepMs: 600_000,
  sources: 1000,
  agents: 10_000,
  editors: 1000,
  filesPerAgent: 20_000,
  helloMs: 10_000,
  sourceMs: 5000,
  viewWindowMs: 20,
  chunkBytes: 4 * MEBIBYTE,
  badMessages: 100,
  failedSignIns: 20,
  drainMs: 2000,
};

/** All agents the server knows, in memory: who is connected and how to reach them, and what they said of each action. */
import type { ActionId } from '@stillframe/protocol/action';
import type { AgentDescription, AgentInfo } from '@stillframe/protocol/agent';
import type { DesiredStateParams, SourceParams, SourceResult } from '@stillframe/protocol/messages/agent-connection';
import type { ActionStatus } from '@stillframe/protocol/status';
import type { AgentStatus } from '../store/statuses-table.ts';

/** The way to a connected agent; `connections/` has the socket behind it. */
export interface AgentLink {
  /** Settles once the agent's side takes more. Rejects when the connection is gone. */
  sendDesiredState(state: DesiredStateParams): Promise<void>;
  requestSource(params: SourceParams): Promise<SourceResult>;
  close(code: number, reason: string): void;
}

export interface LiveAgent {
  info: AgentInfo;
  /** While connected. */
  link?: AgentLink | undefined;
  readonly statuses: Map<ActionId, ActionStatus>;
  /** What the last desired state on this connection held: action to revision. */
  delivered: ReadonlyMap<ActionId, number>;
}

export class LiveAgents {
  readonly #agents = new Map<string, LiveAgent>();
  #connected = 0;

  /** Agents and statuses of an earlier life of the server; nobody is connected yet. */
  constructor(known: readonly AgentInfo[], statuses: readonly AgentStatus[], now: number) {
    for (const info of known) {
      // A server that was down must not forget agents for the time nobody could have seen them.
      this.#agents.set(info.id, newAgent({ ...info, connected: false, lastSeenAt: now }));
    }
    for (const { agentId, status } of statuses) this.#agents.get(agentId)?.statuses.set(status.actionId, status);
  }

  get(id: string): LiveAgent | undefined {
    return this.#agents.get(id);
  }

  all(): IterableIterator<LiveAgent> {
    return this.#agents.values();
  }

  get connectedCount(): number {
    return this.#connected;
  }

  /** Takes the agent in on a new connection; the link of an older one, which must then be closed, is returned. */
  connect(description: AgentDescription, link: AgentLink, now: number): { agent: LiveAgent; replaced?: AgentLink } {
    const info: AgentInfo = { ...description, connected: true, connectedAt: now, lastSeenAt: now };
    const agent = this.#agents.get(description.id) ?? newAgent(info);
    const replaced = agent.link;
    if (replaced === undefined) this.#connected += 1;
    agent.info = info;
    agent.link = link;
    agent.delivered = new Map();
    this.#agents.set(info.id, agent);
    return { agent, ...(replaced && { replaced }) };
  }

  /** False when a newer connection of the same agent has taken its place already. */
  disconnect(id: string, link: AgentLink, now: number): boolean {
    const agent = this.#agents.get(id);
    if (agent === undefined || agent.link !== link) return false;
    this.#connected -= 1;
    agent.link = undefined;
    agent.delivered = new Map();
    agent.info = { ...agent.info, connected: false, lastSeenAt: now };
    return true;
  }

  forget(ids: readonly string[]): void {
    for (const id of ids) this.#agents.delete(id);
  }

  forgetAction(id: ActionId): void {
    for (const agent of this.#agents.values()) agent.statuses.delete(id);
  }
}

function newAgent(info: AgentInfo): LiveAgent {
  return { info, statuses: new Map(), delivered: new Map() };
}

/**
 * Tells each connected agent the whole of what it should carry out, as soon as something that concerns it changes. One
 * message per agent is under way at a time; what changes meanwhile is in the next.
 */
import { matchesTarget } from '@stillframe/core/action/matches-target';
import type { ActionId } from '@stillframe/protocol/action';
import { mayHave } from '../canaries.ts';
import type { LiveAgent } from '../live/live-agents.ts';
import { withRemaining } from '../operations/action-info.ts';
import type { ServerContext } from '../server-context.ts';
import type { ActionRecord } from '../store/actions-table.ts';

export interface DesiredStateFeed {
  /** A new connection of this agent. */
  greet(agent: LiveAgent): void;
  close(): void;
}

export function startDesiredStateFeed(context: ServerContext): DesiredStateFeed {
  const dirty = new Set<LiveAgent>();
  const sending = new Set<LiveAgent>();
  let revision = 0;
  let scheduled = false;

  const unsubscribe = context.bus.subscribe((event) => {
    if (event.type !== 'actionsChanged') return;
    for (const agent of context.agents.all()) {
      if (agent.link !== undefined && event.ids.some((id) => concerns(agent, id))) mark(agent);
    }
  });

  function concerns(agent: LiveAgent, id: ActionId): boolean {
    if (agent.delivered.has(id)) return true;
    const record = context.actions.get(id);
    return record !== undefined && isFor(context, agent, record);
  }

  function mark(agent: LiveAgent): void {
    dirty.add(agent);
    if (scheduled) return;
    scheduled = true;
    // After the present turn, so that several changes go out as one and a hello is answered first.
    setImmediate(() => {
      scheduled = false;
      for (const each of [...dirty]) void send(each);
    });
  }

  async function send(agent: LiveAgent): Promise<void> {
    if (sending.has(agent)) return;
    dirty.delete(agent);
    const { link } = agent;
    if (link === undefined) return;
    const actions = wanted(agent);
    sending.add(agent);
    const before = agent.delivered;
    revision += 1;
    try {
      await link.sendDesiredState({ revision, actions, policy: context.policy });
      if (agent.link === link) {
        agent.delivered = new Map(actions.map((action) => [action.id, action.revision]));
        const ids = actions.filter(({ id, revision: at }) => before.get(id) !== at).map(({ id }) => id);
        if (ids.length > 0) context.bus.publish({ type: 'statusesChanged', ids });
      }
    } catch {
      // The connection is gone; its successor is told everything.
    } finally {
      sending.delete(agent);
      if (dirty.has(agent)) void send(agent);
    }
  }

  /** Within the bounds of one agent, the oldest first; what is beyond them stays undelivered, and says so. */
  function wanted(agent: LiveAgent) {
    const now = context.clock();
    const actions = [];
    let bytes = 0;
    for (const record of context.actions.active()) {
      if (!isFor(context, agent, record)) continue;
      const action = withRemaining(record.action, now);
      bytes += JSON.stringify(action).length;
      if (actions.length >= context.limits.actionsPerAgent || bytes > context.limits.desiredStateBytes) break;
      actions.push(action);
    }
    return actions;
  }

  return { greet: mark, close: unsubscribe };
}

function isFor({ sources }: ServerContext, { info }: LiveAgent, record: ActionRecord): boolean {
  const { action, state } = record;
  if (state !== 'active' || !info.kinds.includes(action.kind)) return false;
  return matchesTarget(action.target, info, sources) && mayHave(record, info.id);
}

/**
 * One instance first: chooses the agents on which an action with a canary is tried, watches what they measure of themselves,
 * and then gives the action to everybody or withdraws it with the reason.
 */
import { worseBecause } from '@stillframe/core/action/canary';
import { matchesTarget } from '@stillframe/core/action/matches-target';
import type { ActionId, Canary } from '@stillframe/protocol/action';
import type { LiveAgent } from './live/live-agents.ts';
import type { ServerContext } from './server-context.ts';
import { type ActionRecord, type CanaryRecord, endActions, updateCanary } from './store/actions-table.ts';

/** What an action with a canary starts with. */
export function newCanary({ agents }: Canary): CanaryRecord {
  return { state: 'choosing', agentIds: [], reason: `Waits for ${count(agents)} that can run it` };
}

/** Whether the agent is one of those that may have the action by now. */
export function mayHave({ canary }: ActionRecord, agentId: string): boolean {
  return canary === undefined || canary.state === 'widened' || canary.agentIds.includes(agentId);
}

/** Returns a function that stops it. Decisions follow news of agents and a timer; they are stored before anybody hears. */
export function startCanaries(context: ServerContext): () => void {
  const timers = new Map<ActionId, NodeJS.Timeout>();
  const deciding = new Set<ActionId>();
  const again = new Set<ActionId>();
  /** Agents that were connected in this life of the server: those that have not come back yet are not held to have gone. */
  const seen = new Set<string>();
  const unsubscribe = context.bus.subscribe((event) => {
    if (event.type === 'actionsChanged' || event.type === 'statusesChanged') for (const id of event.ids) look(id);
    if (event.type === 'agentChanged') for (const { action } of context.actions.active()) look(action.id);
  });
  for (const { action } of context.actions.active()) look(action.id);

  /** One decision of an action at a time. */
  function look(id: ActionId): void {
    if (!isOpen(context.actions.get(id))) {
      clearTimeout(timers.get(id));
      timers.delete(id);
      return;
    }
    if (deciding.has(id)) return void again.add(id);
    deciding.add(id);
    decide(id)
      .catch((error: unknown) => context.log(`canary of ${id} failed: ${String(error)}`))
      .finally(() => {
        deciding.delete(id);
        if (again.delete(id)) look(id);
      });
  }

  async function decide(id: ActionId): Promise<void> {
    const record = context.actions.get(id);
    const canary = record?.action.canary;
    if (record?.canary === undefined || canary === undefined || !isOpen(record)) return;
    const next = record.canary.state === 'choosing' ? choose(record, canary) : judge(record, record.canary, canary);
    if (next === undefined) return;
    if (!(await updateCanary(context.database, id, next))) return;
    const current = context.actions.get(id);
    if (current === undefined) return;
    context.actions.put({ ...current, canary: next });
    if (next.state === 'withdrawn') await withdraw(id);
    if (next.state === 'watching' && next.until !== undefined) wake(id, next.until);
    context.bus.publish({ type: 'actionsChanged', ids: [id] });
  }

  function choose({ action }: ActionRecord, canary: Canary): CanaryRecord | undefined {
    const ids: string[] = [];
    for (const { info, link } of context.agents.all()) {
      if (link === undefined || !info.kinds.includes(action.kind)) continue;
      if (matchesTarget(action.target, info, context.sources)) ids.push(info.id);
    }
    if (ids.length < canary.agents) return undefined;
    const agentIds = ids.slice(0, canary.agents);
    return { state: 'watching', agentIds, reason: `Being tried on ${namesOf(context, agentIds)}` };
  }

  function judge(record: ActionRecord, state: CanaryRecord, canary: Canary): CanaryRecord | undefined {
    const id = record.action.id;
    const watched = state.agentIds.map((agentId) => watchedAgent(context.agents.get(agentId), agentId, id));
    for (const { agentId, connected } of watched) if (connected) seen.add(agentId);
    if (watched.some(({ agentId, connected }) => !connected && !seen.has(agentId))) return undefined;
    const rejected = watched.find(({ status }) => status?.state === 'rejected' || status?.state === 'suspended');
    const reason =
      worseBecause(canary, watched) ??
      (rejected && `${rejected.name}: ${rejected.status?.links.at(-1)?.reason ?? 'the action was refused'}`);
    if (reason !== undefined) return { ...state, state: 'withdrawn', reason: `Withdrawn: ${reason}` };
    if (state.until === undefined) {
      if (!watched.every(({ status }) => status?.state === 'armed' || status?.state === 'finished')) return undefined;
      return { ...state, until: context.clock() + canary.watchMs };
    }
    if (context.clock() < state.until) {
      wake(id, state.until);
      return undefined;
    }
    const seconds = Math.round(canary.watchMs / 1000);
    const names = namesOf(context, state.agentIds);
    return { ...state, state: 'widened', reason: `Given to all after ${seconds} s without harm on ${names}` };
  }

  async function withdraw(id: ActionId): Promise<void> {
    const at = context.clock();
    const ended = await endActions(context.database, [id], { from: ['active'], to: 'withdrawn', at });
    const record = context.actions.get(id);
    if (ended.length > 0 && record !== undefined)
      context.actions.put({ ...record, state: 'withdrawn', endedAt: record.endedAt ?? at });
  }

  function wake(id: ActionId, at: number): void {
    clearTimeout(timers.get(id));
    timers.set(
      id,
      setTimeout(() => look(id), Math.max(0, at - context.clock())),
    );
  }

  return () => {
    unsubscribe();
    for (const timer of timers.values()) clearTimeout(timer);
  };
}

function isOpen(record: ActionRecord | undefined): boolean {
  if (record?.state !== 'active') return false;
  return record.canary?.state === 'choosing' || record.canary?.state === 'watching';
}

function watchedAgent(agent: LiveAgent | undefined, id: string, actionId: ActionId) {
  const status = agent?.statuses.get(actionId);
  return {
    agentId: id,
    name: agent?.info.name ?? id,
    connected: agent?.link !== undefined,
    status,
    before: status?.health?.before,
    since: status?.health?.since,
  };
}

function namesOf(context: ServerContext, agentIds: readonly string[]): string {
  return agentIds.map((id) => context.agents.get(id)?.info.name ?? id).join(', ');
}

function count(agents: number): string {
  return agents === 1 ? 'an agent' : `${agents} agents`;
}

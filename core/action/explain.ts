/**
 * The explanation chain of an action at each agent, and one sentence for the whole: what the state is, or the first link
 * that broke and what to do about it. Pure over what the server knows.
 */
import { type Action, type ActionState, type CustomSource, METRIC_KINDS } from '@stillframe/protocol/action';
import type { AgentInfo } from '@stillframe/protocol/agent';
import type { CanaryState } from '@stillframe/protocol/messages/ide-connection';
import type { MetricSummary } from '@stillframe/protocol/metric';
import {
  type ActionCounts,
  type ActionStatus,
  type AgentExplanation,
  type Explanation,
  type Link,
  NO_COUNTS,
} from '@stillframe/protocol/status';
import { matchesTarget } from './matches-target.ts';
import { formatTarget } from './target-text.ts';

export interface KnownAgent {
  info: AgentInfo;
  /** The desired state with this action's revision was written to the agent's connection. */
  delivered: boolean;
  status?: ActionStatus | undefined;
}

export interface ExplainInput {
  action: Action;
  state: ActionState;
  /** Stored hits over all agents. */
  hits: number;
  /** All agents the server knows, whether they match or not. */
  agents: readonly KnownAgent[];
  /** Milliseconds since the epoch. */
  now: number;
  /** Saved sources, by name. */
  sources: ReadonlyMap<string, CustomSource>;
  /** Why the latest capture was not stored. */
  refused?: 'full' | 'tooLarge';
  /** Of kinds that measure. */
  metric?: MetricSummary;
  canary?: { readonly state: CanaryState['state']; readonly agentIds: readonly string[]; readonly reason: string };
}

export function explain(input: ExplainInput): Explanation {
  const { action } = input;
  const matching = input.agents.filter(
    ({ info, status }) => matchesTarget(action.target, info, input.sources) && (info.connected || status !== undefined),
  );
  const agents = matching.map((agent) => explainAgent(input, agent));
  return { actionId: action.id, summary: summarise(input, agents), agents };
}

function explainAgent(
  { action, state, hits, canary, refused }: ExplainInput,
  { info, delivered, status }: KnownAgent,
): AgentExplanation {
  const links: Link[] = [{ link: 'targeted', state: 'ok', reason: `Matches ${formatTarget(action.target)}` }];
  const counts: ActionCounts = status?.counts ?? NO_COUNTS;
  const common = {
    agentId: info.id,
    agent: info.name,
    connected: info.connected,
    counts,
    ...(status?.resolved && { resolved: status.resolved }),
    ...(status?.lastError && { lastError: status.lastError }),
    ...(status?.lastValues && { lastValues: status.lastValues }),
  };
  if (!info.kinds.includes(action.kind)) {
    const reason = `This agent (${info.runtime}, version ${info.agentVersion}) cannot carry out a ${action.kind} yet`;
    return { ...common, state: 'rejected', links: [...links, { link: 'delivered', state: 'broken', reason }] };
  }
  if (!info.connected) {
    const reason = 'The agent is disconnected; the action is delivered when it comes back';
    return {
      ...common,
      state: status?.state ?? 'pending',
      links: [...links, { link: 'delivered', state: 'pending', reason }],
    };
  }
  const held = canary !== undefined && canary.state !== 'widened' && !canary.agentIds.includes(info.id);
  if (held && !delivered && state === 'active') {
    return {
      ...common,
      state: 'pending',
      links: [...links, { link: 'delivered', state: 'pending', reason: `Held back: ${uncapitalised(canary.reason)}` }],
    };
  }
  if (!delivered && state === 'active') {
    return {
      ...common,
      state: 'pending',
      links: [...links, { link: 'delivered', state: 'pending', reason: 'On its way' }],
    };
  }
  links.push({ link: 'delivered', state: 'ok' });
  const current = status !== undefined && status.revision === action.revision ? status : undefined;
  if (current === undefined) {
    links.push({ link: 'file', state: 'pending', reason: 'The agent has not answered yet' });
    return { ...common, state: 'pending', links };
  }
  links.push(...current.links);
  if (current.links.every((link) => link.state === 'ok' || link.state === 'warning') && counts.captured > 0) {
    const reason = captures(action, hits) ? count(hits, 'hit') : 'Measured';
    if (refused === undefined) links.push({ link: 'stored', state: 'ok', reason });
    else links.push({ link: 'stored', state: 'broken', reason: NOT_STORED[refused] });
  }
  return { ...common, state: current.state, links };
}

const NOT_STORED = {
  full: 'The server has no room for more hits: remove actions that are done with, and theirs make room',
  tooLarge: 'The capture is larger than the server stores: place the action again with less depth or fewer watches',
} as const;

function summarise(input: ExplainInput, agents: readonly AgentExplanation[]): string {
  const { action, state, hits } = input;
  const captured = captures(action, hits) ? `${count(hits, 'hit')} of ${action.maxHits}` : measured(input);
  if (state === 'withdrawn') return input.canary?.reason ?? 'Withdrawn';
  if (state === 'completed') return `Done: ${count(hits, 'hit')}, the last one allowed`;
  if (state === 'expired') return `Expired with ${captured}; place it again to go on`;
  if (state === 'removed') return `Removed with ${captures(action, hits) ? count(hits, 'hit') : measured(input)}`;
  if (agents.length === 0) return nobody(input);
  const live = agents.filter((agent) => agent.connected);
  if (live.length === 0) return `Waiting: ${names(agents)} disconnected; the action is delivered on return`;
  const { canary } = input;
  if (canary?.state === 'choosing') return `Waiting: ${uncapitalised(canary.reason)}`;
  const working = live.filter((agent) => agent.state === 'armed' || agent.state === 'finished');
  if (working.length === 0) return blocked(live);
  const where = `${count(working.length, 'agent')}${live.length > working.length ? ` of ${live.length}` : ''}`;
  const total = working.reduce((sum, agent) => addCounts(sum, agent.counts), NO_COUNTS);
  const drift = working.flatMap((agent) => agent.links).find((link) => link.state === 'warning')?.reason;
  const warned = drift === undefined ? '' : ` (${drift})`;
  const trial = canary?.state === 'watching' ? `. ${canary.reason}; it goes to all if nothing gets worse` : '';
  const lost = input.refused === undefined ? '' : `. Not stored: ${uncapitalised(NOT_STORED[input.refused])}`;
  return `${progress(input, captured, where, total, working)}${warned}${trial}${lost}`;
}

/** Whether what it yields are hits: a duration has some only when it keeps its slowest calls. */
function captures({ kind }: Action, hits: number): boolean {
  return !METRIC_KINDS.has(kind) || hits > 0;
}

function measured({ action, metric }: ExplainInput): string {
  const nothing = action.kind === 'counter' ? 'nothing counted' : 'nothing measured';
  if (metric === undefined || metric.count === 0) return nothing;
  const about = metric.estimated ? 'about ' : '';
  if (action.kind === 'counter') return `counted ${about}${count(metric.count, 'time')}`;
  return `measured ${about}${count(metric.count, 'time')}`;
}

function progress(
  { action, hits, metric }: ExplainInput,
  captured: string,
  where: string,
  total: ActionCounts,
  working: readonly AgentExplanation[],
): string {
  if (hits > 0 || (metric?.count ?? 0) > 0) return `${capitalised(captured)}, armed on ${where}`;
  const failing = working.find((agent) => agent.lastError !== undefined)?.lastError;
  if (total.failed > 0 && failing !== undefined) {
    return `Armed on ${where}; the expression fails (${count(total.failed, 'time')}): ${failing}`;
  }
  if (total.evaluated === 0) return `Armed on ${where}; the line has not been reached yet`;
  if (total.matched === 0 && action.condition !== undefined) {
    const reached = `Armed on ${where}; reached ${count(total.evaluated, 'time')}, the condition was never true`;
    const values = working.find((agent) => agent.lastValues !== undefined)?.lastValues ?? [];
    if (values.length === 0) return reached;
    return `${reached}; last it saw ${values.map(({ text, value }) => `${text} = ${value}`).join(', ')}`;
  }
  if (total.dropped > 0)
    return `Armed on ${where}; ${count(total.dropped, 'capture')} dropped because a budget was used up`;
  if (total.rateLimited > 0 && total.captured === 0)
    return `Armed on ${where}; matched ${count(total.matched, 'time')}, but the rate of the process is used up by other actions`;
  const first = METRIC_KINDS.has(action.kind) ? 'figures are' : 'hit is';
  return `Armed on ${where}; reached ${count(total.evaluated, 'time')}, the first ${first} on the way`;
}

function nobody({ action, agents, sources }: ExplainInput): string {
  const connected = agents.filter(({ info }) => info.connected);
  if (connected.length === 0) return 'Waiting: no agent is connected. Start the service with the agent';
  const { target } = action;
  if (target.by === 'agent') {
    const known = [...new Set(connected.map(({ info }) => info.name))].sort().join(', ');
    return `Waiting: no agent is called "${target.agent}". Connected: ${known}`;
  }
  if (target.by === 'tags') {
    const carried = [...new Set(connected.flatMap(({ info }) => info.tags))].sort();
    const list = carried.length === 0 ? 'no tags' : carried.join(', ');
    const wanted = target.tags.map((tag) => `"${tag}"`).join(' and ');
    return `Waiting: no connected agent has the tag ${wanted}. Connected agents carry ${list}`;
  }
  if (target.by === 'source' && !sources.has(target.source)) {
    return `Waiting: no source is saved as "${target.source}"; save it with stillframe source save`;
  }
  const known = [...new Set(connected.map(({ info }) => info.name))].sort().join(', ');
  return `Waiting: no connected agent belongs to ${formatTarget(target)}. Connected: ${known}`;
}

/** Nobody is armed: the first link that is not ok, with how many agents it stops. */
function blocked(live: readonly AgentExplanation[]): string {
  const stopped = live.map((agent) => agent.links.find((link) => link.state === 'broken' || link.state === 'pending'));
  const first = stopped.find((link) => link?.state === 'broken') ?? stopped.find((link) => link !== undefined);
  const state = first?.state === 'broken' ? 'Not armed' : 'Waiting';
  const where = live.length > 1 ? ` (${count(live.length, 'agent')})` : ` (${live[0]?.agent ?? ''})`;
  return `${state}: ${first?.reason ?? 'the agent has not answered yet'}${where}`;
}

function addCounts(a: ActionCounts, b: ActionCounts): ActionCounts {
  return {
    evaluated: a.evaluated + b.evaluated,
    matched: a.matched + b.matched,
    rateLimited: a.rateLimited + b.rateLimited,
    captured: a.captured + b.captured,
    dropped: a.dropped + b.dropped,
    failed: a.failed + b.failed,
  };
}

function names(agents: readonly AgentExplanation[]): string {
  return agents.length === 1 ? `${agents[0]?.agent} is` : `${agents.length} agents are`;
}

function capitalised(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

function uncapitalised(text: string): string {
  return `${text.charAt(0).toLowerCase()}${text.slice(1)}`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

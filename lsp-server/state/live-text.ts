/** How an action is doing, in the few words that fit beside code. */
import { formatSummary } from '@stillframe/core/metric/format-summary';
import { METRIC_KINDS } from '@stillframe/protocol/action';
import type { ActionInfo } from '@stillframe/protocol/messages/ide-connection';
import type { AgentActionState } from '@stillframe/protocol/status';

/** The best any connected agent makes of it: one that is armed is enough for hits. */
export function agentStateOf({ agents }: ActionInfo): AgentActionState | undefined {
  const states = agents.filter(({ connected }) => connected).map(({ state }) => state);
  return (['armed', 'finished', 'suspended', 'pending', 'rejected'] as const).find((each) => states.includes(each));
}

/** ● armed, ✓ done, ◌ waiting, ✗ will not fire, ⚠ stopped by a budget. */
export function markOf(info: ActionInfo): string {
  if (info.state !== 'active') return info.state === 'completed' ? '✓' : '○';
  const state = agentStateOf(info);
  if (state === 'armed' || state === 'finished') return '●';
  if (state === 'rejected') return '✗';
  return state === 'suspended' ? '⚠' : '◌';
}

/** `● snapshot · 3/10 hits · 12 s ago`, `● duration · 1,204 calls · p50 3.1 ms · p99 12 ms`, or why there is none. */
export function liveText(info: ActionInfo, now: number): string {
  const parts = [
    `${markOf(info)} ${info.kind}`,
    ...(METRIC_KINDS.has(info.kind) ? measured(info) : captured(info, now)),
  ];
  if (info.canaryState?.state === 'watching' && info.state === 'active') parts.push('on trial');
  return parts.join(' · ');
}

/** The figures of a kind that measures; undefined while there are none. */
export function figuresText({ kind, metric }: Pick<ActionInfo, 'kind' | 'metric'>): string | undefined {
  return metric === undefined || metric.count === 0 ? undefined : formatSummary(kind, metric);
}

function captured(info: ActionInfo, now: number): string[] {
  const hits = `${info.hits}/${info.maxHits} hits`;
  if (info.lastHitAt !== undefined) return [hits, ago(now - info.lastHitAt)];
  return [hits, info.state === 'active' ? waitingFor(info) : info.state];
}

/** A duration that keeps its slowest calls has hits as well. */
function measured(info: ActionInfo): string[] {
  const figures = figuresText(info);
  const kept = info.hits > 0 ? [`${info.hits}/${info.maxHits} hits`] : [];
  if (info.state !== 'active') return [...(figures === undefined ? [] : [figures]), ...kept, info.state];
  return [figures ?? waitingFor(info), ...kept];
}

function waitingFor(info: ActionInfo): string {
  switch (agentStateOf(info)) {
    case 'armed':
    case 'finished':
      if (info.agents.every(({ counts }) => counts.evaluated === 0)) return 'armed';
      return METRIC_KINDS.has(info.kind) ? 'reached, no figures yet' : 'reached, no hit yet';
    case 'rejected':
      return 'not placed';
    case 'suspended':
      return 'suspended';
    case 'pending':
      return 'pending';
    default:
      return 'waiting for an agent';
  }
}

export function ago(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 2) return 'now';
  if (seconds < 90) return `${seconds} s ago`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min ago`;
  return `${Math.round(seconds / 3600)} h ago`;
}

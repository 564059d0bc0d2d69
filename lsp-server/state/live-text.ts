/** How an action is doing, in the few words that fit beside code. */
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

/** `● snapshot · 3/10 hits · 12 s ago`, or why there is none. */
export function liveText(info: ActionInfo, now: number): string {
  const parts = [`${markOf(info)} ${info.kind}`, `${info.hits}/${info.maxHits} hits`];
  if (info.lastHitAt !== undefined) parts.push(ago(now - info.lastHitAt));
  else if (info.state !== 'active') parts.push(info.state);
  else parts.push(waitingFor(info));
  return parts.join(' · ');
}

function waitingFor(info: ActionInfo): string {
  switch (agentStateOf(info)) {
    case 'armed':
    case 'finished':
      return info.agents.some(({ counts }) => counts.evaluated > 0) ? 'reached, no hit yet' : 'armed';
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

import type { Target } from '@stillframe/protocol/action';
import type { AgentDescription } from '@stillframe/protocol/agent';

/** Saved sources are a later addition to the server; until it resolves them, they match nobody. */
export function matchesTarget(target: Target, agent: Pick<AgentDescription, 'id' | 'name' | 'tags'>): boolean {
  switch (target.by) {
    case 'all':
      return true;
    case 'agent':
      return target.agent === agent.id || target.agent === agent.name;
    case 'tags':
      return target.tags.every((tag) => agent.tags.includes(tag));
    default:
      return false;
  }
}

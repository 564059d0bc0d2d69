/** Targets as people write them: `all`, `agent:orders-1`, `tag:production tag:eu` (bare words are tags). */
import { Tag, type Target } from '@stillframe/protocol/action';

export function parseTarget(text: string): { target?: Target; problem?: string } {
  const words = text
    .trim()
    .split(/[\s,]+/)
    .filter((word) => word !== '');
  if (words.length === 0 || (words.length === 1 && words[0] === 'all')) return { target: { by: 'all' } };
  const agents = words.filter((word) => word.startsWith('agent:')).map((word) => word.slice('agent:'.length));
  if (agents.length > 0) {
    const [agent] = agents;
    if (words.length > 1 || !agent) return { problem: 'Name one agent, as in agent:orders-1, or tags, not both' };
    return { target: { by: 'agent', agent } };
  }
  const sources = words.filter((word) => word.startsWith('source:')).map((word) => word.slice('source:'.length));
  if (sources.length > 0) {
    const [source] = sources;
    if (words.length > 1 || !source) return { problem: 'Name one source alone, as in source:checkout' };
    return { target: { by: 'source', source } };
  }
  if (words.includes('all')) return { problem: 'Write "all" alone, or tags without it' };
  const tags = words.map((word) => (word.startsWith('tag:') ? word.slice('tag:'.length) : word));
  const wrong = tags.find((tag) => !Tag.safeParse(tag).success);
  if (wrong !== undefined) return { problem: `"${wrong}" is not a tag: use letters, digits and _ . : / = -` };
  return { target: { by: 'tags', tags } };
}

export function formatTarget(target: Target): string {
  switch (target.by) {
    case 'all':
      return 'all';
    case 'agent':
      return `agent:${target.agent}`;
    case 'source':
      return `source:${target.source}`;
    default:
      return target.tags.map((tag) => `tag:${tag}`).join(' ');
  }
}

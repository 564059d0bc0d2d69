import type { CustomSource, Target } from '@stillframe/protocol/action';
import type { AgentDescription } from '@stillframe/protocol/agent';

type Agent = Pick<AgentDescription, 'id' | 'name' | 'tags'>;

/** `sources`: the saved ones by name. A source that is not among them matches nobody. */
export function matchesTarget(target: Target, agent: Agent, sources: ReadonlyMap<string, CustomSource>): boolean {
  switch (target.by) {
    case 'all':
      return true;
    case 'agent':
      return target.agent === agent.id || target.agent === agent.name;
    case 'tags':
      return target.tags.every((tag) => agent.tags.includes(tag));
    case 'source': {
      const source = sources.get(target.source);
      return source !== undefined && matchesSource(source, agent);
    }
  }
}

export function matchesSource({ match, terms }: CustomSource, agent: Agent): boolean {
  const meets = (term: CustomSource['terms'][number]) =>
    'tag' in term ? agent.tags.includes(term.tag) : matchesPattern(term.agent, agent.name);
  return match === 'all' ? terms.every(meets) : terms.some(meets);
}

/** `*` stands for any characters. Greedy with one step back at a time, so that no pattern takes long. */
function matchesPattern(pattern: string, text: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  if (rest.length === 0) return pattern === text;
  const last = rest.pop() as string;
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false;
  let at = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return at <= text.length - last.length;
}

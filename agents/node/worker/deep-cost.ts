/** What a deep snapshot costs the service, said in its explanation chain before it has cost anything. */
import type { Action } from '@stillframe/protocol/action';
import type { Link } from '@stillframe/protocol/status';

export function isDeep({ kind, capture }: Action): boolean {
  return kind === 'snapshot' && capture.framesWithLocals > 1;
}

/** The link of the line becomes a warning; what it said already stays. */
export function withDeepCost(links: readonly Link[], action: Action): Link[] {
  if (!isDeep(action)) return [...links];
  const callers = action.capture.framesWithLocals - 1;
  const of = callers === 1 ? 'the caller' : `${callers} callers`;
  const cost = `Reading the variables of ${of} too holds the service up for about 1 ms per hit`;
  return links.map((link): Link => {
    if (link.link !== 'line' || link.state === 'broken' || link.state === 'pending') return link;
    const before = link.state === 'warning' && link.reason !== undefined ? `${link.reason}. ` : '';
    return { link: 'line', state: 'warning', reason: `${before}${cost}` };
  });
}

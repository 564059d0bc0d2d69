import type { ViewChange } from '@stillframe/management-client/management-link';
import type { AdapterSession } from '../state/adapter-session.ts';
import { attachOptions } from '../state/attach-options.ts';
import { Problem } from '../state/problem.ts';
import type { Answer } from './request.ts';

/** `launch` is the same: some clients can start an adapter in no other way. Nothing is ever launched. */
export async function attach(
  session: AdapterSession,
  args: unknown,
  onChange: (change: ViewChange) => void,
): Promise<Answer> {
  if (session.isAttached) throw new Problem('This session is attached already');
  await session.attach(attachOptions(args), onChange);
  const agents = [...session.link.view.agents.values()].filter(({ connected }) => connected);
  const who = agents.length === 0 ? 'no agent is connected yet' : agents.map(({ name }) => name).join(', ');
  session.say(`Attached to ${session.link.url}: ${who}. Type "help" for what can be asked here.`);
  session.emit('initialized');
  return {};
}

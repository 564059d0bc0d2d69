import type { AdapterSession } from '../state/adapter-session.ts';
import { announceStop, canStopMany, showStop } from '../state/stop-policy.ts';
import type { Answer } from './request.ts';
import { noHitOf } from './show-hit.ts';
import { captures } from './threads.ts';

/** From here on a new breakpoint is a deliberate one. Shows what is already captured: the action asked for, or the latest. */
export function configurationDone(session: AdapterSession): Answer {
  session.configured = true;
  return { after: () => showCaptured(session) };
}

async function showCaptured(session: AdapterSession): Promise<void> {
  const threads = captures(session);
  for (const { id } of threads) session.emit('thread', { reason: 'started', threadId: id });
  const { action, hit, breakpoints = 'ask' } = session.options;
  const first = threads.find(({ info }) => info.id === action) ?? threads[0];
  if (first !== undefined) {
    if (hit !== undefined && first.info.id === action) first.playhead = Math.min(hit, first.info.hits);
    await showStop(session, first, 'breakpoint');
    if (canStopMany(session)) for (const thread of threads) if (thread !== first) await announceStop(session, thread);
  } else if (action !== undefined) session.say(noHitOf(action, session.link.view.actions.get(action)));
  const held = session.breakpoints.all().filter((breakpoint) => breakpoint.held);
  if (held.length > 0 && breakpoints === 'ask') {
    const count = held.length === 1 ? 'One breakpoint was' : `${held.length} breakpoints were`;
    session.say(`${count} there before this session and not placed. Toggle one to place it, or type "place all".`);
  }
}

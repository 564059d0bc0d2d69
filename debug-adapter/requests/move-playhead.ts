/** `continue`, `next` and the step requests go to later hits; `reverseContinue` and `stepBack` to earlier ones. */
import type { ActionThread, AdapterSession } from '../state/adapter-session.ts';
import { isEcho, showStop } from '../state/stop-policy.ts';

/** Returns what to do after the response was sent: clients want to hear of the stop after it. */
export function movePlayhead(
  session: AdapterSession,
  threadId: number,
  direction: 'later' | 'earlier' | 'newest',
): () => Promise<void> {
  const thread = session.threadFor(threadId);
  const { hits } = session.infoOf(thread);
  if (direction === 'later' && isEcho(thread)) return async () => {};
  const target = direction === 'newest' ? hits : thread.playhead + (direction === 'later' ? 1 : -1);
  if (target > hits || target < 1) return () => stay(session, thread, target > hits ? 'later' : 'earlier');
  thread.playhead = target;
  return () => showStop(session, thread, direction === 'newest' ? 'pause' : 'step', true);
}

async function stay(session: AdapterSession, thread: ActionThread, direction: 'later' | 'earlier'): Promise<void> {
  const { state, summary } = session.infoOf(thread);
  const more = direction === 'later' && state === 'active' ? '; the next one is shown when it comes' : '';
  const why = direction === 'later' && state !== 'active' ? ` (${summary})` : '';
  session.say(`No ${direction} hit${more}${why}`);
  await showStop(session, thread, 'step', true);
}

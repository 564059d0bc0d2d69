/** `continue`, `next` and the step requests go to later hits; `reverseContinue` and `stepBack` to earlier ones. */
import type { ActionThread, AdapterSession } from '../state/adapter-session.ts';
import { showStop } from '../state/stop-policy.ts';

export type Direction = 'later' | 'earlier' | 'newest';

/** Returns what to do after the response was sent: clients want to hear of the stop after it. */
export function movePlayhead(session: AdapterSession, threadId: number, direction: Direction): () => Promise<void> {
  const thread = session.threadFor(threadId);
  const { hits, state } = thread.info;
  const target = direction === 'newest' ? hits : thread.playhead + (direction === 'later' ? 1 : -1);
  thread.waiting = target > hits && state === 'active';
  if (target > hits) return () => stayAtNewest(session, thread);
  if (target < 1) return () => stay(session, thread, 'There is no earlier hit');
  const from = thread.playhead;
  thread.playhead = target;
  return async () => {
    try {
      await showStop(session, thread, direction === 'newest' ? 'pause' : 'step');
    } catch (error) {
      // Old hits are deleted in time; the one that was shown stays.
      thread.playhead = from;
      await stay(session, thread, error instanceof Error ? error.message : String(error));
    }
  };
}

function stayAtNewest(session: AdapterSession, thread: ActionThread): Promise<void> {
  const { state, summary } = thread.info;
  const text =
    state === 'active' ? 'No later hit yet; the next one is shown when it comes' : `No later hit. ${summary}`;
  return stay(session, thread, text);
}

async function stay(session: AdapterSession, thread: ActionThread, text: string): Promise<void> {
  session.say(text);
  await showStop(session, thread, 'step');
}

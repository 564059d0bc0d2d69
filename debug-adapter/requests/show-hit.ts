/** `stillframe/showHit`: our own extensions turn a running session to a hit a person has chosen in a list or a lens. */
import { METRIC_KINDS } from '@stillframe/protocol/action';
import type { ActionInfo } from '@stillframe/protocol/messages/ide-connection';
import { z } from 'zod';
import type { AdapterSession } from '../state/adapter-session.ts';
import { Problem } from '../state/problem.ts';
import { showStop } from '../state/stop-policy.ts';
import type { Answer } from './request.ts';

export const ShowHitShape = z.object({
  action: z.string().max(64),
  /** Number of the hit; the newest when absent. */
  hit: z.int().min(1).optional(),
});

export function showHit(session: AdapterSession, { action, hit }: z.infer<typeof ShowHitShape>): Answer {
  const info = session.link.view.actions.get(action);
  const thread = info === undefined ? session.knownThread(action) : session.threadOf(info);
  if (thread === undefined) throw new Problem(noHitOf(action, info));
  thread.playhead = Math.min(hit ?? thread.info.hits, thread.info.hits);
  thread.waiting = false;
  return { after: () => showStop(session, thread, 'breakpoint') };
}

/** What to look at instead. */
export function noHitOf(id: string, info: ActionInfo | undefined): string {
  if (info !== undefined && METRIC_KINDS.has(info.kind) && info.sampling?.by !== 'slowest') {
    return `A ${info.kind} has figures, not hits: type "metrics ${id}" in the debug console`;
  }
  return 'There is no hit of this action yet; the hover on its line says why';
}

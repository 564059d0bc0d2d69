import type { AdapterSession } from '../state/adapter-session.ts';
import { showStop } from '../state/stop-policy.ts';

/** From here on a new breakpoint is a deliberate one. Shows what is already captured: the action asked for, or the latest. */
export async function configurationDone(session: AdapterSession): Promise<void> {
  session.configured = true;
  const infos = [...session.link.view.actions.values()].filter((info) => session.threadOf(info) !== undefined);
  infos.sort((a, b) => (a.lastHitAt ?? 0) - (b.lastHitAt ?? 0));
  const wanted = infos.find(({ id }) => id === session.options.action) ?? infos.at(-1);
  for (const info of infos) {
    const thread = session.threadOf(info);
    if (thread === undefined) continue;
    session.emit('thread', { reason: 'started', threadId: thread.id });
    if (info === wanted) {
      if (session.options.hit !== undefined && session.options.action === info.id) {
        thread.playhead = Math.min(session.options.hit, info.hits);
      }
      await showStop(session, thread, 'breakpoint', true);
    }
  }
  const kept = session.breakpoints.all().filter(({ actionId }) => actionId === undefined);
  if (kept.length > 0 && (session.options.breakpoints ?? 'ask') === 'ask') {
    const count = kept.length === 1 ? 'One breakpoint was' : `${kept.length} breakpoints were`;
    session.say(`${count} there before this session and not placed. Toggle one to place it, or type "place all".`);
  }
}

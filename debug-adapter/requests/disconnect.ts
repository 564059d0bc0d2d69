import { ActionRemove } from '@stillframe/protocol/messages/ide-connection';
import type { AdapterSession } from '../state/adapter-session.ts';

/** Takes out what this session's breakpoints placed, unless it was asked to keep it; the service goes on either way. */
export async function disconnect(session: AdapterSession): Promise<void> {
  if (!session.isAttached) return;
  const own = session.breakpoints.all().flatMap(({ actionId }) => actionId ?? []);
  const active = own.filter((id) => session.link.view.actions.get(id)?.state === 'active');
  try {
    if (active.length > 0 && session.options.keepActions !== true) {
      await session.link.request(ActionRemove, { ids: active });
      session.say(
        `Removed ${active.length === 1 ? 'the action' : `${active.length} actions`} of this session's breakpoints.`,
      );
    } else if (active.length > 0) {
      session.say(`${active.length} actions of this session's breakpoints stay until they expire.`);
    }
  } finally {
    await session.close();
  }
}

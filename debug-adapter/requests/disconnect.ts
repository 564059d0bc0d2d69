import type { AdapterSession } from '../state/adapter-session.ts';
import type { Answer } from './request.ts';

/** A client that is leaving does not wait for long. */
const REMOVAL_MS = 2000;

/** Takes out what this session placed, unless it was asked to keep it; the service goes on either way. */
export async function disconnect(session: AdapterSession): Promise<Answer> {
  if (!session.isAttached) return {};
  const { actions } = session.link.view;
  const made = session.breakpoints.all().flatMap(({ actionId, adopted }) => (adopted ? [] : (actionId ?? [])));
  const own = [...made, ...session.typedActions].filter((id) => (actions.get(id)?.state ?? 'active') === 'active');
  try {
    if (session.options.keepActions !== true) await removeAll(session, own);
    else if (own.length > 0) session.say(`${actionCount(own.length)} of this session will stay until they expire.`);
  } finally {
    await session.close();
  }
  return {};
}

async function removeAll(session: AdapterSession, ids: readonly string[]): Promise<void> {
  const total = new Set([...ids, ...session.orphans]).size;
  if (total === 0) return;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, REMOVAL_MS);
  });
  await Promise.race([session.removeActions(ids).catch(() => {}), late]);
  clearTimeout(timer);
  session.say(
    session.orphans.size === 0
      ? `Removed ${actionCount(total)} of this session.`
      : `Could not remove ${actionCount(session.orphans.size)}: the server is away. They end by themselves when they expire.`,
  );
}

function actionCount(count: number): string {
  return count === 1 ? '1 action' : `${count} actions`;
}

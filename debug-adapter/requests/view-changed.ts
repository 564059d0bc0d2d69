/** What the server tells becomes events: new threads and stops, breakpoints that arm or fail, log lines. */
import type { ViewChange } from '@stillframe/management-client/management-link';
import type { HitHead } from '@stillframe/protocol/hit';
import { HitList } from '@stillframe/protocol/messages/ide-connection';
import { tellBreakpoint } from '../convert/breakpoint.ts';
import { clientLine, sourceOf } from '../convert/source.ts';
import type { AdapterSession } from '../state/adapter-session.ts';
import { announceStop } from '../state/stop-policy.ts';
import { placeUnsent } from './set-breakpoints.ts';

/** Log lines told at once; a console that scrolls faster than one can read helps nobody. */
const LINES_AT_ONCE = 200;

export async function viewChanged(session: AdapterSession, change: ViewChange): Promise<void> {
  if (!session.isAttached) return;
  if (change.connection) {
    await connectionChanged(session);
    return;
  }
  for (const { id } of change.actions ?? []) tellActionState(session, id);
  for (const id of change.removedActions ?? []) actionRemoved(session, id);
  const hits = change.hits ?? [];
  await tellLogs(
    session,
    hits.filter(({ message }) => message !== undefined),
  );
  const captured = new Map<string, number>();
  for (const { actionId, ordinal, message } of hits) {
    if (message === undefined && !captured.has(actionId)) captured.set(actionId, ordinal);
  }
  for (const [actionId, ordinal] of captured) await tellHits(session, actionId, ordinal);
}

/** Behind a gap everything may have changed. */
async function connectionChanged(session: AdapterSession): Promise<void> {
  const { state, stateReason, view } = session.link;
  if (state !== 'connected') {
    if (!session.isCutOff) session.say(stateReason ?? 'The connection to the server is lost', 'important');
    session.isCutOff = true;
    return;
  }
  if (session.isCutOff) session.say('Connected again.');
  session.isCutOff = false;
  await session.removeActions([]);
  // Before others are placed, of which this view cannot know.
  for (const breakpoint of session.breakpoints.all()) {
    if (breakpoint.actionId !== undefined && !view.actions.has(breakpoint.actionId))
      actionRemoved(session, breakpoint.actionId);
    else tellBreakpoint(session, breakpoint);
  }
  await placeUnsent(session);
  for (const { id, kind, hits } of view.actions.values()) {
    if (hits === 0) continue;
    if (kind === 'log') await tellMissedLogs(session, id, hits);
    else {
      const heard = session.knownThread(id)?.heard;
      if (hits !== heard) await tellHits(session, id, heard === undefined ? hits : heard + 1);
    }
  }
}

function tellActionState(session: AdapterSession, id: string): void {
  const breakpoint = session.breakpoints.ofAction(id);
  if (breakpoint !== undefined) tellBreakpoint(session, breakpoint);
}

/** Its thread stays, since the hits stay readable. */
function actionRemoved(session: AdapterSession, id: string): void {
  const thread = session.knownThread(id);
  if (thread !== undefined) {
    thread.info = { ...thread.info, state: 'removed', summary: 'The action was removed' };
    thread.waiting = false;
  }
  const breakpoint = session.breakpoints.ofAction(id);
  if (breakpoint === undefined) return;
  delete breakpoint.actionId;
  breakpoint.message = 'Removed elsewhere; toggle it to place it again';
  tellBreakpoint(session, breakpoint);
}

async function tellMissedLogs(session: AdapterSession, actionId: string, total: number): Promise<void> {
  const told = session.toldLogs.get(actionId) ?? 0;
  if (total <= told) return;
  const range = { actionId, afterOrdinal: told, limit: LINES_AT_ONCE };
  const { hits } = await session.link.request(HitList, range);
  await tellLogs(session, hits);
  const left = total - (hits.at(-1)?.ordinal ?? told);
  if (left > 0) session.say(`${left} more log lines: stillframe hits ${actionId}`);
  session.toldLogs.set(actionId, total);
}

async function tellLogs(session: AdapterSession, heads: readonly HitHead[]): Promise<void> {
  const lines = heads.filter(({ actionId, ordinal }) => ordinal > (session.toldLogs.get(actionId) ?? 0));
  for (const { actionId, ordinal } of lines) session.toldLogs.set(actionId, ordinal);
  const files = lines.length === 0 ? [] : await session.link.files();
  for (const head of lines.slice(0, LINES_AT_ONCE)) {
    const { path, line, message, level = 'info', agentId, agentName } = head;
    const sha256 = files.find((file) => file.path === path && file.agentIds.includes(agentId))?.sha256;
    const source =
      path === undefined ? undefined : await sourceOf(session, { path, ...(sha256 !== undefined && { sha256 }) });
    session.emit('output', {
      category: level === 'error' || level === 'warn' ? 'stderr' : 'stdout',
      output: `[${level} ${agentName}] ${message ?? ''}\n`,
      ...(source !== undefined && { source, line: clientLine(session, line) }),
    });
  }
  const left = lines.length - LINES_AT_ONCE;
  if (left > 0) session.say(`${left} more log lines in this moment`);
}

/** `ordinal` is that of the first new hit. A person who reads one hit is not torn away by the next. */
async function tellHits(session: AdapterSession, actionId: string, ordinal: number): Promise<void> {
  const info = session.link.view.actions.get(actionId);
  if (info === undefined || !session.configured) return;
  const known = session.knownThread(actionId);
  // Told with the others when the session began, or when the connection came back.
  if (known?.heard === info.hits) return;
  const wasAtNewest = known !== undefined && known.playhead >= known.heard;
  const thread = session.threadOf(info, ordinal);
  if (thread === undefined) return;
  thread.heard = info.hits;
  if (known === undefined) session.emit('thread', { reason: 'started', threadId: thread.id });
  else if (thread.waiting) thread.playhead += 1;
  else if (session.options.follow === 'atLatest' && wasAtNewest) thread.playhead = info.hits;
  else return;
  thread.waiting = false;
  await announceStop(session, thread);
}

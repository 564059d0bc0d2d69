/** What the server tells becomes events: new threads and stops, breakpoints that arm or fail, log lines. */
import type { ViewChange } from '@stillframe/management-client/management-link';
import type { HitHead } from '@stillframe/protocol/hit';
import { clientLine, sourceOf } from '../convert/source.ts';
import type { AdapterSession } from '../state/adapter-session.ts';
import { showStop } from '../state/stop-policy.ts';
import { tellBreakpoint } from './set-breakpoints.ts';

export async function viewChanged(session: AdapterSession, change: ViewChange): Promise<void> {
  if (!session.isAttached) return;
  if (change.connection) {
    const { state, stateReason } = session.link;
    if (state !== 'connected') session.say(stateReason ?? `The connection is ${state}`);
    else session.say('Connected again.');
  }
  for (const { id } of change.actions ?? []) {
    const breakpoint = session.breakpoints.ofAction(id);
    if (breakpoint !== undefined) tellBreakpoint(session, breakpoint);
  }
  for (const id of change.removedActions ?? []) {
    const breakpoint = session.breakpoints.ofAction(id);
    if (breakpoint === undefined) continue;
    breakpoint.message = 'Removed by someone; toggle it to place it again';
    tellBreakpoint(session, breakpoint);
  }
  for (const head of change.hits ?? []) {
    if (head.message !== undefined) await tellLog(session, head);
  }
  if (session.configured) await tellHits(session, change.hits ?? []);
}

async function tellLog(session: AdapterSession, head: HitHead): Promise<void> {
  const frame = { ...(head.path !== undefined && { path: head.path }), origin: 'application' as const };
  const source = await sourceOf(session, head, frame);
  session.emit('output', {
    category: head.level === 'error' || head.level === 'warn' ? 'stderr' : 'stdout',
    output: `[${head.level ?? 'info'} ${head.agentName}] ${head.message}\n`,
    ...(source !== undefined && { source, line: clientLine(session, head.line) }),
  });
}

/** The last hit of each action counts: a batch of ten is one stop. */
async function tellHits(session: AdapterSession, heads: readonly HitHead[]): Promise<void> {
  const latest = new Map(heads.filter(({ message }) => message === undefined).map((head) => [head.actionId, head]));
  for (const { actionId, ordinal } of latest.values()) {
    const info = session.link.view.actions.get(actionId);
    if (info === undefined) continue;
    const isNew = ![...session.threads.values()].some((thread) => thread.actionId === actionId);
    const thread = session.threadOf(info);
    if (thread === undefined) continue;
    if (isNew) session.emit('thread', { reason: 'started', threadId: thread.id });
    const wasAtEnd = thread.playhead >= ordinal - 1;
    const follows = isNew || !thread.stopped || ((session.options.follow ?? 'atLatest') === 'atLatest' && wasAtEnd);
    if (!follows) continue;
    thread.playhead = ordinal;
    await showStop(session, thread, 'breakpoint', false);
  }
}

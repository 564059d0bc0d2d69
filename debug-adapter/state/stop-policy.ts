/**
 * How each client wants to hear of a hit. VS Code may have many stopped threads; nvim-dap would let a second one run on at
 * once; others would jump to it. Found out with the real editors.
 */
import type { ActionThread, AdapterSession } from './adapter-session.ts';

export type StopReason = 'breakpoint' | 'step' | 'pause';

/** Whether a client can show several threads as stopped without losing sight of the one a person looks at. */
export function canStopMany(session: AdapterSession): boolean {
  return styleOf(session.client.id) === 'many';
}

/** Tells the client that a thread stands at a hit because the person asked for it: the client may turn to it. */
export function showStop(session: AdapterSession, thread: ActionThread, reason: StopReason): Promise<void> {
  return stop(session, thread, reason, false);
}

/** Tells the client of a hit nobody asked for just now, in the way that disturbs it least. */
export async function announceStop(session: AdapterSession, thread: ActionThread): Promise<void> {
  const others = [...session.threads.values()].some((other) => other !== thread && other.stopped);
  const style = styleOf(session.client.id);
  if (!others) await stop(session, thread, 'breakpoint', false);
  else if (style === 'many') await stop(session, thread, 'breakpoint', true);
  else if (style === 'asPause') await stop(session, thread, 'pause', true);
  else session.say(`Hit ${thread.playhead} of thread ${thread.id}: select that thread to look at it`);
}

async function stop(
  session: AdapterSession,
  thread: ActionThread,
  reason: StopReason,
  keepsFocus: boolean,
): Promise<void> {
  const { id, kind, maxHits } = thread.info;
  const hit = await session.hitOf(thread);
  const breakpoint = session.breakpoints.ofAction(id);
  thread.stopped = true;
  thread.lastStopAt = performance.now();
  session.echoGuard.stopped(performance.now());
  session.emit('stopped', {
    reason,
    description: `${kind === 'duration' ? 'Slow call' : 'Snapshot hit'} ${hit.ordinal}/${maxHits} · ${hit.agentName} · ${clockTime(hit.at)}`,
    threadId: thread.id,
    allThreadsStopped: false,
    ...(keepsFocus && { preserveFocusHint: true }),
    ...(breakpoint !== undefined && { hitBreakpointIds: [breakpoint.id] }),
  });
}

/** `12:00:05` where the editor is. */
function clockTime(at: number): string {
  return new Date(at).toTimeString().slice(0, 8);
}

function styleOf(clientId: string): 'many' | 'asPause' | 'silent' {
  if (/^(vscode|code-oss|vscodium|cursor|windsurf)/i.test(clientId)) return 'many';
  return clientId === 'neovim' ? 'asPause' : 'silent';
}

/**
 * How each client wants to hear of a hit. VS Code may have many stopped threads; nvim-dap would let a second one run on at
 * once; others would jump to it. Found out with the real editors.
 */
import type { ActionThread, AdapterSession } from './adapter-session.ts';

/** A client that answers a stop with `continue` within this time did not mean it. */
const ECHO_MS = 200;

/** Tells the client that a thread stands at a hit. `focus` when the person asked for it. */
export async function showStop(
  session: AdapterSession,
  thread: ActionThread,
  reason: 'breakpoint' | 'step' | 'pause',
  focus: boolean,
): Promise<void> {
  const others = [...session.threads.values()].some((other) => other !== thread && other.stopped);
  const style = styleOf(session.client.id);
  if (!focus && others && style === 'silent') {
    const { hits } = session.infoOf(thread);
    session.say(`New hit ${hits} of thread ${thread.id}: select it to look at it`);
    return;
  }
  const { maxHits } = session.infoOf(thread);
  const hit = await session.hitOf(thread);
  const breakpoint = session.breakpoints.ofAction(thread.actionId);
  const when = new Date(hit.at).toISOString().slice(11, 19);
  thread.stopped = true;
  thread.lastStopAt = Date.now();
  session.emit('stopped', {
    reason: others && !focus && style === 'asPause' ? 'pause' : reason,
    description: `Snapshot hit ${hit.ordinal}/${maxHits} · ${hit.agentName} · ${when}`,
    threadId: thread.id,
    allThreadsStopped: false,
    ...(others && !focus && { preserveFocusHint: true }),
    ...(breakpoint !== undefined && { hitBreakpointIds: [breakpoint.id] }),
  });
}

/** True when a `continue` is the client's own echo of our stop, which must not be answered with another. */
export function isEcho(thread: ActionThread): boolean {
  return Date.now() - thread.lastStopAt < ECHO_MS;
}

function styleOf(clientId: string): 'many' | 'asPause' | 'silent' {
  if (/^(vscode|code-oss|vscodium|cursor|windsurf)/i.test(clientId)) return 'many';
  return clientId === 'neovim' ? 'asPause' : 'silent';
}

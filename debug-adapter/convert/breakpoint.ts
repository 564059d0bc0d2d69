/** What the client is told of a breakpoint: whether its action is armed, and the explanation in one sentence. */
import type { ActionInfo } from '@stillframe/protocol/messages/ide-connection';
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { AdapterSession } from '../state/adapter-session.ts';
import type { SetBreakpoint } from '../state/breakpoint-table.ts';
import { clientLine } from './source.ts';

/** Sends a breakpoint's state when it differs from what the client knows. */
export function tellBreakpoint(session: AdapterSession, breakpoint: SetBreakpoint): void {
  // The answer to `setBreakpoints` is still to come, and will say it.
  if (breakpoint.told === undefined) return;
  const state = breakpointState(session, breakpoint);
  const text = JSON.stringify(state);
  if (text === breakpoint.told) return;
  breakpoint.told = text;
  session.emit('breakpoint', { reason: 'changed', breakpoint: state });
}

export function breakpointState(session: AdapterSession, breakpoint: SetBreakpoint): DebugProtocol.Breakpoint {
  const { id, actionId, message, wanted, held, unsent } = breakpoint;
  const line = clientLine(session, wanted.line);
  if (actionId === undefined) {
    return { id, verified: false, line, message, reason: held || unsent ? 'pending' : 'failed' };
  }
  const info = session.link.view.actions.get(actionId);
  if (info === undefined) {
    // Between its creation and the server's news of it there is nothing to say yet.
    const isNews = message === '';
    return {
      id,
      verified: false,
      line,
      message: isNews ? 'Sent to the server' : message,
      reason: isNews ? 'pending' : 'failed',
    };
  }
  return { id, line: clientLine(session, lineOf(breakpoint, info)), message: info.summary, ...stateOf(info) };
}

function stateOf({ state, agents }: ActionInfo): Pick<DebugProtocol.Breakpoint, 'verified' | 'reason'> {
  const states = agents.filter(({ connected }) => connected).map((agent) => agent.state);
  if (state === 'active' && states.some((each) => each === 'armed' || each === 'finished')) return { verified: true };
  const isFinal = state !== 'active' || (states.length > 0 && states.every((each) => each === 'rejected'));
  return { verified: false, reason: isFinal ? 'failed' : 'pending' };
}

/** Where an agent moved it, told as a move of the editor's line: the file may have been edited since. */
function lineOf({ wanted }: SetBreakpoint, { agents, location }: ActionInfo): number {
  const resolved = agents.find((agent) => agent.resolved !== undefined)?.resolved;
  return resolved === undefined ? wanted.line : wanted.line + resolved.line - location.line;
}

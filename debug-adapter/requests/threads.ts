import { describeAction } from '@stillframe/core/action/describe-action';
import type { ActionInfo } from '@stillframe/protocol/messages/ide-connection';
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { ActionThread, AdapterSession } from '../state/adapter-session.ts';
import type { Answer } from './request.ts';

export const WAITING_THREAD = 2_000_000_000;
/** Clients grow slow with very many threads. */
const MOST = 50;

export function threads(session: AdapterSession): Answer {
  if (session.isAttached && session.configured) captures(session);
  const list: DebugProtocol.Thread[] = [...session.threads.values()].map(({ id, info }) => ({
    id,
    // Without the hit's number: some clients keep the first name they hear.
    name: nameOf(info),
  }));
  // The protocol wants one at least.
  return { body: { threads: list.length > 0 ? list : [{ id: WAITING_THREAD, name: 'waiting for hits' }] } };
}

function nameOf({ kind, location, functionName }: ActionInfo): string {
  return describeAction({ kind, location, ...(functionName !== undefined && { functionName }) });
}

/** The threads of actions with hits, the one that fired last first. */
export function captures(session: AdapterSession): ActionThread[] {
  const infos = [...session.link.view.actions.values()].filter(({ kind, hits }) => kind !== 'log' && hits > 0);
  infos.sort((a, b) => (b.lastHitAt ?? 0) - (a.lastHitAt ?? 0));
  return infos.slice(0, MOST).flatMap((info) => session.threadOf(info) ?? []);
}

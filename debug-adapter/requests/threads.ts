import { describeAction } from '@stillframe/core/action/describe-action';
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { AdapterSession } from '../state/adapter-session.ts';

const WAITING = 2_000_000_000;

export function threads(session: AdapterSession): { threads: DebugProtocol.Thread[] } {
  const infos = [...session.link.view.actions.values()].sort((a, b) => a.createdAt - b.createdAt);
  const list = infos.flatMap((info) => {
    const thread = session.threadOf(info);
    // Without the hit's number: some clients keep the first name they hear.
    return thread === undefined ? [] : [{ id: thread.id, name: describeAction(info) }];
  });
  // The protocol wants one at least.
  return { threads: list.length > 0 ? list : [{ id: WAITING, name: 'waiting for hits' }] };
}

/** The whole picture for the editor's own extension. */
import type { EditorState } from '@stillframe/protocol/messages/editor-extensions';
import type { Session } from '../state/session.ts';
import { editorAction } from './editor-action.ts';

export async function editorState(session: Session): Promise<EditorState> {
  const { link } = session;
  const { view, stateReason, user } = link;
  const infos = [...view.actions.values()].sort((a, b) => b.createdAt - a.createdAt);
  const actions = await Promise.all(infos.map((info) => editorAction(session, info)));
  return {
    connection: link.state,
    server: link.url,
    target: (await session.defaultTarget()).text,
    agents: [...view.agents.values()].map(({ id, name, tags, runtime, host, pid, connected }) => ({
      id,
      name,
      tags,
      runtime,
      host,
      pid,
      connected,
    })),
    actions,
    ...(stateReason !== undefined && { reason: stateReason }),
    ...(user !== undefined && { user }),
  };
}

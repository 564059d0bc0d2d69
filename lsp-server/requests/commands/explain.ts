/** `stillframe.action.why` and `stillframe.mapping.explain`: answers in words. */
import { requestError } from '@stillframe/protocol/errors';
import { ActionWhy } from '@stillframe/protocol/messages/ide-connection';
import { z } from 'zod';
import { pathOfUri } from '../../convert/uri.ts';
import type { EditorFace } from '../../state/editor-face.ts';
import { documentOnDisk } from '../../state/open-document.ts';
import type { Session } from '../../state/session.ts';

export const WhyShape = z.object({ id: z.string().max(64) });

export async function why(
  session: Session,
  editor: EditorFace,
  { id }: z.infer<typeof WhyShape>,
): Promise<{ summary: string; text: string }> {
  const { summary, agents } = await session.link.request(ActionWhy, { id });
  const lines = agents.flatMap(({ agent, links }) => [
    `${agent}:`,
    ...links.map(({ link, state, reason }) => `  ${link} ${state}${reason === undefined ? '' : `: ${reason}`}`),
  ]);
  editor.info(summary);
  return { summary, text: [summary, ...lines].join('\n') };
}

export const MappingShape = z.object({ uri: z.string().max(8192) });

export async function explainMapping(
  session: Session,
  editor: EditorFace,
  { uri }: z.infer<typeof MappingShape>,
): Promise<{ text: string }> {
  const path = pathOfUri(uri);
  if (path === undefined) throw requestError('invalidParams', 'Choose a file on disk');
  const match = await session.deployedFor(session.documentAt(uri, path) ?? (await documentOnDisk(uri, path)));
  const agents = match.files.map(({ path: deployed, agentIds }) => {
    const names = agentIds.map((id) => session.link.view.agents.get(id)?.name ?? id);
    return `${deployed} (${[...new Set(names)].join(', ')})`;
  });
  const same = match.sameContent ? ' The text is the same.' : '';
  const content = match.driftText === undefined ? same : ` ${match.driftText}.`;
  const text = `${match.explanation}.${content}${agents.length === 0 ? '' : ` Loaded as ${agents.join('; ')}`}`;
  editor.info(text);
  return { text };
}

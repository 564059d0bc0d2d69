/** `stillframe.source.showDeployed`: the text the service really runs, beside the editor's. */

import { requestError } from '@stillframe/protocol/errors';
import { type DeployedFile, FileRead } from '@stillframe/protocol/messages/ide-connection';
import { z } from 'zod';
import { pathOfUri } from '../../convert/uri.ts';
import type { EditorFace } from '../../state/editor-face.ts';
import type { Session } from '../../state/session.ts';
import { showText } from './show-text.ts';

export const ShowDeployedShape = z.object({ uri: z.string().max(8192), version: z.string().max(64).optional() });

export async function showDeployed(
  session: Session,
  editor: EditorFace,
  { uri, version }: z.infer<typeof ShowDeployedShape>,
): Promise<{ uri: string }> {
  const path = pathOfUri(uri);
  const match = path === undefined ? undefined : await session.map.deployedFor(path);
  const file = match?.files.find(({ sha256 }) => version === undefined || sha256 === version);
  if (file === undefined) throw requestError('notFound', match?.explanation ?? 'Choose a file on disk');
  return { uri: await showDeployedFile(session, editor, file) };
}

export async function showDeployedFile(
  session: Session,
  editor: EditorFace,
  { path, sha256 }: DeployedFile,
  line?: number,
): Promise<string> {
  const { text } = await session.link.request(FileRead, { path, ...(sha256 !== undefined && { sha256 }) });
  return showText(editor, { kind: 'deployed', path, text, line });
}

/** A text as a read-only file in the user's cache, opened in the editor. */
import { writeCacheFile } from '@stillframe/management-client/cache-files';
import { requestError } from '@stillframe/protocol/errors';
import type { EditorFace } from '../../state/editor-face.ts';

export interface ShownText {
  kind: 'hits' | 'deployed';
  /** Its last segment names the file. */
  path: string;
  text: string;
  /** 0-based. */
  line?: number | undefined;
}

export async function showText(editor: EditorFace, { kind, path, text, line }: ShownText): Promise<string> {
  const uri = await writeCacheFile(kind, path, text).catch((error: Error) => {
    throw requestError('unavailable', `Make your cache folder writable, or set XDG_CACHE_HOME: ${error.message}`);
  });
  await editor.showDocument(uri, line);
  return uri;
}

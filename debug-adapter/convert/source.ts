/** Deployed places as DAP sources: the local file when it is the same text, otherwise the deployed text itself. */
import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Frame } from '@stillframe/protocol/hit';
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { AdapterSession } from '../state/adapter-session.ts';

export async function sourceOf(
  session: AdapterSession,
  { path, sha256, origin }: Pick<Frame, 'path' | 'sha256' | 'origin'>,
): Promise<DebugProtocol.Source | undefined> {
  if (path === undefined) return undefined;
  const name = basename(path.replaceAll('\\', '/'));
  if (origin === 'runtime') return { name: path, presentationHint: 'deemphasize' };
  const { path: local } = await session.map.localFor(path, sha256);
  const localHash = local === undefined ? undefined : await session.map.hashOf(local);
  const shown = local !== undefined && localHash !== undefined ? { name, path: clientPath(session, local) } : undefined;
  if (shown !== undefined && (sha256 === undefined || localHash === sha256)) return shown;
  const version = sha256 === undefined ? 'deployed' : `deployed ${sha256.slice(0, 8)}`;
  if (await isReadable(session, path, sha256)) {
    const described = {
      name,
      origin: shown === undefined ? version : `${version}, local file differs`,
      ...(origin === 'library' && { presentationHint: 'deemphasize' as const }),
    };
    const copy = opensFilesOnly(session) ? await session.copyOf({ path, sha256 }) : undefined;
    if (copy !== undefined) return { ...described, path: clientPath(session, copy) };
    const sourceReference = session.sources.idOf(`${path} ${sha256}`, () => ({ path, sha256 }));
    return { ...described, path, sourceReference };
  }
  // Nobody has that text any more: the local file is the nearest thing to it, and is said to differ.
  if (shown !== undefined) return { ...shown, origin: `local file differs from ${version}` };
  return { name, presentationHint: 'deemphasize', origin: path };
}

/** Helix has no request for a source; it opens paths. */
function opensFilesOnly(session: AdapterSession): boolean {
  return session.client.id === 'hx';
}

async function isReadable(session: AdapterSession, path: string, sha256: string | undefined): Promise<boolean> {
  const files = await session.link.files();
  return files.some((file) => file.path === path && (sha256 === undefined || file.sha256 === sha256));
}

export function clientPath(session: AdapterSession, path: string): string {
  return session.client.pathsAreUris ? pathToFileURL(path).href : path;
}

/** Lines are 1-based on the wire; a client may count from 0. */
export function clientLine(session: AdapterSession, line: number | undefined): number {
  return (line ?? 1) - (session.client.linesStartAt1 ? 0 : 1);
}

export function clientColumn(session: AdapterSession, column: number | undefined): number {
  return (column ?? 1) - (session.client.columnsStartAt1 ? 0 : 1);
}

/** Deployed places as DAP sources: the local file when it is the same text, otherwise the deployed text itself. */
import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Frame, Hit } from '@stillframe/protocol/hit';
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { AdapterSession } from '../state/adapter-session.ts';

export async function sourceOf(
  session: AdapterSession,
  hit: Pick<Hit, 'agentId'>,
  frame: Pick<Frame, 'path' | 'sha256' | 'origin'>,
): Promise<DebugProtocol.Source | undefined> {
  const { path, sha256, origin } = frame;
  if (path === undefined) return undefined;
  if (origin === 'runtime') return { name: path, presentationHint: 'deemphasize' };
  const { path: local, rule } = await session.map.localFor(path, sha256);
  if (local !== undefined && (sha256 === undefined || rule === 'content' || (await hasText(session, local, sha256)))) {
    return { name: basename(local), path: clientPath(session, local) };
  }
  if (origin === 'library') return { name: basename(path), path, presentationHint: 'deemphasize' };
  const version = sha256 === undefined ? 'deployed' : `deployed ${sha256.slice(0, 8)}`;
  const sourceReference = session.sources.idOf(`${path} ${sha256}`, () => ({ path, sha256, agentId: hit.agentId }));
  return {
    name: basename(path),
    path,
    sourceReference,
    origin: local === undefined ? version : `${version}, local file differs`,
  };
}

async function hasText(session: AdapterSession, local: string, sha256: string): Promise<boolean> {
  const { files } = await session.map.deployedFor(local);
  return files.some((file) => file.sha256 === sha256) && (await session.map.hashOf(local)) === sha256;
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

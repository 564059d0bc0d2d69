import { FileRead } from '@stillframe/protocol/messages/ide-connection';
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { AdapterSession } from '../state/adapter-session.ts';
import { Problem } from '../state/problem.ts';

/** The deployed text, from an agent that has it. */
export async function source(
  session: AdapterSession,
  args: DebugProtocol.SourceArguments,
): Promise<DebugProtocol.SourceResponse['body']> {
  const wanted = session.sources.get(args.source?.sourceReference ?? args.sourceReference);
  if (wanted === undefined) throw new Problem('This source is of another session');
  const { path, sha256 } = wanted;
  const { text } = await session.link.request(FileRead, { path, ...(sha256 !== undefined && { sha256 }) });
  return { content: text };
}

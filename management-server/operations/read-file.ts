import { errorName, requestError } from '@stillframe/protocol/errors';
import type { FileReadParams, FileReadResult } from '@stillframe/protocol/messages/ide-connection';
import type { ServerContext } from '../server-context.ts';

/** Agents asked one after another until one has the text. */
const TRIES = 3;

export async function readFile(context: ServerContext, params: FileReadParams): Promise<FileReadResult> {
  const { path, sha256, agentId } = params;
  const having = context.files.agentsWith(path, sha256);
  const candidates = agentId === undefined ? having : having.filter((id) => id === agentId);
  for (const id of candidates.slice(0, TRIES)) {
    const link = context.agents.get(id)?.link;
    if (link === undefined) continue;
    try {
      const source = await link.requestSource({ path, ...(sha256 !== undefined && { sha256 }) });
      return { ...source, agentId: id };
    } catch (error) {
      if (errorName(error) !== 'notFound') context.log(`agent ${id} did not answer with the text of ${path}`);
    }
  }
  const version = sha256 === undefined ? '' : ' in this version';
  throw requestError('notFound', `Cannot read ${path}: no connected agent has it${version}`);
}

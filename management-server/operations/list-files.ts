import type { FileListParams, FileListResult } from '@stillframe/protocol/messages/ide-connection';
import type { ServerContext } from '../server-context.ts';

/** Agents named per file; more run the same text, and any of them will do. */
const AGENTS_PER_FILE = 20;

/** Cut to what fits into one message: a fleet that runs more distinct files is asked agent by agent. */
export function listFiles(context: ServerContext, { agentId }: FileListParams): FileListResult {
  const files: FileListResult['files'] = [];
  let bytes = 0;
  for (const file of context.files.list(agentId, AGENTS_PER_FILE)) {
    bytes += 200 + file.path.length + file.agentIds.length * 40;
    if (bytes > context.limits.chunkBytes) break;
    files.push(file);
  }
  return { filesRevision: context.files.revision, files };
}

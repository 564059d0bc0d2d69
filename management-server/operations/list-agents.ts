import type { AgentListParams, AgentListResult } from '@stillframe/protocol/messages/ide-connection';
import type { ServerContext } from '../server-context.ts';
import { fitting } from './fitting.ts';

/** Connected ones first; what does not fit into one answer is only counted. */
export function listAgents(context: ServerContext, { includeDisconnected }: AgentListParams): AgentListResult {
  const infos = Array.from(context.agents.all(), (agent) => agent.info)
    .filter((info) => info.connected || includeDisconnected === true)
    .sort((a, b) => Number(b.connected) - Number(a.connected));
  return { agents: fitting(infos, context.limits.chunkBytes, (info) => info), total: infos.length };
}

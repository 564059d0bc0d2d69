import type { AgentListParams, AgentListResult } from '@stillframe/protocol/messages/ide-connection';
import type { ServerContext } from '../server-context.ts';

export function listAgents(context: ServerContext, { includeDisconnected }: AgentListParams): AgentListResult {
  const infos = Array.from(context.agents.all(), (agent) => agent.info);
  return { agents: infos.filter((info) => info.connected || includeDisconnected === true) };
}

import { basename } from 'node:path';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { sourceOf } from '../convert/source.ts';
import type { AdapterSession } from '../state/adapter-session.ts';

const MOST = 1000;

export async function loadedSources(session: AdapterSession): Promise<{ sources: DebugProtocol.Source[] }> {
  const files = (await session.link.files()).slice(0, MOST);
  const sources = await Promise.all(
    files.map(async ({ path, sha256, agentIds }) => {
      const frame = { path, origin: 'application' as const, ...(sha256 !== undefined && { sha256 }) };
      return (await sourceOf(session, { agentId: agentIds[0] ?? '' }, frame)) ?? { name: basename(path) };
    }),
  );
  return { sources };
}

/** Agents as modules: who runs what. */
export function modules(session: AdapterSession): DebugProtocol.ModulesResponse['body'] {
  const agents = [...session.link.view.agents.values()].filter(({ connected }) => connected);
  return {
    modules: agents.map(({ id, name, deployed, runtime, runtimeVersion, host, pid }) => ({
      id,
      name,
      path: `${host}:${pid}`,
      version: deployed?.commit ?? deployed?.build ?? `${runtime} ${runtimeVersion}`,
    })),
    totalModules: agents.length,
  };
}

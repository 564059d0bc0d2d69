import { basename } from 'node:path';
import { sourceOf } from '../convert/source.ts';
import type { AdapterSession } from '../state/adapter-session.ts';
import type { Answer } from './request.ts';

const MOST = 1000;

/** What the agents run, as far as it is a person's own code. */
export async function loadedSources(session: AdapterSession): Promise<Answer> {
  const files = (await session.link.files()).filter(({ path }) => !/[\\/]node_modules[\\/]/.test(path)).slice(0, MOST);
  const sources = await Promise.all(
    files.map(async ({ path, sha256 }) => {
      const frame = { path, origin: 'application' as const, ...(sha256 !== undefined && { sha256 }) };
      return (await sourceOf(session, frame)) ?? { name: basename(path) };
    }),
  );
  return { body: { sources } };
}

/** Agents as modules: who runs what. */
export function modules(session: AdapterSession): Answer {
  const agents = [...session.link.view.agents.values()].filter(({ connected }) => connected);
  return {
    body: {
      modules: agents.map(({ id, name, deployed, runtime, runtimeVersion, host, pid }) => ({
        id,
        name,
        path: `${host}:${pid}`,
        version: deployed?.commit ?? deployed?.build ?? `${runtime} ${runtimeVersion}`,
      })),
      totalModules: agents.length,
    },
  };
}

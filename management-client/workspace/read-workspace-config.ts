/** `.stillframe.json` at the root of a workspace folder: server, default target, and where the code was deployed. */
import { readFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import type { PathRule } from '@stillframe/core/source/path-map';
import { z } from 'zod';

const FileShape = z.object({
  server: z.string().max(2000).optional(),
  target: z.string().max(500).optional(),
  pathMappings: z
    .array(z.object({ localRoot: z.string().min(1).max(4096), remoteRoot: z.string().min(1).max(4096) }))
    .max(100)
    .optional(),
});

export interface WorkspaceConfig {
  server?: string;
  target?: string;
  pathMappings: PathRule[];
  /** What is wrong with the file, for the person; its other parts count as missing. */
  problem?: string;
}

export const CONFIG_FILE = '.stillframe.json';

export async function readWorkspaceConfig(folder: string): Promise<WorkspaceConfig> {
  let text: string;
  try {
    text = await readFile(join(folder, CONFIG_FILE), 'utf8');
  } catch {
    return { pathMappings: [] };
  }
  try {
    const { server, target, pathMappings = [] } = FileShape.parse(JSON.parse(text));
    return {
      ...(server !== undefined && { server }),
      ...(target !== undefined && { target }),
      pathMappings: pathMappings.map(({ localRoot, remoteRoot }) => ({
        localRoot: localRootOf(localRoot, folder),
        remoteRoot,
      })),
    };
  } catch (error) {
    const detail = error instanceof z.ZodError ? error.issues[0]?.message : (error as Error).message;
    return { pathMappings: [], problem: `Correct ${join(folder, CONFIG_FILE)}: ${detail}` };
  }
}

function localRootOf(text: string, folder: string): string {
  const expanded = text.replaceAll(/\$\{workspaceFolder\}/g, () => folder);
  return isAbsolute(expanded) ? expanded : join(folder, expanded);
}

/** The Node.js versions the agent must run on, as the project's own optional packages bring them. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface NodeVersion {
  name: string;
  path: string;
}

/** The pinned 24, and 20, 22 and 26 where this platform has their packages. */
export function nodeVersions(): NodeVersion[] {
  const others = ['node-20', 'node-22', 'node-26'].map((name) => ({ name, path: binaryOf(name) }));
  return [{ name: 'node-24', path: process.execPath }, ...others.filter(({ path }) => existsSync(path))];
}

function binaryOf(packageName: string): string {
  return fileURLToPath(new URL(`./${packageName}/bin/node`, nodeModules()));
}

/** From the source as from `dist/`. */
function nodeModules(): URL {
  const near = new URL('../node_modules/', import.meta.url);
  return existsSync(near) ? near : new URL('../../node_modules/', import.meta.url);
}

/**
 * Hears of changes to `.stillframe.json`. Not every editor watches files for its servers, so this looks itself, at the
 * folders only and never below them.
 */
import { type FSWatcher, watch } from 'node:fs';
import { CONFIG_FILE } from '@stillframe/management-client/workspace/read-workspace-config';

/** Stops what it returns. Folders that cannot be watched (network drives, no watches left) are left out. */
export function watchConfigs(folders: readonly string[], onChange: () => void): () => void {
  const watchers = folders.flatMap((folder) => watched(folder, onChange) ?? []);
  return () => {
    for (const watcher of watchers) watcher.close();
  };
}

function watched(folder: string, onChange: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(folder, { persistent: false }, (_event, name) => {
      if (name === CONFIG_FILE || name === null) onChange();
    });
    watcher.on('error', () => watcher.close());
    return watcher;
  } catch {
    return undefined;
  }
}

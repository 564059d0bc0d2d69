/**
 * The files connected agents have loaded, merged: agents that run the same text under the same path share one entry.
 * Agents report them anew on every connection, so nothing of this is stored.
 */
import type { LoadedFile } from '@stillframe/protocol/agent';
import type { FilesParams } from '@stillframe/protocol/messages/agent-connection';
import type { DeployedFile } from '@stillframe/protocol/messages/ide-connection';

interface Entry {
  file: LoadedFile;
  agentIds: Set<string>;
}

export class LoadedFiles {
  readonly #entries = new Map<string, Entry>();
  readonly #byAgent = new Map<string, Map<string, Entry>>();
  readonly #maximumPerAgent: number;
  #revision = 0;

  constructor(maximumPerAgent: number) {
    this.#maximumPerAgent = maximumPerAgent;
  }

  /** Grows with every change. */
  get revision(): number {
    return this.#revision;
  }

  /** True when something changed. Files beyond the bound of one agent are left out. */
  update(agentId: string, { added, removed }: FilesParams): boolean {
    const own = this.#byAgent.get(agentId) ?? new Map<string, Entry>();
    this.#byAgent.set(agentId, own);
    let changed = false;
    for (const path of removed) changed = this.#drop(agentId, own, path) || changed;
    for (const file of added) changed = this.#add(agentId, own, file) || changed;
    if (changed) this.#revision += 1;
    return changed;
  }

  /** The agent is gone, or begins anew. */
  clear(agentId: string): boolean {
    const own = this.#byAgent.get(agentId);
    if (own === undefined || own.size === 0) return false;
    for (const path of [...own.keys()]) this.#drop(agentId, own, path);
    this.#byAgent.delete(agentId);
    this.#revision += 1;
    return true;
  }

  /** The whole list, or that of one agent. At most `maximumAgentIds` agents are named per file. */
  list(agentId: string | undefined, maximumAgentIds: number): DeployedFile[] {
    const entries = agentId === undefined ? this.#entries.values() : (this.#byAgent.get(agentId)?.values() ?? []);
    return Array.from(entries, ({ file, agentIds }) => ({
      ...file,
      agentIds: [...agentIds].slice(0, maximumAgentIds),
    }));
  }

  /** Agents that have the path, in that very version when one is named. */
  agentsWith(path: string, sha256: string | undefined): string[] {
    const ids: string[] = [];
    for (const [agentId, own] of this.#byAgent) {
      const entry = own.get(path);
      if (entry !== undefined && (sha256 === undefined || entry.file.sha256 === sha256)) ids.push(agentId);
    }
    return ids;
  }

  #add(agentId: string, own: Map<string, Entry>, file: LoadedFile): boolean {
    const key = keyOf(file);
    const before = own.get(file.path);
    const entry = this.#entries.get(key) ?? { file, agentIds: new Set() };
    if (before === entry || (before === undefined && own.size >= this.#maximumPerAgent)) return false;
    this.#drop(agentId, own, file.path);
    entry.agentIds.add(agentId);
    this.#entries.set(key, entry);
    own.set(file.path, entry);
    return true;
  }

  #drop(agentId: string, own: Map<string, Entry>, path: string): boolean {
    const entry = own.get(path);
    if (entry === undefined) return false;
    own.delete(path);
    entry.agentIds.delete(agentId);
    if (entry.agentIds.size === 0) this.#entries.delete(keyOf(entry.file));
    return true;
  }
}

/** Two reports are the same file when all they say is the same. */
function keyOf(file: LoadedFile): string {
  return JSON.stringify([file.path, file.sha256, file.gitBlob, file.lines, file.generatedPath]);
}

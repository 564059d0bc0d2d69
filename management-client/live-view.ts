/** What the server told of agents and actions, kept current by its changes. */
import type { CustomSource } from '@stillframe/protocol/action';
import type { AgentInfo } from '@stillframe/protocol/agent';
import type { ActionInfo, ViewChangedParams, ViewOpenResult } from '@stillframe/protocol/messages/ide-connection';

export interface LiveView {
  readonly agents: ReadonlyMap<string, AgentInfo>;
  readonly actions: ReadonlyMap<string, ActionInfo>;
  /** Changes whenever any agent's files do. */
  readonly filesRevision: number;
  /** Saved sources, by name. */
  readonly sources: ReadonlyMap<string, CustomSource>;
}

export const EMPTY_VIEW: LiveView = { agents: new Map(), actions: new Map(), filesRevision: 0, sources: new Map() };

export function openedView({ agents, actions, filesRevision, sources }: ViewOpenResult): LiveView {
  return {
    agents: new Map(agents.map((agent) => [agent.id, agent])),
    actions: new Map(actions.map((action) => [action.id, action])),
    filesRevision,
    sources: byName(sources ?? []),
  };
}

/** The view after a change; the one before stays as it was for whoever holds it. */
export function changedView(view: LiveView, change: ViewChangedParams): LiveView {
  return {
    agents: changed(view.agents, change.agents, change.removedAgents),
    actions: changed(view.actions, change.actions, change.removedActions),
    filesRevision: change.filesRevision ?? view.filesRevision,
    sources: change.sources === undefined ? view.sources : byName(change.sources),
  };
}

function byName(sources: readonly CustomSource[]): ReadonlyMap<string, CustomSource> {
  return new Map(sources.map((source) => [source.name, source]));
}

function changed<T extends { id: string }>(
  before: ReadonlyMap<string, T>,
  entries: readonly T[] | undefined,
  removed: readonly string[] | undefined,
): ReadonlyMap<string, T> {
  if (entries === undefined && removed === undefined) return before;
  const after = new Map(before);
  for (const entry of entries ?? []) after.set(entry.id, entry);
  for (const id of removed ?? []) after.delete(id);
  return after;
}

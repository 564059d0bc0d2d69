/**
 * Tells one editor what changed, collected over some milliseconds; every entry is as it is when its message is made. One
 * message is under way at a time, so an editor that reads slowly gets fewer and newer ones instead of a backlog.
 */
import { reportBug } from '@stillframe/core/report-bug';
import type { ActionId } from '@stillframe/protocol/action';
import type { HitHead } from '@stillframe/protocol/hit';
import type { ViewChangedParams } from '@stillframe/protocol/messages/ide-connection';
import { actionInfo } from '../operations/action-info.ts';
import { listSources } from '../operations/list-sources.ts';
import type { ServerContext } from '../server-context.ts';

/** Hits that are told; more are read by `hit/list`. */
const MOST_HITS = 1000;

export interface ViewFeed {
  /** Has these told as they are now, like changes. */
  tell(ids: { agents: readonly string[]; actions: readonly ActionId[] }): void;
  stop(): void;
}

type Lists = {
  [K in 'agents' | 'removedAgents' | 'actions' | 'removedActions' | 'hits']: NonNullable<ViewChangedParams[K]>;
};

/** `send` settles when the editor takes more, and rejects when it is gone. */
export function startViewFeed(context: ServerContext, send: (change: ViewChangedParams) => Promise<void>): ViewFeed {
  const agents = new Set<string>();
  const actions = new Set<ActionId>();
  let hits: HitHead[] = [];
  let filesChanged = false;
  let sourcesChanged = false;
  let timer: NodeJS.Timeout | undefined;
  let sending = false;
  let stopped = false;

  const unsubscribe = context.bus.subscribe((event) => {
    switch (event.type) {
      case 'actionsChanged':
      case 'actionsDeleted':
      case 'statusesChanged':
        for (const id of event.ids) actions.add(id);
        break;
      case 'agentChanged':
        agents.add(event.id);
        break;
      case 'agentsForgotten':
        for (const id of event.ids) agents.add(id);
        break;
      case 'hitsStored':
        hits = [...hits, ...event.heads].slice(-MOST_HITS);
        for (const head of event.heads) actions.add(head.actionId);
        break;
      case 'filesChanged':
        filesChanged = true;
        break;
      case 'sourcesChanged':
        sourcesChanged = true;
    }
    schedule();
  });

  function schedule(): void {
    if (sending || stopped) return;
    timer ??= setTimeout(() => void flush(), context.limits.viewWindowMs);
  }

  async function flush(): Promise<void> {
    timer = undefined;
    sending = true;
    try {
      for (let change = next(); change !== undefined && !stopped; change = next()) {
        const sent = await send(change).then(
          () => true,
          () => false,
        );
        if (!sent) return stop();
      }
    } catch (error) {
      reportBug(error, 'view/changed');
    } finally {
      sending = false;
    }
  }

  /** The next message, of about `chunkBytes`; undefined when all is told. Hits last: their action is known by then. */
  function next(): ViewChangedParams | undefined {
    let room = context.limits.chunkBytes;
    const take = <T>(list: T[], entry: T): void => {
      list.push(entry);
      room -= JSON.stringify(entry).length + 1;
    };
    const lists: Lists = {
      agents: [],
      removedAgents: [],
      actions: [],
      removedActions: [],
      hits: [],
    };
    for (const id of agents) {
      if (room <= 0) break;
      agents.delete(id);
      const info = context.agents.get(id)?.info;
      if (info === undefined) take(lists.removedAgents, id);
      else take(lists.agents, info);
    }
    for (const id of actions) {
      if (room <= 0) break;
      actions.delete(id);
      const record = context.actions.get(id);
      if (record === undefined || record.state === 'removed') take(lists.removedActions, id);
      else take(lists.actions, actionInfo(context, record));
    }
    for (const head of hits) {
      if (room <= 0) break;
      take(lists.hits, head);
    }
    hits = hits.slice(lists.hits.length);
    const filled = Object.entries(lists).filter(([, list]) => list.length > 0);
    if (filled.length === 0 && !filesChanged && !sourcesChanged) return undefined;
    const change: ViewChangedParams = Object.fromEntries(filled);
    if (filesChanged) change.filesRevision = context.files.revision;
    filesChanged = false;
    if (sourcesChanged) change.sources = listSources(context).sources;
    sourcesChanged = false;
    return change;
  }

  function stop(): void {
    stopped = true;
    unsubscribe();
    clearTimeout(timer);
  }

  return {
    tell(ids) {
      for (const id of ids.agents) agents.add(id);
      for (const id of ids.actions) actions.add(id);
      if (agents.size > 0 || actions.size > 0) schedule();
    },
    stop,
  };
}

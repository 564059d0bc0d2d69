/** Tells one editor what changed, collected over some milliseconds; every entry is as it is when the message is made. */
import type { ActionId } from '@stillframe/protocol/action';
import type { HitHead } from '@stillframe/protocol/hit';
import type { ActionInfo, ViewChangedParams } from '@stillframe/protocol/messages/ide-connection';
import { actionInfo } from '../operations/action-info.ts';
import type { ServerContext } from '../server-context.ts';

/** Hits of one message; more are read by `hit/list`. */
const HITS_PER_MESSAGE = 1000;

export function startViewFeed(context: ServerContext, send: (change: ViewChangedParams) => void): () => void {
  const agents = new Set<string>();
  const actions = new Set<ActionId>();
  let hits: HitHead[] = [];
  let filesChanged = false;
  let timer: NodeJS.Timeout | undefined;

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
        hits.push(...event.heads);
        for (const head of event.heads) actions.add(head.actionId);
        break;
      case 'filesChanged':
        filesChanged = true;
    }
    timer ??= setTimeout(flush, context.limits.viewWindowMs);
  });

  function flush(): void {
    timer = undefined;
    const change = changeNow();
    agents.clear();
    actions.clear();
    hits = [];
    filesChanged = false;
    send(change);
  }

  function changeNow(): ViewChangedParams {
    const agentInfos = [...agents].flatMap((id) => context.agents.get(id)?.info ?? []);
    const removedAgents = [...agents].filter((id) => context.agents.get(id) === undefined);
    const actionInfos: ActionInfo[] = [];
    const removedActions: ActionId[] = [];
    for (const id of actions) {
      const record = context.actions.get(id);
      if (record === undefined || record.state === 'removed') removedActions.push(id);
      else actionInfos.push(actionInfo(context, record));
    }
    return {
      ...(agentInfos.length > 0 && { agents: agentInfos }),
      ...(removedAgents.length > 0 && { removedAgents }),
      ...(actionInfos.length > 0 && { actions: actionInfos }),
      ...(removedActions.length > 0 && { removedActions }),
      ...(hits.length > 0 && { hits: hits.slice(-HITS_PER_MESSAGE) }),
      ...(filesChanged && { filesRevision: context.files.revision }),
    };
  }

  return () => {
    unsubscribe();
    clearTimeout(timer);
  };
}

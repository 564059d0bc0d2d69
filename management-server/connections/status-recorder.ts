/** Keeps what agents say of actions: at once in memory and for editors, collected for half a second for the database. */
import type { ActionStatus } from '@stillframe/protocol/status';
import type { LiveAgent } from '../live/live-agents.ts';
import type { ServerContext } from '../server-context.ts';
import { type AgentStatus, saveStatuses } from '../store/statuses-table.ts';

export interface StatusRecorder {
  record(agent: LiveAgent, statuses: readonly ActionStatus[]): void;
  /** Writes what is collected. */
  flush(): Promise<void>;
}

const SAVE_EVERY_MS = 500;

export function createStatusRecorder(context: ServerContext): StatusRecorder {
  const unsaved = new Map<string, AgentStatus>();
  let timer: NodeJS.Timeout | undefined;

  async function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    const statuses = [...unsaved.values()].filter(({ status }) => context.actions.get(status.actionId) !== undefined);
    unsaved.clear();
    if (statuses.length > 0) await saveStatuses(context.database, statuses);
  }

  return {
    record(agent, statuses) {
      const ids: string[] = [];
      for (const status of statuses) {
        if (context.actions.get(status.actionId) === undefined) continue;
        agent.statuses.set(status.actionId, status);
        unsaved.set(`${agent.info.id} ${status.actionId}`, { agentId: agent.info.id, status });
        ids.push(status.actionId);
      }
      if (ids.length === 0) return;
      context.bus.publish({ type: 'statusesChanged', ids });
      timer ??= setTimeout(() => {
        flush().catch((error: unknown) => context.log(`statuses not saved: ${String(error)}`));
      }, SAVE_EVERY_MS);
    },
    flush,
  };
}

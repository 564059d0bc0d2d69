/** What agents last said of each action, so that the explanation of an agent that is gone outlives a restart. */
import type { ActionStatus } from '@stillframe/protocol/status';
import type { Database } from './schema.ts';

export interface AgentStatus {
  agentId: string;
  status: ActionStatus;
}

export async function readStatuses(database: Database): Promise<AgentStatus[]> {
  const rows = await database.selectFrom('statuses').select(['agent_id', 'status']).execute();
  return rows.map((row) => ({ agentId: row.agent_id, status: JSON.parse(row.status) as ActionStatus }));
}

/** Rows of one statement; three parameters each. */
const SLICE = 100;

/** At most one status per action and agent. */
export async function saveStatuses(database: Database, statuses: readonly AgentStatus[]): Promise<void> {
  await database.transaction().execute(async (transaction) => {
    for (let start = 0; start < statuses.length; start += SLICE) {
      const rows = statuses.slice(start, start + SLICE).map(({ agentId, status }) => ({
        action_id: status.actionId,
        agent_id: agentId,
        status: JSON.stringify(status),
      }));
      await transaction
        .insertInto('statuses')
        .values(rows)
        .onConflict((conflict) =>
          conflict
            .columns(['action_id', 'agent_id'])
            .doUpdateSet((update) => ({ status: update.ref('excluded.status') })),
        )
        .execute();
    }
  });
}

/** Agents the server has met, and how far each one's hits are settled. */
import type { AgentInfo } from '@stillframe/protocol/agent';
import type { Database } from './schema.ts';

export async function readAgents(database: Database): Promise<AgentInfo[]> {
  const rows = await database.selectFrom('agents').select('info').execute();
  return rows.map((row) => JSON.parse(row.info) as AgentInfo);
}

/**
 * Stores the agent as it is now, without touching how far its hits are settled. Returns that: the highest sequences. One
 * that was forgotten and comes back continues behind the last of its hits that is still here.
 */
export async function saveAgent(database: Database, info: AgentInfo): Promise<{ hits: number; metrics: number }> {
  return database.transaction().execute(async (transaction) => {
    const known = await transaction
      .selectFrom('agents')
      .select(['acknowledged', 'metrics_acknowledged'])
      .where('id', '=', info.id)
      .executeTakeFirst();
    const row = { info: JSON.stringify(info), last_seen_at: info.lastSeenAt };
    if (known !== undefined) {
      await transaction.updateTable('agents').set(row).where('id', '=', info.id).execute();
      return { hits: known.acknowledged, metrics: known.metrics_acknowledged };
    }
    const last = await transaction
      .selectFrom('hits')
      .select((select) => select.fn.max('sequence').as('sequence'))
      .where('agent_id', '=', info.id)
      .executeTakeFirst();
    const acknowledged = last?.sequence ?? 0;
    await transaction
      .insertInto('agents')
      .values({ ...row, id: info.id, acknowledged })
      .execute();
    return { hits: acknowledged, metrics: 0 };
  });
}

export async function deleteAgents(database: Database, ids: readonly string[]): Promise<void> {
  await database.transaction().execute(async (transaction) => {
    await transaction.deleteFrom('statuses').where('agent_id', 'in', ids).execute();
    await transaction.deleteFrom('agents').where('id', 'in', ids).execute();
  });
}

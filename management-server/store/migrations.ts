/** The steps from an empty database to the present one, in order of their names. A step that was released never changes. */
import type { Kysely } from 'kysely';
import { type Migration, type MigrationProvider, Migrator } from 'kysely/migration';
import type { Database, Schema } from './schema.ts';

/** Brings the tables up to date. Throws what went wrong; a step that failed left nothing behind. */
export async function migrate(database: Database): Promise<void> {
  const provider: MigrationProvider = { getMigrations: async () => MIGRATIONS };
  const { error } = await new Migrator({ db: database, provider }).migrateToLatest();
  if (error !== undefined) throw error;
}

const MIGRATIONS: Record<string, Migration> = {
  '0001-actions-hits-agents': { up: createTables },
  '0002-metrics-sources-canaries': { up: addMetrics },
};

async function createTables(db: Kysely<Schema>): Promise<void> {
  await db.schema
    .createTable('actions')
    .addColumn('id', 'varchar(64)', (column) => column.primaryKey())
    .addColumn('state', 'varchar(16)', (column) => column.notNull())
    .addColumn('max_hits', 'integer', (column) => column.notNull())
    .addColumn('hits', 'integer', (column) => column.notNull())
    .addColumn('bytes', 'bigint', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .addColumn('ended_at', 'bigint')
    .addColumn('last_hit_at', 'bigint')
    .addColumn('definition', 'text', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('hits')
    .addColumn('action_id', 'varchar(64)', (column) => column.notNull())
    .addColumn('ordinal', 'integer', (column) => column.notNull())
    .addColumn('agent_id', 'varchar(64)', (column) => column.notNull())
    .addColumn('sequence', 'bigint', (column) => column.notNull())
    .addColumn('received_at', 'bigint', (column) => column.notNull())
    .addColumn('head', 'text', (column) => column.notNull())
    .addColumn('body', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('hits_place', ['action_id', 'ordinal'])
    .addUniqueConstraint('hits_once', ['agent_id', 'sequence'])
    .execute();
  await db.schema
    .createTable('agents')
    .addColumn('id', 'varchar(64)', (column) => column.primaryKey())
    .addColumn('info', 'text', (column) => column.notNull())
    .addColumn('acknowledged', 'bigint', (column) => column.notNull())
    .addColumn('last_seen_at', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('statuses')
    .addColumn('action_id', 'varchar(64)', (column) => column.notNull())
    .addColumn('agent_id', 'varchar(64)', (column) => column.notNull())
    .addColumn('status', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('statuses_place', ['action_id', 'agent_id'])
    .execute();
}

async function addMetrics(db: Kysely<Schema>): Promise<void> {
  await db.schema
    .alterTable('actions')
    .addColumn('kind', 'varchar(16)', (column) => column.notNull().defaultTo('snapshot'))
    .execute();
  await db.schema.alterTable('actions').addColumn('canary', 'text').execute();
  await db.schema
    .alterTable('agents')
    .addColumn('metrics_acknowledged', 'bigint', (column) => column.notNull().defaultTo(0))
    .execute();
  await db.schema
    .createTable('metric_totals')
    .addColumn('action_id', 'varchar(64)', (column) => column.primaryKey())
    .addColumn('sketch', 'text', (column) => column.notNull())
    .addColumn('groups', 'text', (column) => column.notNull())
    .addColumn('estimated', 'integer', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('metric_steps')
    .addColumn('action_id', 'varchar(64)', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('coarse', 'integer', (column) => column.notNull())
    .addColumn('sketch', 'text', (column) => column.notNull())
    .addColumn('groups', 'text', (column) => column.notNull())
    .addColumn('estimated', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('metric_steps_place', ['action_id', 'at', 'coarse'])
    .execute();
  await db.schema
    .createTable('sources')
    .addColumn('name', 'varchar(100)', (column) => column.primaryKey())
    .addColumn('definition', 'text', (column) => column.notNull())
    .execute();
}

/** Saved sources, by name. */
import type { CustomSource } from '@stillframe/protocol/action';
import type { Database } from './schema.ts';

export async function readSources(database: Database): Promise<CustomSource[]> {
  const rows = await database.selectFrom('sources').select('definition').orderBy('name').execute();
  return rows.map((row) => JSON.parse(row.definition) as CustomSource);
}

export async function saveSourceRow(database: Database, source: CustomSource): Promise<void> {
  const definition = JSON.stringify(source);
  await database
    .insertInto('sources')
    .values({ name: source.name, definition })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ definition }))
    .execute();
}

export async function deleteSourceRow(database: Database, name: string): Promise<void> {
  await database.deleteFrom('sources').where('name', '=', name).execute();
}

/**
 * Opens (or makes) the SQLite file, sees that it is whole, and brings its tables up to date.
 *
 * Durability: write-ahead log with `synchronous = NORMAL`. A committed transaction is in the log file before `commit`
 * returns, so the death of this process (kill -9, crash, out of memory) loses nothing. Only the death of the whole
 * machine can take back the last transactions, those since the log was last synchronised; what remains is consistent.
 * `FULL` would add one disk flush to every batch of hits for that case alone.
 */
import { closeSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { Kysely } from 'kysely';
import { StartError } from '../start-error.ts';
import { migrate } from './migrations.ts';
import { nodeSqliteDialect } from './node-sqlite-dialect.ts';
import type { Database, Schema } from './schema.ts';

export interface DatabaseHooks {
  /** Hears of each statement with its duration. */
  onQuery?: (seconds: number) => void;
}

/** Throws a `StartError` when the file is damaged, in use by another server, or not to be opened. */
export async function openDatabase(file: string, hooks: DatabaseHooks = {}): Promise<Database> {
  const opened = openFile(file);
  const database = new Kysely<Schema>({
    dialect: nodeSqliteDialect(opened),
    log: (event) => {
      if (event.level === 'query') hooks.onQuery?.(event.queryDurationMillis / 1000);
    },
  });
  try {
    await migrate(database);
    return database;
  } catch (error) {
    await database.destroy();
    throw explainFailure(file, error);
  }
}

function openFile(file: string): DatabaseSync {
  let opened: DatabaseSync | undefined;
  try {
    // Captured values are nobody else's business; SQLite gives its log files the mode of this one.
    closeSync(openSync(file, 'a', 0o600));
    opened = new DatabaseSync(file);
    opened.exec('pragma busy_timeout = 1000');
    // Actions are also held in memory, so two servers must never share a file; the lock goes with the process.
    opened.exec('pragma locking_mode = exclusive; pragma journal_mode = wal; pragma synchronous = normal');
    opened.exec('pragma journal_size_limit = 67108864');
    const check = opened.prepare('pragma quick_check(1)').get();
    if (check?.quick_check !== 'ok') throw new DamagedError(String(check?.quick_check));
    return opened;
  } catch (error) {
    opened?.close();
    throw explainFailure(file, error);
  }
}

class DamagedError extends Error {}

/** SQLite's result codes: 5 busy, 11 corrupt, 26 not a database. */
function explainFailure(file: string, error: unknown): StartError {
  const code = error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : undefined;
  const detail = error instanceof Error ? error.message : String(error);
  if (error instanceof DamagedError || code === 11 || code === 26) {
    return new StartError(
      `Move ${file} away (or put a backup in its place) and start again: the database is damaged (${detail})`,
      { cause: error },
    );
  }
  if (code === 5) {
    return new StartError(`Stop the other server first, or choose another --data: ${file} is in use`, { cause: error });
  }
  return new StartError(`Cannot open the database ${file}: ${detail}`, { cause: error });
}

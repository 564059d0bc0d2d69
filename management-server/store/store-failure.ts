/** Failures of the machine under the database, which are nobody's bug. SQLite's codes: 8 read-only, 10 disk I/O, 13 full. */
const MACHINE_FAILURES = new Set([8, 10, 13]);

/** What the machine failed with, in SQLite's words; undefined for every other error. */
export function storeFailure(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('errcode' in error)) return undefined;
  return MACHINE_FAILURES.has(Number(error.errcode) & 0xff) ? error.message : undefined;
}

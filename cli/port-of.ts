import { UsageError } from './failure.ts';

/** The number of `--port`; nothing but digits, since an empty variable must not pass for "any". */
export function portOf(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port <= 65_535) return port;
  throw new UsageError(`Give --port a number from 0 to 65535, not "${text}"`);
}

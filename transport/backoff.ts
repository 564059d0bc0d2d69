/** How long to wait before dialling again: exponential with full jitter, so that a fleet does not come back in one wave. */

export interface BackoffOptions {
  /** Upper bound of the first wait, milliseconds. */
  baseMs: number;
  /** Upper bound of every wait, milliseconds. */
  maximumMs: number;
  /** In [0, 1). */
  chance: () => number;
}

/** Milliseconds before the next attempt, after `failures` (0 = the first) without a lasting connection. */
export function backoffDelay(failures: number, { baseMs, maximumMs, chance }: BackoffOptions): number {
  return Math.round(chance() * Math.min(maximumMs, baseMs * 2 ** Math.min(failures, 30)));
}

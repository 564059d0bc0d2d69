/** How long to wait before dialling again: exponential with full jitter, so that a fleet does not come back in one wave. */

export interface BackoffOptions {
  /** Upper bound of the first wait, milliseconds. */
  baseMs: number;
  /** Upper bound of every wait, milliseconds. */
  capMs: number;
  /** A number in [0, 1). */
  random: () => number;
}

export const DEFAULT_BACKOFF: BackoffOptions = { baseMs: 250, capMs: 30_000, random: Math.random };

/** Milliseconds before attempt `attempt` (0 = the first one after a failure). */
export function backoffDelay(attempt: number, { baseMs, capMs, random }: BackoffOptions): number {
  return random() * Math.min(capMs, baseMs * 2 ** Math.min(attempt, 30));
}

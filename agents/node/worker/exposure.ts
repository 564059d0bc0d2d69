/** How long a breakpoint was in, and how long it was out for the sake of the processor: what sampled counts are scaled by. */
export interface Exposure {
  /** Milliseconds. */
  armedMs: number;
  sparedMs: number;
  now: 'in' | 'spared' | 'out';
  since: number;
}

export function newExposure(): Exposure {
  return { armedMs: 0, sparedMs: 0, now: 'out', since: 0 };
}

export function expose(exposure: Exposure, state: Exposure['now'], at: number): void {
  advance(exposure, at);
  exposure.now = state;
}

/** Counts up to this moment. */
export function advance(exposure: Exposure, at: number): void {
  if (exposure.now === 'in') exposure.armedMs += at - exposure.since;
  if (exposure.now === 'spared') exposure.sparedMs += at - exposure.since;
  exposure.since = at;
}

/**
 * While a breakpoint is in, what it costs slows the service down, so that fewer executions come by than otherwise. That time
 * is taken off; a line that does nothing else would leave none, so this much of it always counts.
 */
const LEAST_SHARE = 0.1;

export interface Passed {
  armedMs: number;
  sparedMs: number;
  /** What the conditions cost in that time. */
  costMs: number;
}

/** How many executions one that was looked at stands for; 1 when none were passed over. */
export function sampledBy({ armedMs, sparedMs, costMs }: Passed): number {
  if (sparedMs <= 0 || armedMs <= 0) return 1;
  const free = Math.max(armedMs - costMs, armedMs * LEAST_SHARE);
  return (free + sparedMs) / free;
}

/** The line does little else while it is looked at, so that its true rate can only be said to be at least this. */
export function isLowerBound({ armedMs, sparedMs, costMs }: Passed): boolean {
  return sparedMs > 0 && armedMs - costMs < armedMs * 2 * LEAST_SHARE;
}

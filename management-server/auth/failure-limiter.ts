/** Counts failed sign-ins per address in one-minute windows; holds a bounded number of addresses. */

const WINDOW_MS = 60_000;
const MAXIMUM_ADDRESSES = 10_000;

export class FailureLimiter {
  readonly #allowed: number;
  readonly #clock: () => number;
  readonly #failures = new Map<string, { since: number; count: number }>();

  constructor(allowed: number, clock: () => number) {
    this.#allowed = allowed;
    this.#clock = clock;
  }

  /** Counts one failure. Seconds the address should wait, or undefined while it is within bounds. */
  fail(address: string): number | undefined {
    const now = this.#clock();
    const known = this.#failures.get(address);
    const entry = known !== undefined && now - known.since < WINDOW_MS ? known : { since: now, count: 0 };
    entry.count += 1;
    this.#failures.delete(address);
    this.#failures.set(address, entry);
    if (this.#failures.size > MAXIMUM_ADDRESSES) {
      const oldest = this.#failures.keys().next();
      if (!oldest.done) this.#failures.delete(oldest.value);
    }
    return entry.count > this.#allowed ? Math.ceil((entry.since + WINDOW_MS - now) / 1000) : undefined;
  }
}

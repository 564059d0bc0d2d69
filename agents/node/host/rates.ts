/** Token buckets: how many hits and bytes a second an action, and the process, may still make. */
import type { ProcessBudgets } from '@stillframe/protocol/limits';

export interface Bucket {
  tokens: number;
  /** Monotonic milliseconds of the last refill; 0 before the first, which fills it. */
  countedAt: number;
}

export interface ProcessRates {
  /** Takes one token of the action's bucket and of the process's; false when either has none, or the bytes are used up. */
  take(own: Bucket, perSecond: number, log: boolean, budgets: ProcessBudgets, now: number): boolean;
  spendBytes(bytes: number): void;
}

export function createProcessRates(): ProcessRates {
  const snapshots: Bucket = { tokens: 0, countedAt: 0 };
  const logs: Bucket = { tokens: 0, countedAt: 0 };
  const bytes: Bucket = { tokens: 0, countedAt: 0 };
  return {
    take(own, perSecond, log, budgets, now) {
      refill(own, perSecond, now);
      const shared = log ? logs : snapshots;
      refill(shared, log ? budgets.logsPerSecond : budgets.snapshotsPerSecond, now);
      refill(bytes, budgets.bytesPerSecond, now);
      if (own.tokens < 1 || shared.tokens < 1 || bytes.tokens <= 0) return false;
      own.tokens -= 1;
      shared.tokens -= 1;
      return true;
    },
    spendBytes(used) {
      bytes.tokens -= used;
    },
  };
}

/** Holds what a second gives, at most; a whole token when that is less, so that slow rates are possible. */
export function refill(bucket: Bucket, perSecond: number, now: number): void {
  const most = perSecond < 1 ? 1 : perSecond;
  const gained = bucket.countedAt === 0 ? most : ((now - bucket.countedAt) / 1000) * perSecond;
  bucket.tokens = bucket.tokens + gained < most ? bucket.tokens + gained : most;
  bucket.countedAt = now;
}

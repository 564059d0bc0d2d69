import { type Canary, DEFAULT_CANARY } from '@stillframe/protocol/action';
import type { Health } from '@stillframe/protocol/status';
import { expect, test } from 'vitest';
import { type WatchedAgent, worseBecause } from './canary.ts';

const well: Health = { ms: 5000, delayP99Ms: 12, requests: 500, failedRequests: 5, latencyP99Ms: 40 };

interface Row {
  name: string;
  before?: Partial<Health>;
  since?: Partial<Health> | undefined;
  connected?: boolean;
  canary?: Partial<Canary>;
  reason?: string;
}

const ROWS: Row[] = [
  { name: 'nothing changed' },
  { name: 'nothing measured yet', since: undefined },
  {
    name: 'a slower event loop',
    since: { delayP99Ms: 60 },
    reason: 'orders: the event loop’s delay (p99) went from 12 ms to 60 ms, more than 2 times',
  },
  { name: 'a slower event loop within a wider bound', since: { delayP99Ms: 60 }, canary: { maxDelayRatio: 10 } },
  { name: 'a small delay that doubled', before: { delayP99Ms: 1 }, since: { delayP99Ms: 4 } },
  { name: 'too short a look', since: { ms: 400, delayP99Ms: 900 } },
  {
    name: 'slower requests',
    since: { latencyP99Ms: 90 },
    reason: 'orders: the latency of requests (p99) went from 40 ms to 90 ms, more than 2 times',
  },
  { name: 'slower requests, but too few', since: { latencyP99Ms: 900, requests: 3, failedRequests: 0 } },
  {
    name: 'more failures',
    since: { failedRequests: 40 },
    reason: 'orders: failed requests went from 1.0 % to 8.0 %',
  },
  { name: 'as many failures as before', before: { failedRequests: 50 }, since: { failedRequests: 52 } },
  {
    name: 'failures of a service that had no requests before',
    before: { requests: 0, failedRequests: 0 },
    since: { failedRequests: 25 },
    reason: 'orders: failed requests went from 0.0 % to 5.0 %',
  },
  { name: 'an agent that is gone', connected: false, reason: 'orders disconnected while it was watched' },
];

test.each(ROWS)('$name', (row) => {
  const agent: WatchedAgent = {
    name: 'orders',
    connected: row.connected ?? true,
    before: { ...well, ...row.before },
    since: 'since' in row && row.since === undefined ? undefined : { ...well, ...row.since },
  };
  expect(worseBecause({ ...DEFAULT_CANARY, ...row.canary }, [agent])).toBe(row.reason);
});

/**
 * How the service is doing, while an action is tried on it: the delay of its event loop and the requests its HTTP servers
 * answer. Nothing is measured and nothing is subscribed to unless a watch is on; nothing here keeps the process alive.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Health } from '@stillframe/protocol/status';
import type { HealthCommand, HealthReport } from '../shared/probe-messages.ts';
import { ceil, logarithm, monotonicMs, ownData, weakMapGet, weakMapSet } from './primordials.ts';

interface Watch {
  id: string;
  since: number;
  delay: ReturnType<typeof monitorEventLoopDelay>;
  requests: number;
  failed: number;
  /** Requests by the logarithm of their milliseconds. */
  latencies: Float64Array;
}

const REPORT_EVERY_MS = 1000;
const RESOLUTION_MS = 10;
const STARTED = 'http.server.request.start';
const FINISHED = 'http.server.response.finish';
/** From a hundredth of a millisecond to a quarter of an hour, within 5 %. */
const SHORTEST_MS = 0.01;
const GROWTH = 1.1;
const BUCKETS = 200;

export function createHealthWatch(post: (report: HealthReport) => void): (command: HealthCommand) => void {
  const startedAt = new WeakMap<object, number>();
  let watches: Watch[] = [];
  let timer: NodeJS.Timeout | undefined;

  // What a subscriber throws becomes an uncaught exception of the service.
  const onStart = (message: unknown) => quietly(() => requestStarted(message));
  const onFinish = (message: unknown) => quietly(() => responseFinished(message));

  function requestStarted(message: unknown): void {
    const request = ownData(message as object, 'request');
    if (typeof request === 'object' && request !== null) weakMapSet(startedAt, request, monotonicMs());
  }

  function responseFinished(message: unknown): void {
    const response = ownData(message as object, 'response') as object;
    const started = weakMapGet(startedAt, ownData(message as object, 'request') as object) as number | undefined;
    // Where nobody set it, it is the prototype's 200.
    const status = ownData(response, 'statusCode');
    const now = monotonicMs();
    for (let at = 0; at < watches.length; at++) {
      const watch = watches[at] as Watch;
      watch.requests += 1;
      if (typeof status === 'number' && status >= 500) watch.failed += 1;
      if (started !== undefined && started >= watch.since) countLatency(watch.latencies, now - started);
    }
  }

  function begin(id: string): void {
    const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    delay.enable();
    const latencies = new Float64Array(BUCKETS);
    watches = [...watches, { id, since: monotonicMs(), delay, requests: 0, failed: 0, latencies }];
    if (timer !== undefined) return;
    subscribe(STARTED, onStart);
    subscribe(FINISHED, onFinish);
    timer = setInterval(() => quietly(report), REPORT_EVERY_MS).unref();
  }

  function end(id: string): void {
    watches.find((watch) => watch.id === id)?.delay.disable();
    watches = watches.filter((watch) => watch.id !== id);
    if (watches.length > 0 || timer === undefined) return;
    unsubscribe(STARTED, onStart);
    unsubscribe(FINISHED, onFinish);
    clearInterval(timer);
    timer = undefined;
  }

  function report(): void {
    for (let at = 0; at < watches.length; at++) {
      const watch = watches[at] as Watch;
      post({ type: 'health', watch: watch.id, health: healthOf(watch) });
    }
  }

  return ({ watch, on }) => {
    if (on) begin(watch);
    else {
      // A last word, so that a short watch has figures too.
      quietly(report);
      end(watch);
    }
  };
}

function countLatency(latencies: Float64Array, ms: number): void {
  const bucket = ms <= SHORTEST_MS ? 0 : ceil(logarithm(ms / SHORTEST_MS) / logarithm(GROWTH));
  const at = bucket < BUCKETS ? bucket : BUCKETS - 1;
  latencies[at] = (latencies[at] as number) + 1;
}

function healthOf(watch: Watch): Health {
  const delay = watch.delay.count > 0 ? watch.delay.percentile(99) / 1e6 - RESOLUTION_MS : 0;
  const latency = p99Of(watch.latencies);
  return {
    ms: Math.round(monotonicMs() - watch.since),
    // The timer's own interval is no delay.
    delayP99Ms: Math.max(0, Math.round(delay * 100) / 100),
    requests: watch.requests,
    failedRequests: watch.failed,
    ...(latency !== undefined && { latencyP99Ms: latency }),
  };
}

function p99Of(latencies: Float64Array): number | undefined {
  let all = 0;
  for (let at = 0; at < BUCKETS; at++) all += latencies[at] as number;
  if (all === 0) return undefined;
  let left = Math.ceil(all * 0.99);
  let at = 0;
  while (at < BUCKETS && left > (latencies[at] as number)) left -= latencies[at++] as number;
  return Math.round(SHORTEST_MS * GROWTH ** at * 100) / 100;
}

function quietly(work: () => void): void {
  try {
    work();
  } catch {
    // The service must not notice that it is being watched.
  }
}

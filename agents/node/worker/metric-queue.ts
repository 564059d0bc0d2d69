/**
 * Measurements on their way to the server. One numbered batch is out at a time, kept until it is acknowledged and sent again
 * after a reconnect; what comes meanwhile is merged per action and group, so the queue grows with the number of actions, not
 * with the time the server is away.
 */
import type { MetricsResult } from '@stillframe/protocol/messages/agent-connection';
import type { MetricPoint } from '@stillframe/protocol/metric';
import { mergePoints, pointKey } from './metric-point.ts';
import { ServerError, type ServerLink } from './server-link.ts';

export interface MetricQueue {
  add(point: MetricPoint): void;
  /** A `hello` was answered: the server has all batches up to here. */
  connected(acknowledged: number): void;
  disconnected(): void;
  /** Measurements thrown away since the start: more different groups than may wait, or refused by the server. */
  dropped(): number;
}

/** A point of numbers spread over all buckets has some 40 kB; a message may have 8 MB. */
const BATCH_POINTS = 100;
/** Actions and groups that may wait: some 20 MB of points at worst, of counters far less. */
const MOST_WAITING = 5_000;
const UNKNOWN_REQUEST = -32601;
const INVALID_PARAMS = -32602;

export function createMetricQueue(link: Pick<ServerLink, 'request' | 'drop'>): MetricQueue {
  const waiting = new Map<string, MetricPoint>();
  let out: { sequence: number; points: MetricPoint[] } | undefined;
  let sequence = 0;
  let online = false;
  let sending = false;
  let dropped = 0;

  async function send(): Promise<void> {
    if (sending) return;
    sending = true;
    while (online && (out !== undefined || waiting.size > 0)) {
      out ??= nextBatch();
      await sendBatch(out);
    }
    sending = false;
  }

  async function sendBatch(batch: { sequence: number; points: MetricPoint[] }): Promise<void> {
    try {
      const result = (await link.request('agent/metrics', batch)) as Partial<MetricsResult> | null;
      if (typeof result?.acknowledged === 'number' && result.acknowledged >= batch.sequence) {
        out = undefined;
        return;
      }
    } catch (error) {
      // Refused for what it is, or by a server that knows no metrics: it would be refused again.
      if (error instanceof ServerError && (error.code === INVALID_PARAMS || error.code === UNKNOWN_REQUEST)) {
        for (const { sketch } of batch.points) dropped += sketch.count;
        out = undefined;
        return;
      }
    }
    // Lost, or not understood: it goes out again on the next connection.
    online = false;
    link.drop();
  }

  function nextBatch(): { sequence: number; points: MetricPoint[] } {
    const points: MetricPoint[] = [];
    for (const [key, point] of waiting) {
      if (points.length >= BATCH_POINTS) break;
      points.push(point);
      waiting.delete(key);
    }
    sequence += 1;
    return { sequence, points };
  }

  return {
    add(point) {
      const key = pointKey(point);
      const known = waiting.get(key);
      if (known === undefined && waiting.size >= MOST_WAITING) dropped += point.sketch.count;
      else waiting.set(key, known === undefined ? point : mergePoints(known, point));
      void send();
    },
    connected(acknowledged) {
      online = true;
      if (out !== undefined && out.sequence <= acknowledged) out = undefined;
      void send();
    },
    disconnected() {
      online = false;
    },
    dropped: () => dropped,
  };
}

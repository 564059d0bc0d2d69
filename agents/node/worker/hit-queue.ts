/**
 * Hits on their way to the server: numbered, kept until acknowledged, sent again after a reconnect. The queue is bounded by
 * the host, which captures no more while it is full.
 */
import type { AgentHit } from '@stillframe/protocol/hit';
import type { HitsResult } from '@stillframe/protocol/messages/agent-connection';
import { ServerError, type ServerLink } from './server-link.ts';

export interface HitQueue {
  nextSequence(): number;
  add(hit: AgentHit): void;
  /** A `hello` was answered: the server has everything up to here. */
  connected(acknowledged: number): void;
  disconnected(): void;
}

/** Hits of one message, and about how many bytes it may have. */
const BATCH_HITS = 50;
const BATCH_BYTES = 1_048_576;

export function createHitQueue(link: ServerLink, onSettled: (count: number) => void): HitQueue {
  const waiting: { hit: AgentHit; bytes: number }[] = [];
  let sequence = 0;
  let online = false;
  let sending = false;

  function settle(acknowledged: number): void {
    let settled = 0;
    while (waiting[0] !== undefined && waiting[0].hit.sequence <= acknowledged) {
      waiting.shift();
      settled += 1;
    }
    if (settled > 0) onSettled(settled);
  }

  async function send(): Promise<void> {
    if (sending || !online) return;
    sending = true;
    while (online && waiting.length > 0) await sendBatch(nextBatch());
    sending = false;
  }

  async function sendBatch(hits: AgentHit[]): Promise<void> {
    const first = hits[0]?.sequence ?? 0;
    const last = hits.at(-1)?.sequence ?? 0;
    try {
      const result = (await link.request('agent/hits', { hits })) as Partial<HitsResult> | null;
      const acknowledged = result?.acknowledged;
      if (typeof acknowledged === 'number' && acknowledged >= first) return settle(Math.min(acknowledged, last));
    } catch (error) {
      // Refused for what they are: they would be refused again.
      if (error instanceof ServerError && error.code === INVALID_PARAMS) return settle(last);
    }
    // Lost, or not understood: they go out again on the next connection.
    online = false;
    link.drop();
  }

  function nextBatch(): AgentHit[] {
    const batch: AgentHit[] = [];
    let bytes = 0;
    for (const entry of waiting) {
      if (batch.length >= BATCH_HITS || (batch.length > 0 && bytes + entry.bytes > BATCH_BYTES)) break;
      batch.push(entry.hit);
      bytes += entry.bytes;
    }
    return batch;
  }

  return {
    nextSequence: () => ++sequence,
    add(hit) {
      waiting.push({ hit, bytes: JSON.stringify(hit).length });
      void send();
    },
    connected(acknowledged) {
      online = true;
      settle(acknowledged);
      void send();
    },
    disconnected() {
      online = false;
    },
  };
}

const INVALID_PARAMS = -32602;

/**
 * About once a second, what the host has measured becomes points for the server. Nothing runs while there is no action that
 * measures.
 */
import type { MetricPoint, Sketch } from '@stillframe/protocol/metric';
import { type MeasureBuffer, MORE_GROUPS, MORE_INDEX } from '../shared/measure-buffer.ts';
import type { GroupSeen } from '../shared/probe-messages.ts';
import { type Passed, sampledBy } from './exposure.ts';
import { createMeasureReader, type MeasureReader } from './read-measure.ts';
import { redactShortened } from './redact-values.ts';

export interface MeasuredAction {
  actionId: string;
  revision: number;
  kind: 'counts' | 'numbers';
  buffer: MeasureBuffer;
  /** Before a reading: what was counted elsewhere is taken over. */
  gather(): void;
  /** Since the action was armed. */
  passed(): Passed;
}

export interface Metrics {
  take(action: MeasuredAction): void;
  /** Reads what is left and forgets it. */
  drop(actionId: string, revision: number): void;
  named(group: GroupSeen): void;
  close(): void;
}

interface Measured extends MeasuredAction {
  reader: MeasureReader;
  groups: Map<number, string>;
  /** Counts of groups whose names have not arrived yet. */
  unnamed: Map<number, number>;
  readAt: number;
  /** At the last point that was made. */
  before: Passed;
}

const EVERY_MS = 1000;
const NOTHING: Passed = { armedMs: 0, sparedMs: 0, costMs: 0 };

export function createMetrics(onPoint: (point: MetricPoint) => void): Metrics {
  const measured = new Map<string, Measured>();
  let timer: NodeJS.Timeout | undefined;

  function read(action: Measured): void {
    const from = action.readAt;
    action.readAt = Date.now();
    action.gather();
    const sketches = action.kind === 'counts' ? countSketches(action) : numberSketches(action);
    if (sketches.length === 0) return;
    const passed = action.passed();
    const by = sampledBy(since(action.before, passed));
    action.before = passed;
    for (const [group, sketch] of sketches) {
      onPoint({
        actionId: action.actionId,
        revision: action.revision,
        ...(group !== undefined && { group }),
        from,
        to: action.readAt,
        sketch,
        ...(by > 1 && { sampledBy: by }),
      });
    }
  }

  return {
    take(action) {
      const reader = createMeasureReader(action.buffer);
      const groups = new Map([[MORE_INDEX, MORE_GROUPS]]);
      measured.set(keyOf(action), {
        ...action,
        reader,
        groups,
        unnamed: new Map(),
        readAt: Date.now(),
        before: NOTHING,
      });
      timer ??= setInterval(() => {
        for (const each of measured.values()) read(each);
      }, EVERY_MS);
    },
    drop(actionId, revision) {
      const action = measured.get(keyOf({ actionId, revision }));
      if (action === undefined) return;
      read(action);
      measured.delete(keyOf(action));
      if (measured.size > 0) return;
      clearInterval(timer);
      timer = undefined;
    },
    named({ actionId, revision, index, text }) {
      const action = measured.get(keyOf({ actionId, revision }));
      // Two values may look the same once they are redacted; their points are merged on the way.
      action?.groups.set(index, redactShortened(text).slice(0, 200));
    },
    close() {
      clearInterval(timer);
      measured.clear();
    },
  };
}

/** An edited action begins before the one it replaces has been read for the last time. */
function keyOf({ actionId, revision }: { actionId: string; revision: number }): string {
  return `${revision} ${actionId}`;
}

function numberSketches({ reader }: Measured): [group: undefined, sketch: Sketch][] {
  const sketch = reader.numbers();
  return sketch === undefined ? [] : [[undefined, sketch]];
}

function countSketches({ reader, groups, unnamed }: Measured): [group: string | undefined, sketch: Sketch][] {
  for (const [index, count] of reader.counts()) unnamed.set(index, (unnamed.get(index) ?? 0) + count);
  const sketches: [string | undefined, Sketch][] = [];
  for (const [index, count] of unnamed) {
    const group = groups.get(index);
    if (index !== 0 && group === undefined) continue;
    unnamed.delete(index);
    sketches.push([group, { count }]);
  }
  return sketches;
}

function since(before: Passed, now: Passed): Passed {
  return {
    armedMs: now.armedMs - before.armedMs,
    sparedMs: now.sparedMs - before.sparedMs,
    costMs: now.costMs - before.costMs,
  };
}

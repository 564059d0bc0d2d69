/**
 * Which start belongs to which finish. In a function that runs to its end without a break, by the depth of the stack: an
 * exception in between leaves a deeper start behind, which the next one clears away. Where other executions may come in
 * between, by async context: the start leaves itself there and every continuation of this execution finds it.
 */
import { createContextSlot } from './context-slot.ts';

export interface Timing {
  /** Monotonic milliseconds at which the start's condition ended, and what the agent had cost the service until then. */
  at: number;
  spentMicros: number;
  depth: number;
  open: boolean;
  /** The execution inside of which this one was started. */
  outer: Timing | undefined;
  levels: number;
}

export interface Timings {
  /** The caller fills in `at` and `spentMicros` as the very last thing. */
  start(depth: number): Timing;
  /** A start whose condition was false: what was open in its place cannot be finished any more. */
  skip(depth: number): void;
  /** The start this finish belongs to, if any. */
  finish(depth: number): Timing | undefined;
  /** How many are begun and not finished. */
  open(): number;
  close(): void;
}

/** Recursion and nesting beyond this are not paired. */
const MOST_NESTED = 200;
const MOST_LEVELS = 16;

export function createTimings(concurrent: boolean): Timings {
  return concurrent ? byContext() : byStack();
}

function byStack(): Timings {
  const stack: Timing[] = [];
  let top = 0;
  function dropFrom(depth: number): void {
    while (top > 0 && (stack[top - 1] as Timing).depth >= depth) top -= 1;
  }
  return {
    start(depth) {
      dropFrom(depth);
      // The same objects again and again; the deepest shares the last one.
      if (top >= MOST_NESTED) top = MOST_NESTED - 1;
      let timing = stack[top];
      if (timing === undefined) {
        timing = { at: 0, spentMicros: 0, depth, open: true, outer: undefined, levels: 0 };
        stack[top] = timing;
      }
      timing.depth = depth;
      top += 1;
      return timing;
    },
    skip: dropFrom,
    finish(depth) {
      dropFrom(depth + 1);
      const timing = stack[top - 1];
      if (top === 0 || timing === undefined || timing.depth !== depth) return undefined;
      top -= 1;
      return timing;
    },
    open: () => top,
    close() {
      top = 0;
    },
  };
}

function byContext(): Timings {
  const slot = createContextSlot<Timing>();
  let open = 0;

  function firstOpen(from: Timing | undefined): Timing | undefined {
    let timing = from;
    while (timing !== undefined && !timing.open) timing = timing.outer;
    return timing;
  }

  return {
    start(depth) {
      const current = slot.current();
      // An async function that returns to its caller leaves its context there: at the same depth it is a sibling, not outer.
      const sibling = current?.open === true && current.depth === depth;
      const outer = firstOpen(sibling ? current?.outer : current);
      const levels = (outer?.levels ?? 0) + 1;
      const timing: Timing = {
        at: 0,
        spentMicros: 0,
        depth,
        open: true,
        outer: levels > MOST_LEVELS ? undefined : outer,
        levels: levels > MOST_LEVELS ? 1 : levels,
      };
      slot.enter(timing);
      open += 1;
      return timing;
    },
    skip(depth) {
      const current = slot.current();
      if (current?.open !== true || current.depth !== depth) return;
      current.open = false;
      open -= 1;
    },
    finish() {
      const timing = firstOpen(slot.current());
      if (timing === undefined) return undefined;
      timing.open = false;
      open -= 1;
      return timing;
    },
    open: () => open,
    close: () => slot.close(),
  };
}

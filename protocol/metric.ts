/**
 * What counters, timers and metrics measure: a histogram with logarithmic buckets (the mapping of DDSketch), so that
 * percentiles of any agents, groups and times can be merged without losing accuracy. Written out here rather than taken
 * from a library because three runtimes fill it in the middle of a service's own code.
 */
import { z } from 'zod';
import { ActionId } from './action.ts';

/** Every percentile is within 1 % of the true value: (GAMMA - 1) / (GAMMA + 1). */
export const SKETCH_ACCURACY = 0.01;
export const SKETCH_GAMMA = (1 + SKETCH_ACCURACY) / (1 - SKETCH_ACCURACY);
/** Smaller magnitudes count as zero, larger ones as the largest bucket; `min` and `max` stay exact. */
export const SKETCH_SMALLEST = 1e-9;
export const SKETCH_LARGEST = 1e12;
/** Distinct values of a counter's grouping that one agent keeps apart; the rest share the group `MORE_GROUPS`. */
export const MAX_METRIC_GROUPS = 100;
export const MORE_GROUPS = '(more)';

/** A bucket and how many values fell into it. Bucket `i` holds the magnitudes in (GAMMA^(i-1), GAMMA^i]. */
export const SketchBucket = z.tuple([z.int().min(-2000).max(2000), z.int().min(1)]);
export type SketchBucket = z.infer<typeof SketchBucket>;

export const Sketch = z.object({
  count: z.int().min(0),
  /** Absent for plain counts, and while there are none. */
  sum: z.number().optional(),
  min: z.number().optional(),
  max: z.number().optional(),
  zeros: z.int().min(0).optional(),
  /** By rising index. */
  positive: z.array(SketchBucket).max(4000).optional(),
  /** Of the magnitudes of negative values, by rising index. */
  negative: z.array(SketchBucket).max(4000).optional(),
});
export type Sketch = z.infer<typeof Sketch>;

/** What one agent measured for one action (and group) since its last point. Durations are milliseconds. */
export const MetricPoint = z.object({
  actionId: ActionId,
  revision: z.int().min(1),
  group: z.string().max(200).optional(),
  /** Milliseconds since the epoch, agent's clock. */
  from: z.number(),
  to: z.number(),
  sketch: Sketch,
  /** Each measured execution stands for this many; 1 or absent when every one was measured. */
  sampledBy: z.number().min(1).optional(),
});
export type MetricPoint = z.infer<typeof MetricPoint>;

/** The figures people read. Without a value there is only the count, as for counters. */
export const MetricSummary = z.object({
  count: z.number().min(0),
  min: z.number().nullable(),
  mean: z.number().nullable(),
  p50: z.number().nullable(),
  p90: z.number().nullable(),
  p99: z.number().nullable(),
  max: z.number().nullable(),
  /** Some executions were passed over to spare the service; counts are scaled up. */
  estimated: z.boolean(),
});
export type MetricSummary = z.infer<typeof MetricSummary>;

/** `ms` for timers and durations, `count` for counters, nothing for what an expression yields. */
export const MetricUnit = z.enum(['ms', 'count', 'none']);
export type MetricUnit = z.infer<typeof MetricUnit>;

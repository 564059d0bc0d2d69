/** Points that wait for the server are merged, action by action, instead of being dropped: only their times get coarser. */
import type { MetricPoint, Sketch, SketchBucket } from '@stillframe/protocol/metric';

export function pointKey({ actionId, revision, group }: MetricPoint): string {
  return JSON.stringify([actionId, revision, group ?? null]);
}

export function mergePoints(a: MetricPoint, b: MetricPoint): MetricPoint {
  const [first, second] = [a.sampledBy ?? 1, b.sampledBy ?? 1];
  const measured = a.sketch.count + b.sketch.count;
  const stoodFor = a.sketch.count * first + b.sketch.count * second;
  const { sampledBy: _, ...rest } = a;
  return {
    ...rest,
    from: Math.min(a.from, b.from),
    to: Math.max(a.to, b.to),
    sketch: mergeSketches(a.sketch, b.sketch),
    ...(stoodFor > measured && { sampledBy: stoodFor / measured }),
  };
}

function mergeSketches(a: Sketch, b: Sketch): Sketch {
  const zeros = (a.zeros ?? 0) + (b.zeros ?? 0);
  const positive = mergeBuckets(a.positive, b.positive);
  const negative = mergeBuckets(a.negative, b.negative);
  return {
    count: a.count + b.count,
    ...both('sum', a.sum, b.sum, held),
    ...both('min', a.min, b.min, Math.min),
    ...both('max', a.max, b.max, Math.max),
    ...(zeros > 0 && { zeros }),
    ...(positive.length > 0 && { positive }),
    ...(negative.length > 0 && { negative }),
  };
}

function both<Name extends string>(
  name: Name,
  a: number | undefined,
  b: number | undefined,
  join: (a: number, b: number) => number,
): { [N in Name]?: number } {
  const value = a === undefined ? b : b === undefined ? a : join(a, b);
  return value === undefined ? {} : ({ [name]: value } as { [N in Name]: number });
}

function held(a: number, b: number): number {
  return Math.min(Math.max(a + b, -Number.MAX_VALUE), Number.MAX_VALUE);
}

function mergeBuckets(a: readonly SketchBucket[] = [], b: readonly SketchBucket[] = []): SketchBucket[] {
  const counts = new Map(a);
  for (const [index, count] of b) counts.set(index, (counts.get(index) ?? 0) + count);
  return [...counts].sort(([one], [other]) => one - other);
}

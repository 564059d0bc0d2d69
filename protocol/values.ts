/**
 * Captured values: one flat table per hit. A value is named by its index; shared and cyclic structures stay shared and
 * cyclic. What is not there says why (`missing`).
 */
import { z } from 'zod';

/** Index into the hit's `values`. */
export const ValueIndex = z.int().min(0).max(20_000);
export type ValueIndex = z.infer<typeof ValueIndex>;

export const MissingReason = z.enum([
  /** Deeper than the depth limit. */
  'depth',
  /** More elements or fields than the limit; `count` of them are not here. */
  'width',
  /** A string or text cut at the length limit; `count` characters are not here. */
  'length',
  /** The node budget of the hit was used up. */
  'nodes',
  /** The size budget of the hit was used up. */
  'bytes',
  /** The time budget of the capture was used up. */
  'time',
  /** A redaction rule applies; `detail` names the rule. */
  'redacted',
  /** Reading would have run user code: a getter, a proxy trap. */
  'getter',
  /** The runtime no longer has the variable (optimised out, or not yet initialised). */
  'unavailable',
  /** Reading failed; `detail` says how. */
  'error',
]);
export type MissingReason = z.infer<typeof MissingReason>;

export const Missing = z.object({
  reason: MissingReason,
  count: z.int().min(1).optional(),
  detail: z.string().max(500).optional(),
});
export type Missing = z.infer<typeof Missing>;

/** What a value is, the same names in all runtimes; decides the icon, the paging and how expressions treat it. */
export const ValueKind = z.enum([
  'null',
  'undefined',
  'boolean',
  'number',
  'bigint',
  'string',
  'symbol',
  'object',
  'array',
  'map',
  'set',
  'function',
  'class',
  'date',
  'regexp',
  'error',
  'promise',
  'proxy',
  'binary',
  'weak',
  'other',
  /** Nothing is known of the value but why it is missing. */
  'missing',
]);
export type ValueKind = z.infer<typeof ValueKind>;

/** How a child hangs off its parent. `entry` children of a map come in pairs: key, value. */
export const ChildRole = z.enum(['property', 'index', 'entryKey', 'entryValue', 'private', 'internal', 'static']);
export type ChildRole = z.infer<typeof ChildRole>;

export const ValueChild = z.object({
  name: z.string().max(500),
  value: ValueIndex,
  role: ChildRole.optional(),
});
export type ValueChild = z.infer<typeof ValueChild>;

export const CapturedValue = z.object({
  kind: ValueKind,
  /** The runtime's own name: `Order`, `dict`, `java.util.ArrayList`. */
  type: z.string().max(300),
  /** One line a person reads first; for strings the text itself without quotes. */
  preview: z.string().max(5000),
  /** The value itself for null, booleans, finite numbers and strings as captured; other numbers are in `preview`. */
  literal: z.union([z.string(), z.number(), z.boolean(), z.null()]).optional(),
  /** Elements, entries, fields or characters the original has, captured or not. */
  size: z.int().min(0).optional(),
  children: z.array(ValueChild).optional(),
  missing: Missing.optional(),
});
export type CapturedValue = z.infer<typeof CapturedValue>;

export const Variable = z.object({ name: z.string().max(500), value: ValueIndex });
export type Variable = z.infer<typeof Variable>;

/** Rules in force, pushed to agents live. The built-in lists are in the agents; these only add to them. */
import { z } from 'zod';
import { DEFAULT_PROCESS_BUDGETS, ProcessBudgets } from './limits.ts';

/**
 * Texts that are redacted wherever they stand, by their look: applied to every captured text before it leaves the process.
 * `test-fixtures/conformance/redaction-values.json` says exactly what each catches.
 */
export const ValueRule = z.enum([
  'card',
  'iban',
  'jwt',
  'authorization',
  'privateKey',
  'cloudKey',
  'email',
  'phone',
  'urlCredentials',
]);
export type ValueRule = z.infer<typeof ValueRule>;

export const Policy = z.object({
  revision: z.int().min(0),
  budgets: ProcessBudgets,
  redaction: z.object({
    /** Names added to the built-in list; compared in lower case without `_ - $ @ .` and spaces. */
    names: z.array(z.string().min(1).max(100)).max(1000),
    /** Type names, `*` as wildcard. */
    types: z.array(z.string().min(1).max(300)).max(1000),
    /** Names of built-in value rules that are switched off (`email`, `phone`, …); all are on otherwise. */
    valuesOff: z.array(ValueRule).max(20).optional(),
  }),
  /** Path patterns (`*`, `**`) in which nothing may be placed. */
  blockedPaths: z.array(z.string().min(1).max(1000)).max(1000),
});
export type Policy = z.infer<typeof Policy>;

export const DEFAULT_POLICY: Policy = {
  revision: 0,
  budgets: DEFAULT_PROCESS_BUDGETS,
  redaction: { names: [], types: [] },
  blockedPaths: [],
};

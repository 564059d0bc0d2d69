/** What a metric and a counter's grouping make of the value of their expression. */
import { MAX_METRIC_GROUPS, MORE_INDEX } from '../shared/measure-buffer.ts';
import type { ProbeAction } from '../shared/probe-messages.ts';
import type { ActionState } from './action-state.ts';
import { isHuge, kindOf, scalarText } from './arithmetic.ts';
import { type Environment, evaluateLive } from './evaluate.ts';
import { fail } from './expression-failure.ts';
import { mapGet, mapSet, mapSize, newMap, toNumber } from './primordials.ts';
import { shortText } from './type-name.ts';

const MAX_GROUP_TEXT = 200;

/** Throws `ExpressionFailure` for everything but a finite number. */
export function numberOf(wire: ProbeAction, environment: Environment): number {
  if (wire.expression === undefined) return fail('A metric needs an expression');
  const value = evaluateLive(wire.expression, environment, wire.limits.expressionMs);
  if (typeof value === 'bigint' && !isHuge(value)) return toNumber(value);
  if (typeof value !== 'number') return fail(`A metric needs a number, not ${kindOf(value)}`);
  return value - value === 0 ? value : fail('A metric needs a finite number');
}

/** The index of the group's count; `fresh` is its text when it is new. Throws `ExpressionFailure`. */
export function groupOf(
  wire: ProbeAction,
  state: ActionState,
  environment: Environment,
): { index: number; fresh?: string } {
  if (wire.expression === undefined) return UNGROUPED;
  const value = evaluateLive(wire.expression, environment, wire.limits.expressionMs);
  if ((typeof value === 'object' && value !== null) || typeof value === 'function' || typeof value === 'symbol')
    return fail(`A counter groups by a text, number or boolean, not ${kindOf(value)}`);
  const text = shortText(scalarText(value), MAX_GROUP_TEXT);
  state.groups ??= newMap();
  const known = mapGet(state.groups, text) as number | undefined;
  if (known !== undefined) return { index: known };
  const size = mapSize(state.groups);
  if (size >= MAX_METRIC_GROUPS) return { index: MORE_INDEX };
  mapSet(state.groups, text, size + 1);
  return { index: size + 1, fresh: text };
}

const UNGROUPED = { index: 0 };

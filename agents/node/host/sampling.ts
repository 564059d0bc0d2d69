/** Which of the executions that match become hits: at most one per time, or one per value of an expression. */
import type { ProbeAction } from '../shared/probe-messages.ts';
import type { ActionState } from './action-state.ts';
import { kindOf, scalarText } from './arithmetic.ts';
import { type Environment, evaluateLive } from './evaluate.ts';
import { fail } from './expression-failure.ts';
import { mapHas, mapSet, mapSize, newMap } from './primordials.ts';
import { shortText } from './type-name.ts';

const MAX_REMEMBERED_TEXT = 1000;

export function isWanted(state: ActionState, now: number): boolean {
  return now >= state.nextAt;
}

/** The value that makes this execution a new one; undefined when there was one like it. Throws `ExpressionFailure`. */
export function wantedValue(wire: ProbeAction, state: ActionState, environment: Environment): string | undefined {
  if (wire.sampling?.by !== 'distinct') return '';
  const value = evaluateLive(wire.sampling.tree, environment, wire.limits.expressionMs);
  if ((typeof value === 'object' && value !== null) || typeof value === 'function' || typeof value === 'symbol')
    return fail(`One per value needs a text, number or boolean, not ${kindOf(value)}`);
  // 1 and '1' are two values.
  const key = `${typeof value === 'string' ? 's' : ''}${shortText(scalarText(value), MAX_REMEMBERED_TEXT)}`;
  return state.seen !== undefined && mapHas(state.seen, key) ? undefined : key;
}

/** After a capture. True when no further value can be remembered: the action is over. */
export function remember(wire: ProbeAction, state: ActionState, value: string, now: number): boolean {
  if (wire.sampling?.by === 'interval') state.nextAt = now + wire.sampling.everyMs;
  if (wire.sampling?.by !== 'distinct') return false;
  state.seen ??= newMap();
  mapSet(state.seen, value, true);
  if (mapSize(state.seen) < wire.sampling.most) return false;
  state.finished = true;
  return true;
}

/** What the parts of a condition were when it was false: once a second at most, as short texts. */
import type { SeenValue } from '@stillframe/protocol/status';
import type { ProbeAction, WatchedExpression } from '../shared/probe-messages.ts';
import type { ActionState } from './action-state.ts';
import { isHuge } from './arithmetic.ts';
import { failureText } from './environment.ts';
import { type Environment, evaluateLive } from './evaluate.ts';
import { symbolToString, toText } from './primordials.ts';
import { shellOf } from './shell.ts';
import { shortText } from './type-name.ts';

const BETWEEN_MS = 1000;
const MAX_TEXT = 100;

/** Undefined when it is too early for another look. */
export function lookAtParts(
  wire: ProbeAction,
  state: ActionState,
  environment: Environment,
  now: number,
): SeenValue[] | undefined {
  const parts = wire.conditionParts;
  if (parts === undefined || parts.length === 0) return undefined;
  if (state.lookedAt !== 0 && now - state.lookedAt < BETWEEN_MS) return undefined;
  state.lookedAt = now;
  const seen: SeenValue[] = [];
  for (let at = 0; at < parts.length; at++) {
    const part = parts[at] as WatchedExpression;
    seen[at] = { text: part.text, value: partText(part, wire, environment) };
  }
  return seen;
}

function partText(part: WatchedExpression, wire: ProbeAction, environment: Environment): string {
  try {
    return shown(evaluateLive(part.tree, environment, wire.limits.expressionMs));
  } catch (error) {
    return `<${shortText(failureText(error), MAX_TEXT)}>`;
  }
}

/** A scalar as it would be typed; of an object only what it is. */
function shown(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return `"${shortText(value, MAX_TEXT)}"`;
    case 'bigint':
      return isHuge(value) ? 'a huge number' : `${toText(value)}n`;
    case 'symbol':
      return shortText(symbolToString(value), MAX_TEXT);
    case 'object':
    case 'function':
      return value === null ? 'null' : shortText(shellOf(value).preview, MAX_TEXT);
    default:
      return toText(value);
  }
}

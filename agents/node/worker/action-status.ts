/** The agent's part of an explanation chain: what happened after the line was found, in words and counts. */
import type { Action } from '@stillframe/protocol/action';
import type {
  ActionCounts,
  ActionStatus,
  AgentActionState,
  Link,
  ResolvedLocation,
  SeenValue,
} from '@stillframe/protocol/status';
import { COUNT, COUNTS_PER_SLOT } from '../shared/probe-messages.ts';

export interface StatusInput {
  action: Action;
  state: AgentActionState;
  /** The links of finding the place. */
  links: readonly Link[];
  resolved: ResolvedLocation | undefined;
  lastError: string | undefined;
  lastValues: readonly SeenValue[] | undefined;
  health: ActionStatus['health'];
  counts: ActionCounts;
  sampledBy: number;
  /** The line is so busy that `sampledBy` may be far too small. */
  lowerBound: boolean;
  /** `yes`: counted by code that was instrumented at load; otherwise why not, where that was asked for. */
  instrumented: string | undefined;
}

export function readCounts(shared: Int32Array, slot: number): ActionCounts {
  const read = (which: number) => Atomics.load(shared, slot * COUNTS_PER_SLOT + which) >>> 0;
  return {
    evaluated: read(COUNT.evaluated),
    matched: read(COUNT.matched),
    rateLimited: read(COUNT.rateLimited),
    captured: read(COUNT.captured),
    dropped: read(COUNT.dropped),
    failed: read(COUNT.failed),
  };
}

/** What the conditions of an action have cost the service so far. */
export function readMicros(shared: Int32Array, slot: number): number {
  return Atomics.load(shared, slot * COUNTS_PER_SLOT + COUNT.micros) >>> 0;
}

export function clearCounts(shared: Int32Array, slot: number): void {
  for (let at = 0; at < COUNTS_PER_SLOT; at++) Atomics.store(shared, slot * COUNTS_PER_SLOT + at, 0);
}

export function statusOf(input: StatusInput): ActionStatus {
  const { action, state, counts, resolved, lastError, lastValues, sampledBy } = input;
  return {
    actionId: action.id,
    revision: action.revision,
    state,
    links: state === 'armed' || state === 'finished' ? [...input.links, ...runLinks(input)] : [...input.links],
    counts,
    ...(resolved && { resolved }),
    ...(lastError !== undefined && { lastError: lastError.slice(0, 1000) }),
    ...(lastValues !== undefined && { lastValues: [...lastValues] }),
    ...(input.health && { health: input.health }),
    ...(sampledBy > 1.05 && { sampledBy }),
  };
}

function runLinks(input: StatusInput): Link[] {
  const { counts } = input;
  const links: Link[] = [armed(input)];
  if (counts.evaluated === 0) {
    const reason =
      input.action.kind === 'duration'
        ? 'The function has not been called since'
        : 'The line has not been reached since';
    return [...links, { link: 'evaluated', state: 'pending', reason }];
  }
  links.push({ link: 'evaluated', state: 'ok', reason: evaluated(input) });
  return [...links, isMeasure(input.action) ? measured(input) : captured(input)];
}

function isMeasure({ kind }: Action): boolean {
  return kind !== 'snapshot' && kind !== 'log';
}

/** Sampling is what a budget is for: it is said, but nothing is wrong. */
function armed({ sampledBy, lowerBound, instrumented }: StatusInput): Link {
  if (instrumented === 'yes') return { link: 'armed', state: 'ok', reason: 'Counted exactly (instrumented at load)' };
  const why = instrumented === undefined ? undefined : `Not instrumented at load: ${instrumented}`;
  if (sampledBy <= 1.05) return { link: 'armed', state: 'ok', ...(why !== undefined && { reason: why }) };
  const share = Math.max(1, Math.round(100 / sampledBy));
  const bound = lowerBound ? '; it does so little else that the true counts may be far higher' : '';
  const reason = `The line is so busy that it is looked at about ${share} % of the time, to stay within its share of a core${bound}${why === undefined ? '' : `. ${why}`}`;
  return { link: 'armed', state: 'ok', reason };
}

function evaluated({ action, counts }: StatusInput): string {
  const reached = `${action.kind === 'duration' ? 'Called' : 'Reached'} ${times(counts.evaluated)}`;
  const matched = action.condition === undefined ? '' : `, the condition was true ${times(counts.matched)}`;
  const failed = counts.failed > 0 ? `, failed ${times(counts.failed)}` : '';
  return `${reached}${matched}${failed}`;
}

function measured(input: StatusInput): Link {
  const { action, counts, lastError, sampledBy, lowerBound } = input;
  if (counts.captured === 0) {
    if (counts.failed > 0 && lastError !== undefined) return pending(`The expression fails: ${lastError}`);
    if (counts.matched === 0) return pending('The condition has not been true so far');
    return pending(
      action.kind === 'duration'
        ? 'No call has returned normally so far'
        : 'The second line has not been reached after the first in the same execution so far',
    );
  }
  const failed = counts.failed > 0 && lastError !== undefined ? `; the expression failed ${times(counts.failed)}` : '';
  if (sampledBy <= 1.05)
    return { link: 'captured', state: 'ok', reason: `${counts.captured} measured, every one of them${failed}` };
  const all = Math.round(counts.captured * sampledBy);
  const about = lowerBound ? `at least ${all}` : `about ${all}`;
  return { link: 'captured', state: 'ok', reason: `${counts.captured} measured, which stand for ${about}${failed}` };
}

function captured(input: StatusInput): Link {
  const { counts, lastError } = input;
  if (counts.captured > 0) {
    const limited = counts.rateLimited > 0 ? `; ${passedOver(input)}` : '';
    const dropped = counts.dropped > 0 ? `; ${counts.dropped} dropped while the server could not be reached` : '';
    return { link: 'captured', state: 'ok', reason: `${counts.captured} captured${limited}${dropped}` };
  }
  if (counts.failed > 0 && lastError !== undefined) return pending(`The expression fails: ${lastError}`);
  if (counts.matched === 0) return pending('The condition has not been true so far');
  return pending(
    counts.dropped > 0 ? 'The queue is full: the server could not be reached' : 'The rate of this process is used up',
  );
}

function passedOver({ action, counts }: StatusInput): string {
  switch (action.sampling?.by) {
    case 'interval':
      return `${counts.rateLimited} more came too soon after one`;
    case 'distinct':
      return `${counts.rateLimited} more had a value that was captured before, or came too fast`;
    default:
      return `${counts.rateLimited} more were not captured, to keep to the rate`;
  }
}

function pending(reason: string): Link {
  return { link: 'captured', state: 'pending', reason };
}

function times(number: number): string {
  return number === 1 ? 'once' : `${number} times`;
}

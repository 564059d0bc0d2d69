/** The agent's part of an explanation chain: what happened after the line was found, in words and counts. */
import type { ActionCounts, ActionStatus, AgentActionState, Link, ResolvedLocation } from '@stillframe/protocol/status';
import { COUNT, COUNTS_PER_SLOT } from '../shared/probe-messages.ts';

export interface StatusInput {
  actionId: string;
  revision: number;
  state: AgentActionState;
  /** The links of finding the place. */
  links: readonly Link[];
  resolved: ResolvedLocation | undefined;
  lastError: string | undefined;
  counts: ActionCounts;
  hasCondition: boolean;
  sampledBy: number;
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

export function clearCounts(shared: Int32Array, slot: number): void {
  for (let at = 0; at < COUNTS_PER_SLOT; at++) Atomics.store(shared, slot * COUNTS_PER_SLOT + at, 0);
}

export function statusOf(input: StatusInput): ActionStatus {
  const { actionId, revision, state, counts, resolved, lastError, sampledBy } = input;
  return {
    actionId,
    revision,
    state,
    links: state === 'armed' || state === 'finished' ? [...input.links, ...runLinks(input)] : [...input.links],
    counts,
    ...(resolved && { resolved }),
    ...(lastError !== undefined && { lastError: lastError.slice(0, 1000) }),
    ...(sampledBy > 1.05 && { sampledBy }),
  };
}

function runLinks(input: StatusInput): Link[] {
  const { counts, sampledBy } = input;
  const links: Link[] = [armed(sampledBy)];
  if (counts.evaluated === 0) {
    return [...links, { link: 'evaluated', state: 'pending', reason: 'The line has not been reached since' }];
  }
  links.push({ link: 'evaluated', state: 'ok', reason: evaluated(input) });
  return [...links, captured(input)];
}

/** Sampling is what a budget is for: it is said, but nothing is wrong. */
function armed(sampledBy: number): Link {
  if (sampledBy <= 1.05) return { link: 'armed', state: 'ok' };
  const share = Math.max(1, Math.round(100 / sampledBy));
  const reason = `The line is so busy that it is looked at about ${share} % of the time, to stay within its share of a core`;
  return { link: 'armed', state: 'ok', reason };
}

function evaluated({ counts, hasCondition }: StatusInput): string {
  const reached = `Reached ${times(counts.evaluated)}`;
  const matched = hasCondition ? `, the condition was true ${times(counts.matched)}` : '';
  const failed = counts.failed > 0 ? `, failed ${times(counts.failed)}` : '';
  return `${reached}${matched}${failed}`;
}

function captured({ counts, lastError }: StatusInput): Link {
  if (counts.captured > 0) {
    const limited = counts.rateLimited > 0 ? `; ${counts.rateLimited} more were not captured, to keep to the rate` : '';
    const dropped = counts.dropped > 0 ? `; ${counts.dropped} dropped while the server could not be reached` : '';
    return { link: 'captured', state: 'ok', reason: `${counts.captured} captured${limited}${dropped}` };
  }
  if (counts.failed > 0 && lastError !== undefined) {
    return { link: 'captured', state: 'pending', reason: `The expression fails: ${lastError}` };
  }
  if (counts.matched === 0)
    return { link: 'captured', state: 'pending', reason: 'The condition has not been true so far' };
  const reason =
    counts.dropped > 0 ? 'The queue is full: the server could not be reached' : 'The rate of this process is used up';
  return { link: 'captured', state: 'pending', reason };
}

function times(number: number): string {
  return number === 1 ? 'once' : `${number} times`;
}

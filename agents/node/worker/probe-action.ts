/** An action as the server sends it into what the host carries out at one place. Whatever is asked, the hard maximum holds. */
import type { Action } from '@stillframe/protocol/action';
import type { ProcessBudgets } from '@stillframe/protocol/limits';
import { createMeasureBuffer, type MeasureBuffer } from '../shared/measure-buffer.ts';
import type { ProbeAction, ProbeSampling } from '../shared/probe-messages.ts';
import { conditionParts } from './condition-parts.ts';
import type { Place } from './resolve-location.ts';

/** `MAXIMUM_CAPTURE_LIMITS` of the protocol, which this program may import as types only; a test keeps them equal. */
export const MAXIMUM_CAPTURE: Action['capture'] = {
  depth: 6,
  collection: 500,
  fields: 200,
  string: 4096,
  nodes: 5000,
  frames: 64,
  framesWithLocals: 5,
  bytes: 524_288,
  captureMs: 50,
  expressionMs: 10,
};
/** `MAX_DISTINCT_VALUES`. */
const MAX_DISTINCT = 1000;

export interface ProbeActionInput {
  action: Action;
  slot: number;
  endsAt: number;
  measure: MeasureBuffer | undefined;
  budgets: ProcessBudgets;
}

export function isMeasured(action: Action): boolean {
  return action.kind !== 'snapshot' && action.kind !== 'log';
}

/** Counts alone need far less room than numbers. */
export function measureBufferFor(action: Action): MeasureBuffer | undefined {
  if (!isMeasured(action)) return undefined;
  return createMeasureBuffer(action.kind === 'counter' ? 'counts' : 'numbers');
}

export function probeAction(input: ProbeActionInput, { timed }: Place): ProbeAction {
  const { action, slot, endsAt, measure, budgets } = input;
  const log = action.kind === 'log';
  const sampling = samplingOf(action);
  return {
    slot,
    actionId: action.id,
    revision: action.revision,
    kind: action.kind,
    watches: action.watches.map(({ text, tree }) => ({ text, tree })),
    limits: clamped(action.capture),
    remainingHits: action.maxHits,
    endsAt,
    perSecond: log ? budgets.logsPerSecondPerAction : budgets.snapshotsPerSecondPerAction,
    ...(action.condition && { condition: action.condition.tree, conditionParts: conditionParts(action.condition) }),
    ...(action.expression && { expression: action.expression.tree }),
    ...(measure && { measure }),
    ...(timed && { timed }),
    ...(sampling && { sampling }),
    ...(action.template && {
      template: action.template.parts.map((part) =>
        typeof part === 'string' ? part : { text: part.text, tree: part.tree },
      ),
    }),
  };
}

function samplingOf({ sampling, kind }: Action): ProbeSampling | undefined {
  if (sampling === undefined) return undefined;
  if (kind === 'duration') return sampling.by === 'slowest' ? sampling : undefined;
  if (kind !== 'snapshot' && kind !== 'log') return undefined;
  if (sampling.by === 'distinct') return { by: 'distinct', tree: sampling.expression.tree, most: MAX_DISTINCT };
  return sampling.by === 'interval' ? sampling : undefined;
}

function clamped(limits: Action['capture']): Action['capture'] {
  const entries = Object.entries(MAXIMUM_CAPTURE).map(([name, most]) => {
    const asked = limits[name as keyof Action['capture']];
    return [name, Math.min(asked, most)];
  });
  return Object.fromEntries(entries) as Action['capture'];
}

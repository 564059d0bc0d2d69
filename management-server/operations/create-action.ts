import { randomBytes } from 'node:crypto';
import { type ActionDraft, type Canary, DEFAULT_CANARY, METRIC_KINDS } from '@stillframe/protocol/action';
import { requestError } from '@stillframe/protocol/errors';
import {
  DEFAULT_CAPTURE_LIMITS,
  DEFAULT_LIFETIME_MS,
  DEFAULT_MAX_HITS,
  MAXIMUM_CAPTURE_LIMITS,
} from '@stillframe/protocol/limits';
import type { ActionInfo } from '@stillframe/protocol/messages/ide-connection';
import { newCanary } from '../canaries.ts';
import type { Caller, ServerContext } from '../server-context.ts';
import { type ActionRecord, insertAction, type StoredAction } from '../store/actions-table.ts';
import { actionInfo } from './action-info.ts';
import { parseDraft } from './parse-draft.ts';

export async function createAction(context: ServerContext, draft: ActionDraft, caller: Caller): Promise<ActionInfo> {
  const problem = draftProblem(context, draft);
  if (problem !== undefined) throw requestError('invalidParams', problem);
  if (context.actions.activeCount >= context.limits.activeActions) {
    throw requestError(
      'limitExceeded',
      `Remove actions that are done with: ${context.actions.activeCount} are active, which is all this server allows`,
    );
  }
  const parsed = parseDraft(draft, draft.dialect);
  const now = context.clock();
  const action: StoredAction = {
    id: newActionId(),
    revision: 1,
    kind: draft.kind,
    location: draft.location,
    target: draft.target,
    watches: parsed.watches ?? [],
    maxHits: draft.maxHits ?? DEFAULT_MAX_HITS[draft.kind === 'log' ? 'log' : 'snapshot'],
    ...(draft.kind === 'tictoc' && draft.endLocation && { endLocation: draft.endLocation }),
    ...(draft.kind === 'duration' && draft.functionName !== undefined && { functionName: draft.functionName }),
    createdAt: now,
    expiresAt: now + (draft.lifetimeMs ?? DEFAULT_LIFETIME_MS),
    capture: captureLimits(draft),
    createdBy: caller.user,
    ...(parsed.condition && { condition: parsed.condition }),
    ...(parsed.template && { template: parsed.template }),
    ...(parsed.expression && { expression: parsed.expression }),
    ...(parsed.sampling && { sampling: parsed.sampling }),
    ...(draft.canary && { canary: canaryOf(draft.canary) }),
    ...(draft.kind === 'log' && { level: draft.level ?? 'info', destination: draft.destination ?? 'editor' }),
    ...(draft.origin !== undefined && { origin: draft.origin }),
  };
  const canary = action.canary && newCanary(action.canary);
  const record: ActionRecord = { action, state: 'active', hits: 0, bytes: 0, ...(canary && { canary }) };
  await insertAction(context.database, record);
  context.actions.put(record);
  context.bus.publish({ type: 'actionsChanged', ids: [action.id] });
  return actionInfo(context, record);
}

function canaryOf(given: NonNullable<ActionDraft['canary']>): Canary {
  const named = Object.entries(given).filter(([, value]) => value !== undefined);
  return { ...DEFAULT_CANARY, ...Object.fromEntries(named) };
}

/** What is missing for the kind, or does not go together; a sentence that says what to do. */
function draftProblem(context: ServerContext, draft: ActionDraft): string | undefined {
  const { kind, target, sampling } = draft;
  if (target.by === 'source' && !context.sources.has(target.source))
    return `Save the source "${target.source}" first, or name an agent or tags`;
  if (kind === 'log' && draft.template === undefined)
    return 'Give the log a text, for example "total is {order.total}"';
  if (kind === 'metric' && draft.expression === undefined)
    return 'Give the metric an expression that is a number, for example "order.total"';
  if (kind === 'tictoc') {
    if (draft.endLocation === undefined) return 'Give tic & toc a second line, where the time ends';
    if (draft.endLocation.path !== draft.location.path) return 'Choose both lines of tic & toc in the same file';
    if (draft.endLocation.line === draft.location.line) return 'Choose two different lines for tic & toc';
  }
  if (sampling?.by === 'slowest' && kind !== 'duration')
    return `Choose another sampling: "slowest" is for method durations, not for a ${kind}`;
  if (sampling !== undefined && sampling.by !== 'slowest' && METRIC_KINDS.has(kind))
    return `Leave the sampling out: a ${kind} measures every execution it can`;
  if ((draft.capture?.framesWithLocals ?? 1) > 1 && kind !== 'snapshot')
    return `Leave the frames with locals out: only a snapshot has them, not a ${kind}`;
  return undefined;
}

/** Short enough to type in a terminal; 50 random bits are unique among the actions one server ever keeps. */
function newActionId(): string {
  const letters = 'abcdefghjkmnpqrstuvwxyz23456789x';
  return Array.from(randomBytes(10), (byte) => letters[byte & 31]).join('');
}

function captureLimits({ capture = {} }: ActionDraft): StoredAction['capture'] {
  const names = Object.keys(DEFAULT_CAPTURE_LIMITS) as (keyof StoredAction['capture'])[];
  const entries = names.map((name) => [
    name,
    Math.min(capture[name] ?? DEFAULT_CAPTURE_LIMITS[name], MAXIMUM_CAPTURE_LIMITS[name]),
  ]);
  return Object.fromEntries(entries) as StoredAction['capture'];
}

import { randomBytes } from 'node:crypto';
import type { ActionDraft } from '@stillframe/protocol/action';
import { requestError } from '@stillframe/protocol/errors';
import {
  DEFAULT_CAPTURE_LIMITS,
  DEFAULT_LIFETIME_MS,
  DEFAULT_MAX_HITS,
  MAXIMUM_CAPTURE_LIMITS,
} from '@stillframe/protocol/limits';
import type { ActionInfo } from '@stillframe/protocol/messages/ide-connection';
import type { Caller, ServerContext } from '../server-context.ts';
import { type ActionRecord, insertAction, type StoredAction } from '../store/actions-table.ts';
import { actionInfo } from './action-info.ts';
import { parseDraft } from './parse-draft.ts';

/** Kinds that at least one agent of this version can carry out; the others are known to the wire already. */
const KINDS: ReadonlySet<ActionDraft['kind']> = new Set(['snapshot', 'log']);

export async function createAction(context: ServerContext, draft: ActionDraft, caller: Caller): Promise<ActionInfo> {
  if (!KINDS.has(draft.kind)) {
    throw requestError('invalidParams', `Choose a snapshot or a log: this version has no ${draft.kind} yet`);
  }
  if (draft.target.by === 'source') {
    throw requestError(
      'invalidParams',
      `Name an agent or tags: this version has no saved source "${draft.target.source}"`,
    );
  }
  if (draft.kind === 'log' && draft.template === undefined) {
    throw requestError('invalidParams', 'Give the log a text, for example "total is {order.total}"');
  }
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
    createdAt: now,
    expiresAt: now + (draft.lifetimeMs ?? DEFAULT_LIFETIME_MS),
    capture: captureLimits(draft),
    createdBy: caller.user,
    ...(parsed.condition && { condition: parsed.condition }),
    ...(parsed.template && { template: parsed.template }),
    ...(draft.kind === 'log' && { level: draft.level ?? 'info', destination: draft.destination ?? 'editor' }),
    ...(draft.origin !== undefined && { origin: draft.origin }),
  };
  const record: ActionRecord = { action, state: 'active', hits: 0, bytes: 0 };
  await insertAction(context.database, record);
  context.actions.put(record);
  context.bus.publish({ type: 'actionsChanged', ids: [action.id] });
  return actionInfo(context, record);
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

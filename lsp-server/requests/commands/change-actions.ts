/** `stillframe.action.update`, `.remove` and `.list`. */

import { LogLevel, METRIC_KINDS } from '@stillframe/protocol/action';
import { requestError } from '@stillframe/protocol/errors';
import type { EditorAction } from '@stillframe/protocol/messages/editor-extensions';
import { type ActionInfo, ActionRemove, ActionUpdate } from '@stillframe/protocol/messages/ide-connection';
import { z } from 'zod';
import { editorAction } from '../../convert/editor-action.ts';
import { pathOfUri } from '../../convert/uri.ts';
import type { Session } from '../../state/session.ts';

export const UpdateShape = z.object({
  id: z.string().max(64),
  patch: z.object({
    condition: z.string().max(5000).nullable().optional(),
    logMessage: z.string().max(5000).optional(),
    watch: z.array(z.string().max(5000)).max(20).optional(),
    level: LogLevel.optional(),
    maxHits: z.int().min(1).optional(),
    expiresSec: z.int().min(1).optional(),
  }),
});

export async function updateAction(
  session: Session,
  { id, patch }: z.infer<typeof UpdateShape>,
): Promise<{ id: string; status: string }> {
  const action = await session.actionOf(id);
  if (action !== undefined) refuseForeign(action, patch);
  const info = await session.link.request(ActionUpdate, {
    id,
    ...(patch.condition !== undefined && { condition: patch.condition?.trim() ? patch.condition : null }),
    ...(patch.logMessage !== undefined && { template: patch.logMessage }),
    ...(patch.watch !== undefined && { watches: patch.watch }),
    ...(patch.level !== undefined && { level: patch.level }),
    ...(patch.maxHits !== undefined && { maxHits: patch.maxHits }),
    ...(patch.expiresSec !== undefined && { lifetimeMs: patch.expiresSec * 1000 }),
  });
  return { id, status: info.summary };
}

/** A field that means nothing to the kind would be taken without a word and change nothing. */
function refuseForeign(action: ActionInfo, patch: z.infer<typeof UpdateShape>['patch']): void {
  const { kind } = action;
  const fields = Object.entries(patch).filter(([, value]) => value !== undefined);
  const foreign = fields.find(([name]) => !isFieldOf(action, name as keyof typeof patch));
  if (foreign !== undefined) throw requestError('invalidParams', `Leave "${foreign[0]}" out: a ${kind} has none`);
}

export function isFieldOf({ kind, sampling }: ActionInfo, field: keyof z.infer<typeof UpdateShape>['patch']): boolean {
  switch (field) {
    case 'logMessage':
    case 'level':
      return kind === 'log';
    case 'watch':
    case 'maxHits':
      return !METRIC_KINDS.has(kind) || sampling?.by === 'slowest';
    default:
      return true;
  }
}

export const RemoveShape = z.object({
  id: z.string().max(64).optional(),
  ids: z.array(z.string().max(64)).max(1000).optional(),
});

export async function removeActions(
  session: Session,
  { id, ids = [] }: z.infer<typeof RemoveShape>,
): Promise<{ removed: string[] }> {
  const all = id === undefined ? ids : [id, ...ids];
  if (all.length === 0) throw requestError('invalidParams', 'Name the action to remove');
  return { removed: (await session.link.request(ActionRemove, { ids: all })).removed };
}

export const ListShape = z.object({ uri: z.string().max(8192).optional(), state: z.string().max(20).optional() });

export async function listActions(
  session: Session,
  { uri, state }: z.infer<typeof ListShape>,
): Promise<EditorAction[]> {
  const infos = [...session.link.view.actions.values()].filter((info) => state === undefined || info.state === state);
  const actions = await Promise.all(infos.map((info) => editorAction(session, info)));
  if (uri === undefined) return actions;
  // Editors spell the same file's URI in different ways.
  const path = pathOfUri(uri);
  return actions.filter(({ place }) => place !== undefined && pathOfUri(place.uri) === path);
}

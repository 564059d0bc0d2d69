/**
 * `stillframe.action.edit`: changing an action in editors without an input box of ours. The selection can become its
 * condition; the rest is a choice. An action that has ended can be placed again.
 */
import { dialectOf } from '@stillframe/core/expression/dialect-of';
import { parseCondition } from '@stillframe/core/expression/parse-expression';
import type { ActionDraft, Sampling, SamplingDraft } from '@stillframe/protocol/action';
import { requestError } from '@stillframe/protocol/errors';
import { ActionCreate, type ActionInfo } from '@stillframe/protocol/messages/ide-connection';
import { z } from 'zod';
import type { EditorFace } from '../../state/editor-face.ts';
import type { Session } from '../../state/session.ts';
import { isFieldOf, updateAction } from './change-actions.ts';

export const EditShape = z.object({ id: z.string().max(64), selection: z.string().max(2048).optional() });

const MORE_HITS = 10;
const MORE_TIME = { title: 'One hour from now', expiresSec: 3600 };

interface Choice {
  title: string;
  run(): Promise<{ id: string; status: string }>;
}

export async function editAction(
  session: Session,
  editor: EditorFace,
  { id, selection }: z.infer<typeof EditShape>,
): Promise<{ id: string; status: string } | null> {
  const info = await session.actionOf(id);
  if (info === undefined) throw requestError('notFound', `Cannot find the action "${id}"; it may have been removed`);
  const choices = info.state === 'active' ? changes(session, info, selection) : [placeAgain(session, info)];
  const titles = [...choices.map(({ title }) => title), 'Cancel'];
  const chosen = await editor.ask(`Change this ${info.kind}? ${info.summary}`, titles);
  return (await choices.find(({ title }) => title === chosen)?.run()) ?? null;
}

function changes(session: Session, info: ActionInfo, selection: string | undefined): Choice[] {
  const { id } = info;
  const change = (title: string, patch: Parameters<typeof updateAction>[1]['patch']): Choice => ({
    title,
    run: () => updateAction(session, { id, patch }),
  });
  const dialect = dialectOf(info.location.path) ?? 'javascript';
  const isCondition = selection !== undefined && parseCondition(selection, dialect).tree !== undefined;
  return [
    ...(isCondition ? [change(`Only when ${selection}`, { condition: selection })] : []),
    ...(info.condition === undefined ? [] : [change('Without the condition', { condition: null })]),
    ...(isFieldOf(info, 'maxHits') ? [change(`${MORE_HITS} more hits`, { maxHits: info.maxHits + MORE_HITS })] : []),
    change(MORE_TIME.title, { expiresSec: MORE_TIME.expiresSec }),
  ];
}

function placeAgain(session: Session, info: ActionInfo): Choice {
  return {
    title: 'Place again',
    async run() {
      const placed = await session.link.request(ActionCreate, draftOf(info, session.clientName));
      return { id: placed.id, status: placed.summary };
    },
  };
}

function draftOf(info: ActionInfo, clientName: string): ActionDraft {
  const { kind, location, endLocation, functionName, target, watches, capture, canary } = info;
  const { condition, template, expression, level, destination, sampling } = info;
  return {
    kind,
    location,
    target,
    dialect: (condition ?? expression)?.dialect ?? dialectOf(location.path) ?? 'javascript',
    watches: watches.map(({ text }) => text),
    maxHits: info.maxHits,
    capture,
    origin: clientName.slice(0, 100),
    ...(endLocation !== undefined && { endLocation }),
    ...(functionName !== undefined && { functionName }),
    ...(condition !== undefined && { condition: condition.text }),
    ...(template !== undefined && { template: template.text }),
    ...(expression !== undefined && { expression: expression.text }),
    ...(level !== undefined && { level }),
    ...(destination !== undefined && { destination }),
    ...(sampling !== undefined && { sampling: samplingDraftOf(sampling) }),
    ...(canary !== undefined && { canary }),
  };
}

function samplingDraftOf(sampling: Sampling): SamplingDraft {
  return sampling.by === 'distinct' ? { by: 'distinct', expression: sampling.expression.text } : sampling;
}

/** `workspace/executeCommand`: a table of commands; arguments are checked, and what fails is said in words. */
import { requestError } from '@stillframe/protocol/errors';
import type { z } from 'zod';
import type { EditorFace } from '../state/editor-face.ts';
import type { Session } from '../state/session.ts';
import {
  ListShape,
  listActions,
  RemoveShape,
  removeActions,
  UpdateShape,
  updateAction,
} from './commands/change-actions.ts';
import { ComposeShape, composeAction } from './commands/compose-action.ts';
import { ActionSpecShape, createAction } from './commands/create-action.ts';
import { EditShape, editAction } from './commands/edit-action.ts';
import { explainMapping, MappingShape, WhyShape, why } from './commands/explain.ts';
import { HitListShape, HitOpenShape, listHits, openHit } from './commands/hits.ts';
import { MeasureShape, measure } from './commands/measure.ts';
import { MetricReadShape, MetricShowShape, readMetric, showMetric } from './commands/metric.ts';
import { SelectTargetShape, selectTarget } from './commands/select-target.ts';
import { ShowDeployedShape, showDeployed } from './commands/show-deployed.ts';
import { authStatus, LoginShape, LogoutShape, login, logout, StatusShape } from './commands/sign-in.ts';

interface Command {
  shape: z.ZodType;
  /** Has an answer also while the server cannot be reached; the others wait for it, so that none acts on old news. */
  offline?: true;
  run(session: Session, editor: EditorFace, argument: unknown): unknown;
}

function command<S extends z.ZodType>(
  shape: S,
  run: (session: Session, editor: EditorFace, argument: z.infer<S>) => unknown,
): Command {
  return { shape, run: (session, editor, argument) => run(session, editor, argument as z.infer<S>) };
}

function offline(made: Command): Command {
  return { ...made, offline: true };
}

const COMMANDS: Record<string, Command> = {
  'stillframe.action.create': command(ActionSpecShape, createAction),
  'stillframe.action.compose': command(ComposeShape, composeAction),
  'stillframe.action.measure': command(MeasureShape, measure),
  'stillframe.action.update': command(UpdateShape, (session, _editor, argument) => updateAction(session, argument)),
  'stillframe.action.edit': command(EditShape, editAction),
  'stillframe.action.remove': command(RemoveShape, (session, _editor, argument) => removeActions(session, argument)),
  'stillframe.action.list': offline(command(ListShape, (session, _editor, argument) => listActions(session, argument))),
  'stillframe.action.why': command(WhyShape, why),
  'stillframe.hit.list': command(HitListShape, (session, _editor, argument) => listHits(session, argument)),
  'stillframe.hit.open': command(HitOpenShape, openHit),
  'stillframe.metric.read': command(MetricReadShape, (session, _editor, argument) => readMetric(session, argument)),
  'stillframe.metric.show': command(MetricShowShape, showMetric),
  'stillframe.target.select': offline(
    command(SelectTargetShape, (session, _editor, argument) => selectTarget(session, argument)),
  ),
  'stillframe.source.showDeployed': command(ShowDeployedShape, showDeployed),
  'stillframe.mapping.explain': command(MappingShape, explainMapping),
  'stillframe.auth.status': offline(command(StatusShape, (session) => authStatus(session))),
  'stillframe.auth.login': offline(command(LoginShape, (session, _editor, argument) => login(session, argument))),
  'stillframe.auth.logout': offline(command(LogoutShape, (session) => logout(session))),
};

export const COMMAND_IDS: readonly string[] = Object.keys(COMMANDS);

export async function executeCommand(
  session: Session,
  editor: EditorFace,
  name: string,
  argument: unknown,
): Promise<unknown> {
  const known = COMMANDS[name];
  if (known === undefined) throw requestError('unknownRequest', `There is no command "${name}"`);
  const parsed = known.shape.safeParse(argument ?? {});
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const where = issue?.path.join('.') || 'argument';
    throw requestError('invalidParams', `Change ${where} of ${name}: ${issue?.message}`);
  }
  await session.started;
  // Someone who asks now does not wait until the next try is due.
  await session.retry();
  if (!known.offline) await session.link.ready();
  return (await known.run(session, editor, parsed.data)) ?? null;
}

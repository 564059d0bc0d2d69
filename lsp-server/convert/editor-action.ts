/** An action as the editor's own extension draws it, with its place in the workspace. */
import { describeAction } from '@stillframe/core/action/describe-action';
import { formatTarget } from '@stillframe/core/action/target-text';
import { unitOf } from '@stillframe/core/metric/unit-of';
import { METRIC_KINDS } from '@stillframe/protocol/action';
import type { EditorAction } from '@stillframe/protocol/messages/editor-extensions';
import type { ActionInfo } from '@stillframe/protocol/messages/ide-connection';
import { agentStateOf, figuresText } from '../state/live-text.ts';
import type { Session } from '../state/session.ts';
import { uriOfPath } from './uri.ts';

export async function editorAction(session: Session, info: ActionInfo): Promise<EditorAction> {
  const resolved = info.agents.find((agent) => agent.resolved !== undefined)?.resolved;
  const path = resolved?.path ?? info.location.path;
  const line = resolved?.line ?? info.location.line;
  const agentState = agentStateOf(info);
  const place = await placeOf(session, path, line);
  const figures = figuresText(info);
  return {
    id: info.id,
    kind: info.kind,
    label: describeAction({ ...info, location: { ...info.location, path, line } }),
    state: info.state,
    hits: info.hits,
    maxHits: info.maxHits,
    summary: summaryOf(info),
    target: formatTarget(info.target),
    deployed: { path, line },
    ...(agentState !== undefined && { agentState }),
    ...(info.lastHitAt !== undefined && { lastHitAt: info.lastHitAt }),
    ...(info.condition !== undefined && { condition: info.condition.text }),
    ...(info.template !== undefined && { template: info.template.text }),
    ...(info.expression !== undefined && { expression: info.expression.text }),
    ...(info.metric !== undefined && { metric: info.metric }),
    ...(METRIC_KINDS.has(info.kind) && { unit: unitOf(info.kind) }),
    ...(figures !== undefined && { figures }),
    ...(place !== undefined && { place }),
  };
}

/** How the canary went is said also when the rest of the sentence is of something else. */
function summaryOf({ summary, canaryState }: ActionInfo): string {
  const reason = canaryState?.reason ?? '';
  return summary.toLowerCase().includes(reason.toLowerCase()) ? summary : `${summary}. ${reason}`;
}

/** A deployed place in the workspace; `line` comes 1-based and goes 0-based. An open document keeps its own URI. */
export async function placeOf(
  session: Session,
  path: string,
  line: number,
): Promise<{ uri: string; line: number } | undefined> {
  const local = await session.localOf(path);
  if (local === undefined) return undefined;
  const uri = uriOfPath(local);
  return { uri: session.documentAt(uri, local)?.uri ?? uri, line: line - 1 };
}

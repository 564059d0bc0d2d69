/** From a breakpoint, or a line typed in the console, to an action at the deployed line. */
import { parseTarget } from '@stillframe/core/action/target-text';
import { dialectOf } from '@stillframe/core/expression/dialect-of';
import type { ActionDraft, Location, Target } from '@stillframe/protocol/action';
import { errorName } from '@stillframe/protocol/errors';
import { ActionCreate, type ActionInfo } from '@stillframe/protocol/messages/ide-connection';
import type { AdapterSession, DeployedSource } from '../state/adapter-session.ts';
import type { SetBreakpoint, WantedBreakpoint } from '../state/breakpoint-table.ts';
import { Problem } from '../state/problem.ts';

/** Short, since breakpoints are forgotten, and an editor that crashes cannot take them out. */
const LIFETIME_MS = 900_000;

export interface WantedAction {
  path: string;
  deployed?: DeployedSource;
  wanted: WantedBreakpoint;
}

/** Places the breakpoint's action; why it cannot be placed becomes its message. */
export async function place(session: AdapterSession, breakpoint: SetBreakpoint): Promise<void> {
  const { state, stateReason } = session.link;
  if (state !== 'connected') {
    postpone(breakpoint, stateReason);
    return;
  }
  try {
    const info = await session.link.request(ActionCreate, await draftOf(session, breakpoint));
    breakpoint.actionId = info.id;
    breakpoint.message = '';
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    if (errorName(error) === 'unavailable') postpone(breakpoint, text);
    else breakpoint.message = text;
  }
}

/** Sent before the connection was lost, it may have been placed all the same; then it is the session's own. */
export async function placeAgain(session: AdapterSession, breakpoint: SetBreakpoint): Promise<void> {
  const arrived = await adoptable(session, breakpoint);
  if (arrived?.origin !== originOf(session)) return place(session, breakpoint);
  breakpoint.actionId = arrived.id;
  breakpoint.message = '';
}

function postpone(breakpoint: SetBreakpoint, reason = ''): void {
  breakpoint.unsent = true;
  breakpoint.message = `Will be placed when the connection is back. ${reason}`.trim();
}

function originOf({ client }: AdapterSession): string {
  return `dap ${client.id}`.slice(0, 100);
}

/** The person's own live action that is the same: left by a session before, or placed in the editor. */
export async function adoptable(session: AdapterSession, wanted: WantedAction): Promise<ActionInfo | undefined> {
  const own = [...session.link.view.actions.values()].filter(
    (info) => info.state === 'active' && info.createdBy === session.link.user && !session.breakpoints.ofAction(info.id),
  );
  if (own.length === 0) return undefined;
  const draft = await draftOf(session, wanted).catch(() => undefined);
  return own.find(
    (info) =>
      info.kind === draft?.kind &&
      info.location.path === draft.location.path &&
      info.location.line === draft.location.line &&
      info.condition?.text === draft.condition &&
      info.template?.text === draft.template,
  );
}

/** Throws a `Problem` when the breakpoint cannot become an action. */
export async function draftOf(session: AdapterSession, { path, deployed, wanted }: WantedAction): Promise<ActionDraft> {
  const dialect = dialectOf(path);
  if (dialect === undefined) throw new Problem('Set it in a JavaScript, TypeScript, Python, Java or Kotlin file');
  const isLog = wanted.mode === 'log' || (wanted.logMessage !== undefined && wanted.mode !== 'snapshot');
  const maxHits = maxHitsOf(wanted);
  return {
    kind: isLog ? 'log' : 'snapshot',
    location: await locationOf(session, path, deployed, wanted),
    target: await targetOf(session),
    dialect,
    lifetimeMs: LIFETIME_MS,
    origin: originOf(session),
    ...(wanted.condition !== undefined && { condition: wanted.condition }),
    ...(isLog && { template: wanted.logMessage ?? 'reached' }),
    ...(maxHits !== undefined && { maxHits }),
  };
}

async function locationOf(
  session: AdapterSession,
  path: string,
  deployed: DeployedSource | undefined,
  { line, column }: WantedBreakpoint,
): Promise<Location> {
  const at = { line, ...(column !== undefined && { column }) };
  if (deployed !== undefined) return { path, ...at, ...(deployed.sha256 !== undefined && { sha256: deployed.sha256 }) };
  const { verdict, files, sameContent, explanation } = await session.map.deployedFor(path);
  const [file] = files;
  if (verdict === 'ambiguous') throw new Problem(explanation);
  // Not loaded yet: the tail is enough for the agent that loads it later.
  if (file === undefined) return { path: path.split(/[\\/]/).slice(-2).join('/'), ...at };
  if (!sameContent) {
    throw new Problem(
      'The file differs from the deployed text, so this line may mean other code there. Place it with "Add snapshot" in the editor, which asks first',
    );
  }
  return { path: file.path, ...at, ...(file.sha256 !== undefined && { sha256: file.sha256 }) };
}

async function targetOf(session: AdapterSession): Promise<Target> {
  const configured = (await session.map.configs()).find((config) => config.target !== undefined)?.target;
  const { target, problem } = parseTarget(session.options.target ?? configured ?? 'all');
  if (target === undefined) throw new Problem(problem ?? 'Correct the target');
  return target;
}

/** A number is how often to capture; every-nth and from-nth conditions are not in this version. */
function maxHitsOf({ hitCondition }: WantedBreakpoint): number | undefined {
  if (hitCondition === undefined) return undefined;
  const text = hitCondition.trim().replace(/^(?:<=|==?)\s*/, '');
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text);
  throw new Problem(`Give the hit count a number, such as 5 (stop after 5 hits), not "${hitCondition}"`);
}

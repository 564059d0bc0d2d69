/**
 * Breakpoints become actions, carefully: an editor sends every breakpoint it has to every session, and most were meant for a
 * local run. Those that were there before the session are not placed without a word; one toggled during it is meant.
 */
import { fileURLToPath } from 'node:url';
import { parseTarget } from '@stillframe/core/action/target-text';
import { dialectOf } from '@stillframe/core/expression/dialect-of';
import type { ActionDraft } from '@stillframe/protocol/action';
import { ActionCreate, type ActionInfo, ActionRemove } from '@stillframe/protocol/messages/ide-connection';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { clientLine } from '../convert/source.ts';
import type { AdapterSession } from '../state/adapter-session.ts';
import type { SetBreakpoint, WantedBreakpoint } from '../state/breakpoint-table.ts';
import { Problem } from '../state/problem.ts';

/** Of an action made by a breakpoint: short, since breakpoints are forgotten. */
const LIFETIME_MS = 900_000;
const SNAPSHOT_HITS = 1;
const NOT_PLACED =
  'Was there before the session and is not placed in the service. Toggle it, or type "place all" in the debug console';

export async function setBreakpoints(
  session: AdapterSession,
  { source, breakpoints = [] }: DebugProtocol.SetBreakpointsArguments,
): Promise<{ breakpoints: DebugProtocol.Breakpoint[] }> {
  const path = localPath(session, source.path);
  if (path === undefined) {
    const message = 'Set it in a file of the workspace';
    return { breakpoints: breakpoints.map(() => ({ verified: false, message })) };
  }
  const { list, added, removed } = session.breakpoints.replace(
    path,
    breakpoints.map((each) => wantedOf(session, each)),
  );
  const gone = removed.flatMap(({ actionId }) => actionId ?? []);
  if (gone.length > 0) await session.link.request(ActionRemove, { ids: gone });
  for (const breakpoint of added) await decide(session, breakpoint);
  const answers = list.map((breakpoint) => breakpointBody(session, breakpoint));
  for (const [at, breakpoint] of list.entries()) breakpoint.told = JSON.stringify(answers[at]);
  return { breakpoints: answers };
}

/** Places what was held back. */
export async function placeWaiting(session: AdapterSession): Promise<string> {
  const waiting = session.breakpoints.all().filter(({ actionId }) => actionId === undefined);
  for (const breakpoint of waiting) {
    await placeOne(session, breakpoint);
    tellBreakpoint(session, breakpoint);
  }
  return waiting.length === 0
    ? 'Every breakpoint is placed'
    : `Placed ${waiting.filter(({ actionId }) => actionId).length} of ${waiting.length}`;
}

/** Sends a breakpoint's state when it differs from what the client knows. */
export function tellBreakpoint(session: AdapterSession, breakpoint: SetBreakpoint): void {
  const body = breakpointBody(session, breakpoint);
  const text = JSON.stringify(body);
  if (text === breakpoint.told) return;
  breakpoint.told = text;
  session.emit('breakpoint', { reason: 'changed', breakpoint: body });
}

async function decide(session: AdapterSession, breakpoint: SetBreakpoint): Promise<void> {
  const policy = session.options.breakpoints ?? 'ask';
  if (breakpoint.wanted.mode === 'local') breakpoint.message = 'Kept local, as its mode says';
  else if (session.configured || policy === 'place') await placeOne(session, breakpoint);
  else breakpoint.message = policy === 'ignore' ? 'Not placed: the launch configuration says to ignore it' : NOT_PLACED;
}

async function placeOne(session: AdapterSession, breakpoint: SetBreakpoint): Promise<void> {
  try {
    const info = await session.link.request(ActionCreate, await draftOf(session, breakpoint));
    breakpoint.actionId = info.id;
    breakpoint.message = '';
  } catch (error) {
    breakpoint.message = error instanceof Error ? error.message : String(error);
  }
}

async function draftOf(session: AdapterSession, { path, wanted }: SetBreakpoint): Promise<ActionDraft> {
  const dialect = dialectOf(path);
  if (dialect === undefined) throw new Problem('Set it in a JavaScript, TypeScript, Python, Java or Kotlin file');
  const { verdict, files, sameContent, explanation } = await session.map.deployedFor(path);
  const [file] = files;
  if (verdict === 'ambiguous') throw new Problem(`Add a path mapping: ${explanation}`);
  if (file !== undefined && !sameContent) {
    throw new Problem(
      'The file differs from the deployed text. Use "Add snapshot" in the editor, which can place it anyway',
    );
  }
  const configured = (await session.map.configs()).find((config) => config.target !== undefined)?.target;
  const { target, problem } = parseTarget(session.options.target ?? configured ?? 'all');
  if (target === undefined) throw new Problem(problem ?? 'Correct the target');
  const isLog = wanted.mode === 'log' || (wanted.logMessage !== undefined && wanted.mode !== 'snapshot');
  return {
    kind: isLog ? 'log' : 'snapshot',
    location: {
      path: file?.path ?? path.split(/[\\/]/).slice(-2).join('/'),
      line: wanted.line,
      ...(wanted.column !== undefined && { column: wanted.column }),
      ...(file?.sha256 !== undefined && { sha256: file.sha256 }),
    },
    target,
    dialect,
    lifetimeMs: LIFETIME_MS,
    origin: `dap ${session.client.id}`.slice(0, 100),
    ...(wanted.condition !== undefined && { condition: wanted.condition }),
    ...(isLog ? { template: wanted.logMessage ?? 'reached' } : { maxHits: SNAPSHOT_HITS }),
    ...maxHitsOf(wanted),
  };
}

/** A number is how often to stop; every-nth and from-nth conditions are not in this version. */
function maxHitsOf({ hitCondition }: WantedBreakpoint): { maxHits?: number } {
  if (hitCondition === undefined || hitCondition.trim() === '') return {};
  const text = hitCondition.trim().replace(/^<=?\s*/, '');
  if (/^\d{1,5}$/.test(text) && Number(text) > 0) return { maxHits: Number(text) };
  throw new Problem(`Give the hit count a number, such as 5 (stop after 5 hits), not "${hitCondition}"`);
}

function wantedOf(session: AdapterSession, breakpoint: DebugProtocol.SourceBreakpoint): WantedBreakpoint {
  const { line, column, condition, hitCondition, logMessage, mode } = breakpoint;
  return {
    line: line + (session.client.linesStartAt1 ? 0 : 1),
    ...(column !== undefined && { column: column + (session.client.columnsStartAt1 ? 0 : 1) }),
    ...(condition?.trim() && { condition }),
    ...(hitCondition?.trim() && { hitCondition }),
    ...(logMessage?.trim() && { logMessage }),
    ...(mode !== undefined && { mode }),
  };
}

function localPath(session: AdapterSession, path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  if (!session.client.pathsAreUris) return path;
  return path.startsWith('file:') ? fileURLToPath(path) : undefined;
}

function breakpointBody(session: AdapterSession, breakpoint: SetBreakpoint): DebugProtocol.Breakpoint {
  const { id, actionId, message, wanted } = breakpoint;
  const info = actionId === undefined ? undefined : session.link.view.actions.get(actionId);
  if (info === undefined) {
    const pending = message === '' || message === NOT_PLACED;
    const text = message === '' ? 'Sent to the server' : message;
    return {
      id,
      verified: false,
      line: clientLine(session, wanted.line),
      message: text,
      reason: pending ? 'pending' : 'failed',
    };
  }
  const states = info.agents.filter(({ connected }) => connected).map(({ state }) => state);
  const armed = info.state === 'active' && states.some((state) => state === 'armed' || state === 'finished');
  const resolved = info.agents.find((agent) => agent.resolved !== undefined)?.resolved;
  return {
    id,
    verified: armed,
    line: clientLine(session, resolved?.line ?? wanted.line),
    message: info.summary,
    ...(!armed && { reason: isFinal(info) ? ('failed' as const) : ('pending' as const) }),
  };
}

function isFinal({ state, agents }: ActionInfo): boolean {
  return state !== 'active' || (agents.length > 0 && agents.every((agent) => agent.state === 'rejected'));
}

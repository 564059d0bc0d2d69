/**
 * Breakpoints become actions, carefully: an editor sends every breakpoint it has to every session, and most were meant for a
 * local run. Those that were there before the session are not placed without a word; one toggled during it is meant.
 */
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { breakpointState, tellBreakpoint } from '../convert/breakpoint.ts';
import type { AdapterSession } from '../state/adapter-session.ts';
import type { SetBreakpoint, WantedBreakpoint } from '../state/breakpoint-table.ts';
import { adoptable, place, placeAgain } from './place-action.ts';
import { type Answer, Count, Text } from './request.ts';

const SourceBreakpoint = z.object({
  line: Count,
  column: Count.optional(),
  condition: Text.optional(),
  hitCondition: Text.optional(),
  logMessage: Text.optional(),
  mode: z.string().max(50).optional(),
});

export const SetBreakpointsShape = z.object({
  source: z.object({ path: z.string().max(8192).optional(), sourceReference: z.int().optional() }),
  breakpoints: z.array(SourceBreakpoint).max(1000).optional(),
});

const HELD =
  'Was there before the session and is not placed in the service. Toggle it, or type "place all" in the debug console';

export async function setBreakpoints(
  session: AdapterSession,
  { source, breakpoints = [] }: z.infer<typeof SetBreakpointsShape>,
): Promise<Answer> {
  const deployed = session.sources.get(source.sourceReference ?? 0);
  const path = deployed?.path ?? localPath(session, source.path);
  if (path === undefined) {
    const message = 'Set it in a file of the workspace';
    return { body: { breakpoints: breakpoints.map(() => ({ verified: false, message, reason: 'failed' })) } };
  }
  const { list, added, removed } = session.breakpoints.replace({
    path,
    wanted: breakpoints.map((each) => wantedOf(session, each)),
    textKey: deployed === undefined ? await session.map.hashOf(path) : deployed.sha256,
    ...(deployed !== undefined && { deployed }),
  });
  await session.removeActions(removed.flatMap(({ actionId }) => actionId ?? []));
  for (const breakpoint of added) await decide(session, breakpoint);
  const states = list.map((breakpoint) => breakpointState(session, breakpoint));
  for (const [at, breakpoint] of list.entries()) breakpoint.told = JSON.stringify(states[at]);
  return { body: { breakpoints: states } };
}

/** Function breakpoints and exception breakpoints are not offered; clients that send them anyway are told. */
export const OtherBreakpointsShape = z.object({
  breakpoints: z.array(z.unknown()).max(1000).optional(),
  filters: z.array(z.unknown()).max(1000).optional(),
});

export function refuseBreakpoints({ breakpoints = [], filters = [] }: z.infer<typeof OtherBreakpointsShape>): Answer {
  const message = 'Set it at a line: this version has snapshots and logs at lines only';
  const refused = [...breakpoints, ...filters].map(() => ({ verified: false, message, reason: 'failed' }));
  return { body: { breakpoints: refused } };
}

/** Places what was held back. */
export async function placeHeld(session: AdapterSession): Promise<string> {
  const held = session.breakpoints.all().filter((breakpoint) => breakpoint.held);
  for (const breakpoint of held) {
    delete breakpoint.held;
    await place(session, breakpoint);
    tellBreakpoint(session, breakpoint);
  }
  const placed = held.filter(({ actionId }) => actionId !== undefined).length;
  return held.length === 0 ? 'No breakpoint is waiting to be placed' : `Placed ${placed} of ${held.length}`;
}

/** The server can be reached again: what could not be sent is sent. */
export async function placeUnsent(session: AdapterSession): Promise<void> {
  for (const breakpoint of session.breakpoints.all()) {
    if (!breakpoint.unsent) continue;
    delete breakpoint.unsent;
    await placeAgain(session, breakpoint);
    tellBreakpoint(session, breakpoint);
  }
}

async function decide(session: AdapterSession, breakpoint: SetBreakpoint): Promise<void> {
  const policy = session.options.breakpoints ?? 'ask';
  const adopted = breakpoint.wanted.mode === 'local' ? undefined : await adoptable(session, breakpoint);
  if (breakpoint.wanted.mode === 'local') breakpoint.message = 'Kept local, as its mode says';
  else if (adopted !== undefined) {
    breakpoint.actionId = adopted.id;
    breakpoint.adopted = true;
  } else if (session.configured || policy === 'place') await place(session, breakpoint);
  else {
    breakpoint.held = true;
    breakpoint.message = policy === 'ignore' ? 'Not placed: the launch configuration says to ignore it' : HELD;
  }
}

function wantedOf(session: AdapterSession, breakpoint: z.infer<typeof SourceBreakpoint>): WantedBreakpoint {
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
  if (path === undefined || !session.client.pathsAreUris) return path;
  try {
    return fileURLToPath(path);
  } catch {
    return undefined;
  }
}

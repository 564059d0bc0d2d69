/** Where an action of any kind has to stand: one place, or the two ends of what it times. */
import type { Action } from '@stillframe/protocol/action';
import type { Link } from '@stillframe/protocol/status';
import { functionAround } from './function-shape.ts';
import { resolveFunction } from './resolve-function.ts';
import { broken, type Place, type Resolution, type ResolveInput, resolveLocation } from './resolve-location.ts';

export async function resolveAction(action: Action, input: Omit<ResolveInput, 'location'>): Promise<Resolution> {
  const at = { ...input, location: action.location };
  if (action.kind === 'duration') return resolveFunction(at, action.functionName);
  const resolution = await resolveLocation(at);
  if (action.kind !== 'tictoc' || resolution.state !== 'resolved') return resolution;
  return withToc(action, at, resolution);
}

async function withToc(action: Action, input: ResolveInput, tic: Resolution): Promise<Resolution> {
  const { endLocation, location } = action;
  const before = tic.links.filter(({ link }) => link !== 'line');
  if (endLocation === undefined) return broken(before, 'A tic & toc needs a second line');
  const toc = await resolveLocation({ ...input, location: { ...endLocation, path: location.path } });
  if (toc.state !== 'resolved') return { ...toc, links: [...before, ...toc.links.slice(-1).map(ofToc)] };
  const places: Place[] = [];
  for (const start of tic.places) {
    const finish = toc.places.find(({ script }) => script.id === start.script.id);
    if (finish === undefined) continue;
    if (finish.at.lineNumber === start.at.lineNumber && finish.at.columnNumber === start.at.columnNumber) {
      return broken(before, 'Both lines lead to the same statement; choose a later line for the end');
    }
    const concurrent = await mayInterleave(input, start, finish);
    places.push({ ...finish, timed: { end: 'finish', concurrent } }, { ...start, timed: { end: 'start', concurrent } });
  }
  const warning = toc.links.filter(({ link, state }) => link === 'line' && state === 'warning').map(ofToc);
  return { ...tic, links: warning.length > 0 ? [...before, ...warning] : tic.links, places };
}

function ofToc(link: Link): Link {
  return { ...link, ...(link.reason !== undefined && { reason: `The second line: ${link.reason}` }) };
}

/** Both in one function that runs to its end without a break: then the stack alone tells which belong together. */
async function mayInterleave({ analyse }: ResolveInput, start: Place, finish: Place): Promise<boolean> {
  const { program, lines } = await analyse(start.script);
  if (program === undefined) return true;
  const [a, b] = [start, finish].map(({ at }) => functionAround(program, lines.offsetOf(at)));
  if (a !== b) return true;
  return a === undefined ? start.script.isModule : a.async || a.generator;
}

/**
 * A deep snapshot's caller frames, made ready for the wire: parameters told from locals, what the function does not mention
 * left out, and a sentence where nothing could be read.
 */
import type { Frame } from '@stillframe/protocol/hit';
import type { CapturedValue, Variable } from '@stillframe/protocol/values';
import type { RawCaller, RawScope } from '../shared/deep-messages.ts';
import type { RawHit, VisibleName } from '../shared/probe-messages.ts';
import { blockedPaths } from './blocked-paths.ts';
import type { DeepNames } from './deep-names.ts';

type Scopes = NonNullable<Frame['scopes']>;

const LOOKED_UP =
  'a minifier renamed its variables, and redaction goes by their real names: they are being looked up, and the next hit has them';

/** Adds `scopes` to the frames of callers; a place that the policy blocks only under its original path loses them again. */
export async function addCallers(
  raw: RawHit,
  frames: readonly Frame[],
  values: CapturedValue[],
  names: DeepNames,
  blocked: readonly string[],
): Promise<void> {
  const isBlocked = blockedPaths(blocked);
  const note = (reason: string): Scopes => {
    values.push({ kind: 'missing', type: '', preview: '', missing: { reason: 'unavailable', detail: reason } });
    return [{ kind: 'locals', variables: [{ name: '(variables)', value: values.length - 1 }] }];
  };
  for (const [at, frame] of frames.entries()) {
    // A stack that could not be taken has a frame that only names the place.
    const rawFrame = raw.frames[at];
    const caller = rawFrame?.caller;
    if (rawFrame === undefined || caller === undefined) continue;
    if (frame.path !== undefined && isBlocked(frame.path) !== undefined)
      frame.scopes = note('the policy blocks its file');
    else if (caller.note !== undefined) frame.scopes = note(caller.note);
    else if (caller.unknownNames) frame.scopes = note(LOOKED_UP);
    else frame.scopes = scopesOf(caller, await names.kindsAt({ ...rawFrame, scriptId: caller.scriptId }));
    if (frame.scopes?.length === 0) delete frame.scopes;
  }
  const first = frames[1];
  if (raw.callersNote !== undefined && first !== undefined)
    first.scopes = note(`only the place itself was captured: ${raw.callersNote}`);
}

function scopesOf({ scopes }: RawCaller, kinds: ReadonlyMap<string, VisibleName['kind']> | undefined): Scopes {
  const of = (kind: RawScope['kind']): Variable[] => innermost(scopes.filter((scope) => scope.kind === kind));
  const locals = of('locals');
  const isParameter = ({ name }: Variable) => kinds?.get(name) === 'arguments';
  const outer = (kind: 'closure' | 'module') => of(kind).filter(({ name }) => kinds === undefined || kinds.has(name));
  const all: Scopes = [
    { kind: 'arguments', variables: locals.filter(isParameter) },
    { kind: 'locals', variables: locals.filter((variable) => !isParameter(variable)) },
    { kind: 'this', variables: of('this') },
    { kind: 'closure', variables: outer('closure') },
    { kind: 'module', variables: outer('module') },
  ];
  return all.filter(({ variables }) => variables.length > 0);
}

/** V8 lists inner blocks first; a name of theirs hides the same name further out. */
function innermost(scopes: readonly RawScope[]): Variable[] {
  const found = new Map<string, Variable>();
  for (const { variables } of scopes) {
    for (const variable of variables) if (!found.has(variable.name)) found.set(variable.name, variable);
  }
  return [...found.values()];
}

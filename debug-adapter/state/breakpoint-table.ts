/** The breakpoints the client has set, and the actions made of them. A breakpoint has no id of its own in the protocol. */
import type { DeployedSource } from './adapter-session.ts';

export interface WantedBreakpoint {
  line: number;
  column?: number;
  condition?: string;
  hitCondition?: string;
  logMessage?: string;
  mode?: string;
}

export interface SetBreakpoint {
  id: number;
  /** Local path, or that of the deployed text it was set in. */
  path: string;
  deployed?: DeployedSource;
  wanted: WantedBreakpoint;
  /** The action placed for it. */
  actionId?: string;
  /** The action was there before this session, and stays after it. */
  adopted?: true;
  /** To be placed when the server can be reached again. */
  unsent?: true;
  /** Why there is no action; `held` when only a word of the person is missing. */
  message: string;
  held?: true;
  /** JSON of the last state the client was sent, so that nothing is said twice; undefined before the first answer. */
  told?: string;
}

export interface Replacement {
  path: string;
  deployed?: DeployedSource;
  wanted: readonly WantedBreakpoint[];
  /** Names the text of the file; another one than the last time means that lines have moved with it. */
  textKey: string | undefined;
}

export class BreakpointTable {
  readonly #byPath = new Map<string, { textKey: string | undefined; list: SetBreakpoint[] }>();
  #nextId = 1;

  all(): SetBreakpoint[] {
    return [...this.#byPath.values()].flatMap(({ list }) => list);
  }

  ofAction(actionId: string): SetBreakpoint | undefined {
    return this.all().find((breakpoint) => breakpoint.actionId === actionId);
  }

  /**
   * The new list of a file: entries that are the same stay, the others are returned as added and removed. When the text
   * was edited, a breakpoint that only changed its line is the same, since the deployed line has not moved.
   */
  replace({ path, deployed, wanted, textKey }: Replacement): {
    list: SetBreakpoint[];
    added: SetBreakpoint[];
    removed: SetBreakpoint[];
  } {
    const known = this.#byPath.get(path);
    const before = [...(known?.list ?? [])];
    const take = (isSame: (candidate: SetBreakpoint) => boolean): SetBreakpoint | undefined => {
      const at = before.findIndex(isSame);
      return at === -1 ? undefined : before.splice(at, 1)[0];
    };
    const unmoved = wanted.map((each) => take((candidate) => keyOf(candidate.wanted) === keyOf(each)));
    const isEdited = known !== undefined && known.textKey !== textKey;
    const added: SetBreakpoint[] = [];
    const list = wanted.map((each, at) => {
      const same =
        unmoved[at] ?? (isEdited ? take((candidate) => meaningOf(candidate.wanted) === meaningOf(each)) : undefined);
      if (same !== undefined) {
        same.wanted = each;
        return same;
      }
      const made: SetBreakpoint = {
        id: this.#nextId++,
        path,
        wanted: each,
        message: '',
        ...(deployed && { deployed }),
      };
      added.push(made);
      return made;
    });
    this.#byPath.set(path, { textKey, list });
    return { list, added, removed: before };
  }
}

function keyOf(wanted: WantedBreakpoint): string {
  return `${wanted.line} ${meaningOf(wanted)}`;
}

function meaningOf({ column, condition, hitCondition, logMessage, mode }: WantedBreakpoint): string {
  return JSON.stringify([column, condition, hitCondition, logMessage, mode]);
}

/** The breakpoints the client has set, and the actions made of them. A breakpoint has no id of its own in the protocol. */

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
  /** Local path. */
  path: string;
  wanted: WantedBreakpoint;
  /** The action placed for it. */
  actionId?: string;
  /** Why there is none. */
  message: string;
  /** JSON of the last event the client was sent, so that nothing is said twice. */
  told: string;
}

export class BreakpointTable {
  readonly #byPath = new Map<string, SetBreakpoint[]>();
  #nextId = 1;

  of(path: string): readonly SetBreakpoint[] {
    return this.#byPath.get(path) ?? [];
  }

  all(): SetBreakpoint[] {
    return [...this.#byPath.values()].flat();
  }

  find(id: number): SetBreakpoint | undefined {
    return this.all().find((breakpoint) => breakpoint.id === id);
  }

  ofAction(actionId: string): SetBreakpoint | undefined {
    return this.all().find((breakpoint) => breakpoint.actionId === actionId);
  }

  /** The new list of a file: entries that are the same stay, the others are returned as added and removed. */
  replace(
    path: string,
    wanted: readonly WantedBreakpoint[],
  ): { list: SetBreakpoint[]; added: SetBreakpoint[]; removed: SetBreakpoint[] } {
    const before = [...this.of(path)];
    const added: SetBreakpoint[] = [];
    const list = wanted.map((each) => {
      const at = before.findIndex((known) => keyOf(known.wanted) === keyOf(each));
      const [same] = at === -1 ? [] : before.splice(at, 1);
      if (same !== undefined) return same;
      const made: SetBreakpoint = { id: this.#nextId++, path, wanted: each, message: '', told: '' };
      added.push(made);
      return made;
    });
    this.#byPath.set(path, list);
    return { list, added, removed: before };
  }
}

function keyOf({ line, column, condition, hitCondition, logMessage, mode }: WantedBreakpoint): string {
  return JSON.stringify([line, column, condition, hitCondition, logMessage, mode]);
}

/** Does something at once when asked, and then rests: what is asked for meanwhile is done once, when the rest is over. */
import type { Disposable } from 'vscode';

export interface Pace extends Disposable {
  ask(): void;
}

/** A tree is drawn anew as a whole, and asks for the hits of what is unfolded: it falls behind when a busy action drives it. */
export const treeRestMs = () => 500;

export function pace(restMs: () => number, work: () => void): Pace {
  let resting: NodeJS.Timeout | undefined;
  let asked = false;

  function ask(): void {
    if (resting !== undefined) {
      asked = true;
      return;
    }
    work();
    resting = setTimeout(rested, restMs());
  }

  function rested(): void {
    resting = undefined;
    if (!asked) return;
    asked = false;
    ask();
  }

  return { ask, dispose: () => clearTimeout(resting) };
}

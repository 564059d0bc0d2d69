/** Runs a piece of work soon after it was asked for, once for all that asked meanwhile; never twice at a time. */
import { reportUnexpected } from './report-unexpected.ts';

export function coalesce(delayMs: number, work: () => Promise<void>): () => void {
  let timer: NodeJS.Timeout | undefined;
  let running = false;
  let again = false;
  let last = 0;

  function ask(): void {
    if (running) {
      again = true;
      return;
    }
    // The first change shows at once; only those that follow closely are held back.
    if (timer === undefined) timer = setTimeout(run, Math.max(0, last + delayMs - Date.now()));
  }

  async function run(): Promise<void> {
    timer = undefined;
    running = true;
    last = Date.now();
    try {
      await work();
    } catch (error) {
      reportUnexpected(error, 'refresh');
    } finally {
      running = false;
      if (again) {
        again = false;
        ask();
      }
    }
  }

  return ask;
}

/** Ends actions at the end of their lifetime: one timer, set to the nearest. Agents do the same by themselves. */
import type { ActionId } from '@stillframe/protocol/action';
import type { ServerContext } from './server-context.ts';
import { endActions } from './store/actions-table.ts';

/** `setTimeout` takes no more than 2^31 ms; nothing lives that long, but a clock may jump. */
const LONGEST_WAIT_MS = 3_600_000;
const RETRY_MS = 5_000;

export function startExpiry(context: ServerContext): () => void {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const unsubscribe = context.bus.subscribe((event) => {
    if (event.type === 'actionsChanged') schedule();
  });

  function schedule(): void {
    clearTimeout(timer);
    if (stopped) return;
    let nearest = Number.POSITIVE_INFINITY;
    for (const { action } of context.actions.active()) nearest = Math.min(nearest, action.expiresAt);
    if (nearest === Number.POSITIVE_INFINITY) return;
    const wait = Math.min(Math.max(0, nearest - context.clock()), LONGEST_WAIT_MS);
    timer = setTimeout(() => {
      expire().catch((error: unknown) => {
        context.log(`expiry failed, trying again: ${String(error)}`);
        timer = setTimeout(schedule, RETRY_MS);
      });
    }, wait);
  }

  async function expire(): Promise<void> {
    const at = context.clock();
    const due: ActionId[] = [];
    for (const { action } of context.actions.active()) if (action.expiresAt <= at) due.push(action.id);
    if (due.length === 0) return schedule();
    const ended = await endActions(context.database, due, { from: ['active'], to: 'expired', at });
    for (const id of ended) {
      const record = context.actions.get(id);
      if (record !== undefined) context.actions.put({ ...record, state: 'expired', endedAt: at });
    }
    if (ended.length > 0) context.bus.publish({ type: 'actionsChanged', ids: ended });
    schedule();
  }

  schedule();
  return () => {
    stopped = true;
    unsubscribe();
    clearTimeout(timer);
  };
}

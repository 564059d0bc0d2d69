/** Takes away what is too old or too much: ended actions with their hits, and agents nobody has seen for long. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ServerContext } from './server-context.ts';
import { type ActionRecord, deleteAction } from './store/actions-table.ts';
import { deleteAgents } from './store/agents-table.ts';
import { coarsenSteps, FINE_FOR_MS } from './store/metrics-table.ts';

export interface Retention {
  /** Sweeps now; what runs on a timer otherwise. */
  sweep(): Promise<void>;
  stop(): Promise<void>;
}

/** Shares of the limit: room is made above the one, since a batch that finds none is refused, and down to the other. */
const HIGH_WATER = 0.9;
const LOW_WATER = 0.8;
const AGENTS_PER_STATEMENT = 500;
const STEPS_PER_TRANSACTION = 200;

export function startRetention(context: ServerContext): Retention {
  let running: Promise<void> | undefined;
  let stopped = false;
  const sweep = (): Promise<void> => {
    running ??= sweepNow().finally(() => {
      running = undefined;
    });
    return running;
  };
  const timer = setInterval(() => {
    sweep().catch((error: unknown) => context.log(`retention failed, trying again later: ${String(error)}`));
  }, context.limits.sweepMs);
  /** All that is left belongs to active actions: nothing can go before one of them ends. */
  let isExhausted = false;
  const unsubscribe = context.bus.subscribe((event) => {
    if (event.type === 'actionsChanged') isExhausted = false;
    if (event.type !== 'hitsStored' || isExhausted || !isNearlyFull(context)) return;
    sweep()
      .then(() => {
        isExhausted = isNearlyFull(context);
      })
      .catch((error: unknown) => context.log(`retention failed: ${String(error)}`));
  });

  async function sweepNow(): Promise<void> {
    for (const { action } of tooOld(context)) {
      if (stopped) return;
      await deleteAction(context.database, action.id, () => nextTurn());
      context.actions.delete(action.id);
      context.agents.forgetAction(action.id);
      context.bus.publish({ type: 'actionsDeleted', ids: [action.id] });
    }
    await coarsen();
    await forgetAgents();
  }

  async function coarsen(): Promise<void> {
    const before = context.clock() - FINE_FOR_MS;
    while (!stopped && (await coarsenSteps(context.database, before, STEPS_PER_TRANSACTION)) > 0) await nextTurn();
  }

  async function forgetAgents(): Promise<void> {
    const before = context.clock() - context.limits.keepAgentsMs;
    const ids = Array.from(context.agents.all(), ({ info }) => info)
      .filter(({ connected }) => !connected)
      .sort((a, b) => b.lastSeenAt - a.lastSeenAt)
      .filter(({ lastSeenAt }, at) => lastSeenAt < before || at >= context.limits.disconnectedAgents)
      .map(({ id }) => id);
    for (let start = 0; start < ids.length && !stopped; start += AGENTS_PER_STATEMENT) {
      const slice = ids.slice(start, start + AGENTS_PER_STATEMENT);
      await deleteAgents(context.database, slice);
      context.agents.forget(slice);
      context.bus.publish({ type: 'agentsForgotten', ids: slice });
    }
  }

  return {
    sweep,
    async stop() {
      stopped = true;
      clearInterval(timer);
      unsubscribe();
      await running?.catch(() => {});
    },
  };
}

function isNearlyFull({ actions, limits }: ServerContext): boolean {
  return actions.hitBytes > limits.hitBytes * HIGH_WATER;
}

/** Ended actions that have to go: those past their time, those beyond the number, and the oldest while bytes are over. */
function tooOld(context: ServerContext): ActionRecord[] {
  const { keepEndedMs, endedActions, hitBytes } = context.limits;
  const ended = [...context.actions.all()]
    .filter(({ state }) => state !== 'active')
    .sort((a, b) => (a.endedAt ?? 0) - (b.endedAt ?? 0));
  const before = context.clock() - keepEndedMs;
  let excess = ended.length - endedActions;
  let bytes = context.actions.hitBytes;
  const wanted = isNearlyFull(context) ? hitBytes * LOW_WATER : hitBytes;
  const going: ActionRecord[] = [];
  for (const record of ended) {
    if ((record.endedAt ?? 0) >= before && excess <= 0 && bytes <= wanted) break;
    going.push(record);
    excess -= 1;
    bytes -= record.bytes;
  }
  return going;
}

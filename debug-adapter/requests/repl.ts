/** Words the debug console understands beside expressions; the way to go back in clients without a button for it. */
import { describeAction } from '@stillframe/core/action/describe-action';
import { ActionRemove, ActionWhy, HitList } from '@stillframe/protocol/messages/ide-connection';
import type { ActionThread, AdapterSession } from '../state/adapter-session.ts';
import { Problem } from '../state/problem.ts';
import { showStop } from '../state/stop-policy.ts';
import { movePlayhead } from './move-playhead.ts';
import { placeWaiting } from './set-breakpoints.ts';

export interface ReplAnswer {
  text: string;
  after?: () => Promise<void>;
}

export const WORDS: readonly (readonly [word: string, help: string])[] = [
  ['hits', 'the hits of this action'],
  ['hit', 'go to a hit: hit 3'],
  ['next', 'the next hit'],
  ['prev', 'the hit before'],
  ['latest', 'the newest hit'],
  ['actions', 'what is placed, and how it is doing'],
  ['why', 'why this action has hits, or has none: why ID'],
  ['place', 'place breakpoints that were there before the session: place all'],
  ['remove', 'take an action out: remove ID'],
  ['agents', 'who is connected'],
  ['help', 'this list'],
];

/** Undefined when it is no such word, and so an expression. */
export async function replCommand(
  session: AdapterSession,
  text: string,
  frameId: number | undefined,
): Promise<ReplAnswer | undefined> {
  const [word = '', argument = ''] = text.split(/\s+/);
  switch (word) {
    case 'help':
      return {
        text: [
          ...WORDS.map(([name, help]) => `${name.padEnd(8)} ${help}`),
          'anything else is an expression over the captured values',
        ].join('\n'),
      };
    case 'next':
      return moved(session, frameId, 'later');
    case 'prev':
      return moved(session, frameId, 'earlier');
    case 'latest':
      return moved(session, frameId, 'newest');
    case 'hit':
      return /^\d+$/.test(argument) ? goTo(session, frameId, Number(argument)) : undefined;
    case 'hits':
      return argument === '' ? { text: await listHits(session, frameId) } : undefined;
    case 'actions':
      return { text: actionList(session) };
    case 'agents':
      return { text: agentList(session) };
    case 'why': {
      const id = argument || currentThread(session, frameId).actionId;
      const { summary } = await session.link.request(ActionWhy, { id });
      return { text: summary };
    }
    case 'place':
      return argument === 'all' ? { text: await placeWaiting(session) } : undefined;
    case 'remove':
      return argument === '' ? undefined : { text: await remove(session, argument) };
    default:
      return undefined;
  }
}

function currentThread(session: AdapterSession, frameId: number | undefined): ActionThread {
  const ref = frameId === undefined ? undefined : session.frames.get(frameId);
  const threads = [...session.threads.values()].sort((a, b) => b.lastStopAt - a.lastStopAt);
  const found = ref === undefined ? threads[0] : threads.find(({ actionId }) => ref.hitId.startsWith(`${actionId}-`));
  if (found === undefined) throw new Problem('There is no hit yet', { quiet: true });
  return found;
}

function moved(
  session: AdapterSession,
  frameId: number | undefined,
  direction: 'later' | 'earlier' | 'newest',
): ReplAnswer {
  const thread = currentThread(session, frameId);
  // Typed, so it is no echo of a stop.
  thread.lastStopAt = 0;
  const after = movePlayhead(session, thread.id, direction);
  return { text: `hit ${thread.playhead} of ${session.infoOf(thread).hits}`, after };
}

function goTo(session: AdapterSession, frameId: number | undefined, ordinal: number): ReplAnswer {
  const thread = currentThread(session, frameId);
  const { hits } = session.infoOf(thread);
  if (ordinal < 1 || ordinal > hits) throw new Problem(`There are hits 1 to ${hits}`, { quiet: true });
  thread.playhead = ordinal;
  return { text: `hit ${ordinal} of ${hits}`, after: () => showStop(session, thread, 'step', true) };
}

async function listHits(session: AdapterSession, frameId: number | undefined): Promise<string> {
  const thread = currentThread(session, frameId);
  const { hits, total } = await session.link.request(HitList, { actionId: thread.actionId, limit: 50 });
  const lines = hits.reverse().map(({ ordinal, at, agentName }) => {
    const mark = ordinal === thread.playhead ? '▶' : ' ';
    return `${mark} ${String(ordinal).padStart(4)}  ${new Date(at).toISOString()}  ${agentName}`;
  });
  return [...(total > hits.length ? [`the last ${hits.length} of ${total}`] : []), ...lines].join('\n');
}

function actionList(session: AdapterSession): string {
  const infos = [...session.link.view.actions.values()];
  if (infos.length === 0) return 'Nothing is placed';
  return infos
    .map((info) => `${info.id}  ${describeAction(info)}  ${info.hits}/${info.maxHits}  ${info.summary}`)
    .join('\n');
}

function agentList(session: AdapterSession): string {
  const agents = [...session.link.view.agents.values()].filter(({ connected }) => connected);
  if (agents.length === 0) return 'No agent is connected';
  return agents
    .map(({ name, tags, runtime, host, pid }) => `${name}  ${tags.join(',')}  ${runtime}  ${host}:${pid}`)
    .join('\n');
}

async function remove(session: AdapterSession, id: string): Promise<string> {
  const { removed } = await session.link.request(ActionRemove, { ids: [id] });
  return removed.length > 0 ? `Removed ${id}` : `There is no action ${id}`;
}

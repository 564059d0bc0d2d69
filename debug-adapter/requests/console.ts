/** Words the debug console understands beside expressions; the way to go back in clients without a button for it. */
import { isAbsolute, join } from 'node:path';
import { describeAction } from '@stillframe/core/action/describe-action';
import { formatSummary } from '@stillframe/core/metric/format-summary';
import { renderMetric } from '@stillframe/core/metric/render-metric';
import { METRIC_KINDS } from '@stillframe/protocol/action';
import {
  ActionCreate,
  type ActionInfo,
  ActionRemove,
  ActionWhy,
  HitList,
  MetricRead,
} from '@stillframe/protocol/messages/ide-connection';
import type { ActionThread, AdapterSession } from '../state/adapter-session.ts';
import type { WantedBreakpoint } from '../state/breakpoint-table.ts';
import { Problem } from '../state/problem.ts';
import { showStop } from '../state/stop-policy.ts';
import { type Direction, movePlayhead } from './move-playhead.ts';
import { draftOf } from './place-action.ts';
import { placeHeld } from './set-breakpoints.ts';

export interface ConsoleAnswer {
  text: string;
  after?: () => Promise<void>;
}

export const WORDS: readonly (readonly [word: string, help: string])[] = [
  ['next', 'the next hit'],
  ['prev', 'the hit before'],
  ['latest', 'the newest hit'],
  ['hit', 'go to a hit: hit 3'],
  ['hits', 'the hits of this action'],
  ['why', 'why an action has hits or figures, or has none: why, or why ID'],
  ['metrics', 'what counters, timers and metrics measured: metrics, or metrics ID for figures over time'],
  ['actions', 'what is placed, and how it is doing'],
  ['place', 'place all, for breakpoints from before the session; or place FILE:LINE when CONDITION'],
  ['log', 'place a log: log FILE:LINE total is {total}'],
  ['remove', 'take an action out: remove ID'],
  ['keep', 'leave what this session placed when it ends'],
  ['agents', 'who is connected'],
  ['help', 'this list'],
];

const LISTED = 50;
const STEPS_LISTED = 20;

/** Undefined when it is no such word, and so an expression. */
export async function consoleWord(
  session: AdapterSession,
  text: string,
  frameId: number | undefined,
): Promise<ConsoleAnswer | undefined> {
  const [, word = '', rest = ''] = /^(\w+)(?:\s+([\s\S]+))?$/.exec(text) ?? [];
  const alone = rest === '';
  switch (word) {
    case 'help':
      return alone ? { text: help() } : undefined;
    case 'next':
      return alone ? moved(session, frameId, 'later') : undefined;
    case 'prev':
      return alone ? moved(session, frameId, 'earlier') : undefined;
    case 'latest':
      return alone ? moved(session, frameId, 'newest') : undefined;
    case 'hit':
      return /^\d{1,9}$/.test(rest) ? goTo(session, frameId, Number(rest)) : undefined;
    case 'hits':
      return alone ? { text: await listHits(session, frameId) } : undefined;
    case 'actions':
      return alone ? { text: listActions(session) } : undefined;
    case 'agents':
      return alone ? { text: listAgents(session) } : undefined;
    case 'why':
      if (alone) return { text: await whyHere(session, frameId) };
      return /^\S+$/.test(rest) ? { text: await why(session, rest) } : undefined;
    case 'metrics':
      if (alone) return { text: listMetrics(session) };
      return /^\w+$/.test(rest) ? { text: await showMetric(session, rest) } : undefined;
    case 'place':
      return rest === 'all' ? { text: await placeHeld(session) } : placeTyped(session, 'snapshot', rest);
    case 'log':
      return placeTyped(session, 'log', rest);
    case 'remove':
      return /^\w+$/.test(rest) ? { text: await remove(session, rest) } : undefined;
    case 'keep':
      return alone ? keep(session) : undefined;
    default:
      return undefined;
  }
}

function help(): string {
  const lines = WORDS.map(([name, text]) => `${name.padEnd(8)} ${text}`);
  return [...lines, 'anything else is an expression over the captured values'].join('\n');
}

/** The thread of the frame that is selected, or the one shown last. */
function threadAt(session: AdapterSession, frameId: number | undefined): ActionThread {
  const ref = frameId === undefined ? undefined : session.frames.get(frameId);
  return (ref && session.knownThread(ref.actionId)) ?? session.latestThread();
}

function moved(session: AdapterSession, frameId: number | undefined, direction: Direction): ConsoleAnswer {
  const thread = threadAt(session, frameId);
  const after = movePlayhead(session, thread.id, direction);
  return { text: `hit ${thread.playhead} of ${thread.info.hits}`, after };
}

function goTo(session: AdapterSession, frameId: number | undefined, ordinal: number): ConsoleAnswer {
  const thread = threadAt(session, frameId);
  const { hits } = thread.info;
  if (ordinal < 1 || ordinal > hits) throw new Problem(`There are hits 1 to ${hits}`, { quiet: true });
  thread.playhead = ordinal;
  thread.waiting = false;
  return { text: `hit ${ordinal} of ${hits}`, after: () => showStop(session, thread, 'step') };
}

async function listHits(session: AdapterSession, frameId: number | undefined): Promise<string> {
  const thread = threadAt(session, frameId);
  const { hits, total } = await session.link.request(HitList, { actionId: thread.info.id, limit: LISTED });
  const lines = hits.reverse().map(({ ordinal, at, agentName }) => {
    const mark = ordinal === thread.playhead ? '▶' : ' ';
    return `${mark} ${String(ordinal).padStart(4)}  ${new Date(at).toISOString()}  ${agentName}`;
  });
  return [...(total > hits.length ? [`the last ${hits.length} of ${total}`] : []), ...lines].join('\n');
}

function activeActions(session: AdapterSession): ActionInfo[] {
  return [...session.link.view.actions.values()].filter(({ state }) => state === 'active');
}

function listActions(session: AdapterSession): string {
  const infos = activeActions(session);
  if (infos.length === 0) return 'Nothing is placed';
  return infos.map((info) => `${info.id}  ${describeAction(info)}  ${info.summary}`).join('\n');
}

function listAgents(session: AdapterSession): string {
  const agents = [...session.link.view.agents.values()].filter(({ connected }) => connected);
  if (agents.length === 0) return 'No agent is connected';
  return agents
    .map(({ name, tags, runtime, host, pid }) => `${name}  ${tags.join(',')}  ${runtime}  ${host}:${pid}`)
    .join('\n');
}

/** The action that is looked at; before the first hit, which is when people ask, the one there is, or all with what they say. */
async function whyHere(session: AdapterSession, frameId: number | undefined): Promise<string> {
  if (session.threads.size > 0) return why(session, threadAt(session, frameId).info.id);
  const active = activeActions(session);
  const [only] = active;
  if (only !== undefined && active.length === 1) return why(session, only.id);
  return active.length === 0 ? listActions(session) : `${listActions(session)}\nType why ID for one of them`;
}

async function why(session: AdapterSession, id: string): Promise<string> {
  const { summary, agents } = await session.link.request(ActionWhy, { id });
  const lines = agents.flatMap(({ agent, links, lastError, lastValues = [] }) => [
    agent,
    ...links.map(({ link, state, reason }) => `  ${link}: ${state}${reason === undefined ? '' : ` — ${reason}`}`),
    ...(lastError === undefined ? [] : [`  last error: ${lastError}`]),
    ...lastValues.map(({ text, value }) => `  when last false: ${text} = ${value}`),
  ]);
  return [summary, ...lines].join('\n');
}

function listMetrics(session: AdapterSession): string {
  const infos = activeActions(session).filter(({ kind }) => METRIC_KINDS.has(kind));
  if (infos.length === 0) return 'Nothing is measured. Place a counter or a timer in the editor, or with stillframe';
  return infos.map((info) => `${info.id}  ${describeAction(info)}  ${figuresOf(info)}`).join('\n');
}

function figuresOf({ kind, metric, summary }: ActionInfo): string {
  return metric === undefined || metric.count === 0 ? summary : formatSummary(kind, metric);
}

async function showMetric(session: AdapterSession, id: string): Promise<string> {
  const result = await session.link.request(MetricRead, { actionId: id });
  const info = session.link.view.actions.get(id);
  const heading = info === undefined ? [id] : [describeAction(info), info.summary];
  // A console is read from its end; the rest is in the editor and the terminal.
  const recent = { ...result, series: result.series.slice(-STEPS_LISTED) };
  return renderMetric(recent, { heading, formatTime: (at) => new Date(at).toTimeString().slice(0, 8) }).trimEnd();
}

/** `orders.ts:42 when total > 100`, `orders.ts:42 total is {total}`; undefined when there is no place in it. */
async function placeTyped(
  session: AdapterSession,
  mode: 'snapshot' | 'log',
  text: string,
): Promise<ConsoleAnswer | undefined> {
  const [, file, line, rest = ''] = /^(\S+):(\d{1,7})(?:\s+([\s\S]+))?$/.exec(text) ?? [];
  if (file === undefined || line === undefined) return undefined;
  const wanted: WantedBreakpoint = { line: Number(line), mode };
  if (mode === 'log') {
    if (rest === '') throw new Problem('Give the log a text: log FILE:LINE total is {total}', { quiet: true });
    wanted.logMessage = rest;
  } else if (rest !== '') {
    const condition = /^when\s+([\s\S]+)$/.exec(rest)?.[1];
    if (condition === undefined) throw new Problem('Write "when" before the condition', { quiet: true });
    wanted.condition = condition;
  }
  const path = isAbsolute(file) ? file : join(session.map.folders[0] ?? '', file);
  const info = await session.link.request(ActionCreate, await draftOf(session, { path, wanted }));
  session.typedActions.add(info.id);
  return { text: `${info.id}  ${describeAction(info)}  ${info.summary}` };
}

async function remove(session: AdapterSession, id: string): Promise<string> {
  const { removed } = await session.link.request(ActionRemove, { ids: [id] });
  session.typedActions.delete(id);
  return removed.length > 0 ? `Removed ${id}` : `There is no action ${id}`;
}

function keep(session: AdapterSession): ConsoleAnswer {
  session.options = { ...session.options, keepActions: true };
  return { text: 'What this session placed stays until it expires' };
}

/** "Why is nothing arriving?": each case a row, with the sentence a person reads first. */
import type { Action, ActionState } from '@stillframe/protocol/action';
import type { AgentInfo } from '@stillframe/protocol/agent';
import { DEFAULT_CAPTURE_LIMITS } from '@stillframe/protocol/limits';
import { type ActionCounts, type ActionStatus, type Link, NO_COUNTS } from '@stillframe/protocol/status';
import { expect, test } from 'vitest';
import { type ExplainInput, explain } from './explain.ts';

const ACTION: Action = {
  id: 'a1',
  revision: 1,
  kind: 'snapshot',
  location: { path: 'src/orders.ts', line: 42 },
  target: { by: 'all' },
  watches: [],
  maxHits: 10,
  createdAt: 0,
  expiresAt: 3_600_000,
  remainingMs: 3_600_000,
  capture: DEFAULT_CAPTURE_LIMITS,
  createdBy: 'local',
};
const CONDITION: Action['condition'] = {
  text: 'total < 0',
  dialect: 'javascript',
  tree: {
    op: 'compare',
    operator: '<',
    left: { op: 'name', name: 'total' },
    right: { op: 'literal', value: 0 },
  },
};
const AGENT: AgentInfo = {
  id: 'agent-0001',
  name: 'orders',
  tags: ['production'],
  runtime: 'node',
  runtimeVersion: '24.0.0',
  agentVersion: '0.1.0',
  host: 'pod-7f',
  pid: 1,
  startedAt: 0,
  kinds: ['snapshot', 'log', 'counter', 'tictoc', 'duration', 'metric'],
  connected: true,
  connectedAt: 0,
  lastSeenAt: 0,
};

interface Row {
  name: string;
  action?: Partial<Action>;
  agent?: Partial<AgentInfo> | 'none';
  /** What the agent says: its links beyond those that are ok, its state, its counts. */
  link?: Link;
  state?: ActionStatus['state'];
  counts?: Partial<ActionCounts>;
  lastError?: string;
  lastValues?: ActionStatus['lastValues'];
  input?: Partial<Pick<ExplainInput, 'hits' | 'metric' | 'canary'>> & { state?: ActionState };
  says: string;
}

const ROWS: Row[] = [
  { name: 'nobody is there', agent: 'none', says: 'Waiting: no agent is connected. Start the service with the agent' },
  {
    name: 'no agent has the tag',
    action: { target: { by: 'tags', tags: ['eu'] } },
    says: 'Waiting: no connected agent has the tag "eu". Connected agents carry production',
  },
  {
    name: 'no agent has the name',
    action: { target: { by: 'agent', agent: 'order' } },
    says: 'Waiting: no agent is called "order". Connected: orders',
  },
  {
    name: 'no such source',
    action: { target: { by: 'source', source: 'shop' } },
    says: 'Waiting: no source is saved as "shop"; save it with stillframe source save',
  },
  {
    name: 'the agent is disconnected',
    agent: { connected: false },
    state: 'armed',
    says: 'Waiting: orders is disconnected; the action is delivered on return',
  },
  {
    name: 'an agent that cannot',
    agent: { kinds: ['log'] },
    says: 'Not armed: This agent (node, version 0.1.0) cannot carry out a snapshot yet (orders)',
  },
  {
    name: 'the file is not loaded yet',
    state: 'pending',
    link: {
      link: 'file',
      state: 'pending',
      reason: 'The service has not loaded src/orders.ts; it is armed when it does',
    },
    says: 'Waiting: The service has not loaded src/orders.ts; it is armed when it does (orders)',
  },
  {
    name: 'several files match',
    state: 'rejected',
    link: { link: 'file', state: 'broken', reason: 'Name more of the path: 2 loaded files end with src/orders.ts' },
    says: 'Not armed: Name more of the path: 2 loaded files end with src/orders.ts (orders)',
  },
  {
    name: 'the source differs',
    link: { link: 'content', state: 'warning', reason: 'The deployed text differs from the editor’s' },
    says: 'Armed on 1 agent; the line has not been reached yet (The deployed text differs from the editor’s)',
  },
  {
    name: 'moved to a line with code',
    link: { link: 'line', state: 'warning', reason: 'Moved to line 44: line 42 has no code' },
    says: 'Armed on 1 agent; the line has not been reached yet (Moved to line 44: line 42 has no code)',
  },
  {
    name: 'a bundle too large for a cheap first hit',
    state: 'rejected',
    link: {
      link: 'line',
      state: 'broken',
      reason: 'The script is large (5.0 MB): the first hit would hold the service up',
    },
    says: 'Not armed: The script is large (5.0 MB): the first hit would hold the service up (orders)',
  },
  { name: 'never called since', says: 'Armed on 1 agent; the line has not been reached yet' },
  {
    name: 'the condition is never true',
    action: { condition: CONDITION },
    counts: { evaluated: 7 },
    says: 'Armed on 1 agent; reached 7 times, the condition was never true',
  },
  {
    name: 'the condition is never true, with what it saw',
    action: { condition: CONDITION },
    counts: { evaluated: 7 },
    lastValues: [{ text: 'total', value: '12.5' }],
    says: 'Armed on 1 agent; reached 7 times, the condition was never true; last it saw total = 12.5',
  },
  {
    name: 'the condition fails',
    action: { condition: CONDITION },
    counts: { evaluated: 3, failed: 3 },
    lastError: 'There is no variable "total" here',
    says: 'Armed on 1 agent; the expression fails (3 times): There is no variable "total" here',
  },
  {
    name: 'a redacted path in an expression',
    action: { condition: CONDITION },
    counts: { evaluated: 1, failed: 1 },
    lastError: '"password" is redacted',
    says: 'Armed on 1 agent; the expression fails (1 time): "password" is redacted',
  },
  {
    name: 'rate-limited by others',
    counts: { evaluated: 9, matched: 9, rateLimited: 9 },
    says: 'Armed on 1 agent; matched 9 times, but the rate of the process is used up by other actions',
  },
  {
    name: 'a budget is used up',
    counts: { evaluated: 9, matched: 9, dropped: 2 },
    says: 'Armed on 1 agent; 2 captures dropped because a budget was used up',
  },
  {
    name: 'suspended near the heap limit',
    state: 'suspended',
    link: { link: 'armed', state: 'broken', reason: 'The process is near its heap limit' },
    says: 'Not armed: The process is near its heap limit (orders)',
  },
  { name: 'hits', input: { hits: 3 }, says: '3 hits of 10, armed on 1 agent' },
  { name: 'done', input: { hits: 10, state: 'completed' }, says: 'Done: 10 hits, the last one allowed' },
  {
    name: 'expired',
    input: { state: 'expired' },
    says: 'Expired with 0 hits of 10; place it again to go on',
  },
  {
    name: 'a counter',
    action: { kind: 'counter' },
    input: {
      metric: { count: 1204, min: null, mean: null, p50: null, p90: null, p99: null, max: null, estimated: true },
    },
    counts: { evaluated: 1204, matched: 1204, captured: 1204 },
    says: 'Counted about 1204 times, armed on 1 agent',
  },
  {
    name: 'a duration that was never measured',
    action: { kind: 'duration' },
    input: { state: 'expired' },
    says: 'Expired with nothing measured; place it again to go on',
  },
  {
    name: 'a canary that is watched',
    action: { canary: { agents: 1, watchMs: 1000, maxDelayRatio: 2, maxErrorShare: 0.01 } },
    input: { canary: { state: 'watching', agentIds: ['agent-0001'], reason: 'Being tried on orders' } },
    says: 'Armed on 1 agent; the line has not been reached yet. Being tried on orders; it goes to all if nothing gets worse',
  },
];

test.each(ROWS)('$name', (row) => {
  const action: Action = { ...ACTION, ...row.action };
  const links: Link[] = row.link === undefined ? [{ link: 'file', state: 'ok' }] : [row.link];
  const status: ActionStatus = {
    actionId: action.id,
    revision: 1,
    state: row.state ?? 'armed',
    links,
    counts: { ...NO_COUNTS, ...row.counts },
    ...(row.lastError !== undefined && { lastError: row.lastError }),
    ...(row.lastValues && { lastValues: row.lastValues }),
  };
  const info: AgentInfo = { ...AGENT, ...(row.agent === 'none' ? {} : row.agent) };
  const explanation = explain({
    action,
    state: 'active',
    hits: 0,
    agents: row.agent === 'none' ? [] : [{ info, delivered: true, status }],
    now: 0,
    sources: new Map(),
    ...row.input,
  });
  expect(explanation.summary).toBe(row.says);
  const broken = explanation.agents.flatMap(({ links: chain }) => chain).filter(({ state }) => state !== 'ok');
  for (const link of broken) expect(link.reason).toBeTruthy();
});

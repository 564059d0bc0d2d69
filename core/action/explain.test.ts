/** The explanation chain in rows: what is known of one agent and one action, and what a person is told. */
import type { Action, Target } from '@stillframe/protocol/action';
import { type ActionCounts, type ActionStatus, type Link, NO_COUNTS } from '@stillframe/protocol/status';
import { expect, test } from 'vitest';
import { type ExplainInput, explain, type KnownAgent } from './explain.ts';

const ACTION: Action = {
  id: 'a1',
  revision: 2,
  kind: 'snapshot',
  location: { path: 'src/orders.ts', line: 42 },
  target: { by: 'tags', tags: ['production'] },
  watches: [],
  maxHits: 10,
  createdAt: 0,
  expiresAt: 1000,
  remainingMs: 1000,
  capture: {
    depth: 3,
    collection: 100,
    fields: 50,
    string: 256,
    nodes: 1000,
    frames: 20,
    framesWithLocals: 1,
    bytes: 65_536,
    captureMs: 5,
    expressionMs: 1,
  },
  createdBy: 'local',
};

const WITH_CONDITION: Action = {
  ...ACTION,
  condition: { text: 'paid', dialect: 'javascript', tree: { op: 'name', name: 'paid' } },
};

interface Facts {
  name?: string;
  tags?: string[];
  kinds?: KnownAgent['info']['kinds'];
  connected?: boolean;
  delivered?: boolean;
  status?: ActionStatus;
}

function agent({
  name = 'orders',
  tags = ['production'],
  kinds = ['snapshot'],
  connected = true,
  ...rest
}: Facts = {}): KnownAgent {
  const { delivered = true, status } = rest;
  return {
    info: {
      id: `agent-${name}`,
      name,
      tags,
      kinds,
      runtime: 'node',
      runtimeVersion: '24.0.0',
      agentVersion: '0.1.0',
      host: 'pod',
      pid: 1,
      startedAt: 0,
      connected,
      connectedAt: 0,
      lastSeenAt: 0,
    },
    delivered,
    status,
  };
}

const PASSED: Link[] = [
  { link: 'file', state: 'ok' },
  { link: 'content', state: 'ok' },
  { link: 'line', state: 'ok' },
  { link: 'armed', state: 'ok' },
];

function status(fields: Partial<ActionStatus> = {}, counts: Partial<ActionCounts> = {}): ActionStatus {
  return { actionId: 'a1', revision: 2, state: 'armed', links: PASSED, counts: { ...NO_COUNTS, ...counts }, ...fields };
}

const NO_FILE = status({
  state: 'pending',
  links: [{ link: 'file', state: 'pending', reason: 'No loaded file ends with "src/orders.ts"' }],
});
const CHANGED = status({
  state: 'rejected',
  links: [PASSED[0] as Link, { link: 'content', state: 'broken', reason: 'Line 42 differs from the deployed text' }],
});
const DRIFTED = status({
  links: [
    PASSED[0] as Link,
    { link: 'content', state: 'warning', reason: 'The file differs elsewhere' },
    ...PASSED.slice(2),
  ],
});

/** The summary, and of the first agent the links with their states. */
const ROWS: [name: string, input: Partial<ExplainInput>, summary: string, chain: string][] = [
  ['nobody is there', {}, 'Waiting: no agent is connected. Start the service with the agent', ''],
  [
    'what was captured finds no room',
    { hits: 1, refused: 'full', agents: [agent({ status: status({}, { evaluated: 3, matched: 3, captured: 3 }) })] },
    '1 hit of 10, armed on 1 agent. Not stored: the server has no room for more hits: remove actions that are done with, and theirs make room',
    'targeted ok, delivered ok, file ok, content ok, line ok, armed ok, stored broken',
  ],
  [
    'nobody has the tag',
    { agents: [agent({ tags: ['staging', 'eu'] })] },
    'Waiting: no connected agent has the tag "production". Connected agents carry eu, staging',
    '',
  ],
  [
    'nobody carries any tag',
    { agents: [agent({ tags: [] })] },
    'Waiting: no connected agent has the tag "production". Connected agents carry no tags',
    '',
  ],
  [
    'nobody has the name',
    { action: to({ by: 'agent', agent: 'shop' }), agents: [agent(), agent({ name: 'api' })] },
    'Waiting: no agent is called "shop". Connected: api, orders',
    '',
  ],
  [
    'it is on its way',
    { agents: [agent({ delivered: false })] },
    'Waiting: On its way (orders)',
    'targeted ok, delivered pending',
  ],
  [
    'the agent cannot do it',
    { agents: [agent({ kinds: ['log'] })] },
    'Not armed: This agent (node, version 0.1.0) cannot carry out a snapshot yet (orders)',
    'targeted ok, delivered broken',
  ],
  [
    'the agent has not answered',
    { agents: [agent()] },
    'Waiting: The agent has not answered yet (orders)',
    'targeted ok, delivered ok, file pending',
  ],
  [
    'it answered to an older edit only',
    { agents: [agent({ status: status({ revision: 1 }) })] },
    'Waiting: The agent has not answered yet (orders)',
    'targeted ok, delivered ok, file pending',
  ],
  [
    'the file is not loaded',
    { agents: [agent({ status: NO_FILE })] },
    'Waiting: No loaded file ends with "src/orders.ts" (orders)',
    'targeted ok, delivered ok, file pending',
  ],
  [
    'the line changed',
    { agents: [agent({ status: CHANGED })] },
    'Not armed: Line 42 differs from the deployed text (orders)',
    'targeted ok, delivered ok, file ok, content broken',
  ],
  [
    'broken is said before pending',
    { agents: [agent({ status: NO_FILE }), agent({ name: 'api', status: CHANGED })] },
    'Not armed: Line 42 differs from the deployed text (2 agents)',
    'targeted ok, delivered ok, file pending',
  ],
  [
    'the line is not reached',
    { agents: [agent({ status: status() })] },
    'Armed on 1 agent; the line has not been reached yet',
    'targeted ok, delivered ok, file ok, content ok, line ok, armed ok',
  ],
  [
    'one of two is armed',
    { agents: [agent({ status: status() }), agent({ name: 'api', status: NO_FILE })] },
    'Armed on 1 agent of 2; the line has not been reached yet',
    'targeted ok, delivered ok, file ok, content ok, line ok, armed ok',
  ],
  [
    'the condition is never true',
    { action: WITH_CONDITION, agents: [agent({ status: status({}, { evaluated: 7 }) })] },
    'Armed on 1 agent; reached 7 times, the condition was never true',
    'targeted ok, delivered ok, file ok, content ok, line ok, armed ok',
  ],
  [
    'the condition fails',
    { agents: [agent({ status: status({ lastError: 'Cannot read "total" of null' }, { evaluated: 3, failed: 3 }) })] },
    'Armed on 1 agent; the expression fails (3 times): Cannot read "total" of null',
    'targeted ok, delivered ok, file ok, content ok, line ok, armed ok',
  ],
  [
    'a budget is used up',
    { agents: [agent({ status: status({}, { evaluated: 3, matched: 3, dropped: 2 }) })] },
    'Armed on 1 agent; 2 captures dropped because a budget was used up',
    'targeted ok, delivered ok, file ok, content ok, line ok, armed ok',
  ],
  [
    'there are hits',
    { hits: 3, agents: [agent({ status: status({}, { evaluated: 3, matched: 3, captured: 3 }) })] },
    '3 hits of 10, armed on 1 agent',
    'targeted ok, delivered ok, file ok, content ok, line ok, armed ok, stored ok',
  ],
  [
    'the file drifted elsewhere',
    { hits: 1, agents: [agent({ status: DRIFTED })] },
    '1 hit of 10, armed on 1 agent (The file differs elsewhere)',
    'targeted ok, delivered ok, file ok, content warning, line ok, armed ok',
  ],
  [
    'the agent is gone',
    { agents: [agent({ connected: false, status: status() })] },
    'Waiting: orders is disconnected; the action is delivered on return',
    'targeted ok, delivered pending',
  ],
  ['it is done', { state: 'completed', hits: 10 }, 'Done: 10 hits, the last one allowed', ''],
  ['its time is up', { state: 'expired', hits: 1 }, 'Expired with 1 hit of 10; place it again to go on', ''],
  ['it was removed', { state: 'removed' }, 'Removed with 0 hits', ''],
];

test.each(ROWS)('%s', (_name, input, summary, chain) => {
  const explanation = explain({
    action: ACTION,
    state: 'active',
    hits: 0,
    agents: [],
    sources: new Map(),
    now: 0,
    ...input,
  });
  expect(explanation.summary).toBe(summary);
  const links = explanation.agents[0]?.links ?? [];
  expect(links.map(({ link, state }) => `${link} ${state}`).join(', ')).toBe(chain);
  // Whatever is not in order says why.
  for (const link of links) if (link.state !== 'ok') expect(link.reason).toBeTruthy();
});

function to(target: Target): Action {
  return { ...ACTION, target };
}

/** When a place asks for a rest: only while none of its actions may produce anything. */
import { expect, test } from 'vitest';
import { COUNTS_PER_SLOT, type Probe, type ProbeAction, type Spent } from '../shared/probe-messages.ts';
import { createActionStates } from './action-state.ts';
import { createGovernor, type LiveProbe } from './governor.ts';
import { monotonicMs } from './primordials.ts';

const BUDGETS = {
  snapshotsPerSecondPerAction: 1,
  snapshotsPerSecond: 10,
  logsPerSecondPerAction: 50,
  logsPerSecond: 500,
  bytesPerSecond: 262_144,
  cpuSharePerAction: 0.01,
  cpuShare: 0.03,
  queue: 1000,
};

interface Row {
  name: string;
  tokens: number;
  /** Milliseconds since they were counted. */
  ago: number;
  rests: boolean;
}

const ROWS: Row[] = [
  { name: 'a token is there', tokens: 1, ago: 0, rests: false },
  { name: 'it was just used', tokens: 0, ago: 0, rests: true },
  { name: 'half of the next one has come in', tokens: 0, ago: 500, rests: true },
  // A condition that is rarely true: whoever rested for the token must not rest again before it is used.
  { name: 'the next one has come in, and the execution did not match', tokens: 0, ago: 1100, rests: false },
];

test.each(ROWS)('$name', ({ tokens, ago, rests }) => {
  const now = monotonicMs();
  const said: Spent[] = [];
  const governor = createGovernor(new Int32Array(COUNTS_PER_SLOT), (message) => said.push(message));
  const wire = { slot: 0, actionId: 'a', revision: 1, kind: 'snapshot', perSecond: 1, remainingHits: 10 };
  const state = createActionStates().take(wire as ProbeAction);
  Object.assign(state, { tokens, countedAt: now - ago });
  const probe: LiveProbe = {
    wire: { id: 1, entryMicros: 0, lagMicros: 0 } as Probe,
    actions: [{ wire: wire as ProbeAction, state }],
    warm: true,
    spentUntil: 0,
  };
  governor.account(probe, now, BUDGETS);
  expect(said.length > 0).toBe(rests);
});

/** Whether the services in which an action was tried first got worse by it. Pure over what their agents measured. */
import type { Canary } from '@stillframe/protocol/action';
import type { Health } from '@stillframe/protocol/status';

export interface WatchedAgent {
  name: string;
  connected: boolean;
  /** Undefined until the agent has measured something. */
  before: Health | undefined;
  since: Health | undefined;
}

/** Below these, a ratio is noise: milliseconds, and requests in each of the two times. */
const DELAY_FLOOR_MS = 10;
const FEWEST_REQUESTS = 20;
/** Of measuring, before anything is concluded. */
const SHORTEST_MS = 1000;

/** The first thing that is worse than the canary's bounds allow, as a sentence; undefined while all is well. */
export function worseBecause(canary: Canary, agents: readonly WatchedAgent[]): string | undefined {
  for (const agent of agents) {
    if (!agent.connected) return `${agent.name} disconnected while it was watched`;
    const { before, since } = agent;
    if (before === undefined || since === undefined || since.ms < SHORTEST_MS) continue;
    const reason =
      slower('the event loop’s delay', before.delayP99Ms, since.delayP99Ms, canary) ??
      slowerRequests(before, since, canary) ??
      moreFailures(before, since, canary);
    if (reason !== undefined) return `${agent.name}: ${reason}`;
  }
  return undefined;
}

function slowerRequests(before: Health, since: Health, canary: Canary): string | undefined {
  if (before.requests < FEWEST_REQUESTS || since.requests < FEWEST_REQUESTS) return undefined;
  return slower('the latency of requests', before.latencyP99Ms, since.latencyP99Ms, canary);
}

function slower(
  what: string,
  before: number | undefined,
  since: number | undefined,
  { maxDelayRatio }: Canary,
): string | undefined {
  if (before === undefined || since === undefined) return undefined;
  const allowed = Math.max(before * maxDelayRatio, before + DELAY_FLOOR_MS);
  if (since <= allowed) return undefined;
  return `${what} (p99) went from ${ms(before)} to ${ms(since)}, more than ${maxDelayRatio} times`;
}

function moreFailures(before: Health, since: Health, { maxErrorShare }: Canary): string | undefined {
  if (since.requests < FEWEST_REQUESTS) return undefined;
  const shareBefore = before.requests === 0 ? 0 : before.failedRequests / before.requests;
  const share = since.failedRequests / since.requests;
  if (share - shareBefore <= maxErrorShare) return undefined;
  return `failed requests went from ${percent(shareBefore)} to ${percent(share)}`;
}

function ms(value: number): string {
  return `${value.toFixed(value < 10 ? 1 : 0)} ms`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

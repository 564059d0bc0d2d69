/** What operations and connections share. Everything that changes is behind one of these. */
import type { CustomSource } from '@stillframe/protocol/action';
import type { Policy } from '@stillframe/protocol/policy';
import type { Metrics } from './http/metrics.ts';
import type { ServerLimits } from './limits.ts';
import type { Bus } from './live/bus.ts';
import type { LiveActions } from './live/live-actions.ts';
import type { LiveAgents } from './live/live-agents.ts';
import type { LoadedFiles } from './live/loaded-files.ts';
import type { Database } from './store/schema.ts';

export interface ServerContext {
  readonly database: Database;
  readonly actions: LiveActions;
  readonly agents: LiveAgents;
  readonly files: LoadedFiles;
  /** The saved ones, by name. */
  readonly sources: Map<string, CustomSource>;
  readonly bus: Bus;
  readonly limits: Readonly<ServerLimits>;
  readonly policy: Policy;
  readonly metrics: Metrics;
  readonly version: string;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  /** One line for the operator. */
  readonly log: (line: string) => void;
}

/** Who is on the other end of an `/ide` connection. */
export interface Caller {
  user: string;
}

/** What the extension and its metrics page say to each other. */
import type { ActionKind, ActionState } from '@stillframe/protocol/action';
import type { MetricReadResult } from '@stillframe/protocol/messages/ide-connection';
import type { MetricUnit } from '@stillframe/protocol/metric';

export const RANGES = ['5min', '1h', 'all'] as const;
export type Range = (typeof RANGES)[number];

export interface MetricView {
  id: string;
  kind: ActionKind;
  unit: MetricUnit;
  /** `duration of checkout at orders.ts:24`. */
  label: string;
  state: ActionState;
  /** How it is doing, in a sentence: while nothing is measured, why. */
  summary: string;
  target: string;
  /** Whether the line is in this workspace. */
  hasPlace: boolean;
  /** Snapshots of slow calls. */
  hits: number;
  figures?: MetricReadResult;
  /** Why the figures could not be read. */
  problem?: string;
}

export interface MetricsPicture {
  type: 'picture';
  range: Range;
  /** What the time axis shows; `from` is absent for all there is. */
  from?: number;
  to: number;
  /** Why nothing can be known now. */
  problem?: string;
  metrics: MetricView[];
  /** Placed, but not shown: there are too many. */
  leftOut: number;
}

export type ToMetricsPage = MetricsPicture | { type: 'show'; id: string };

export type FromMetricsPage =
  /** Sent when the page is ready, also after it was hidden. */
  | { type: 'ready'; range: Range }
  | { type: 'range'; range: Range }
  | { type: 'reveal' | 'why' | 'edit' | 'remove' | 'openHit'; id: string };

import type { ActionKind } from '@stillframe/protocol/action';
import type { MetricUnit } from '@stillframe/protocol/metric';

export function unitOf(kind: ActionKind): MetricUnit {
  if (kind === 'tictoc' || kind === 'duration') return 'ms';
  return kind === 'counter' ? 'count' : 'none';
}

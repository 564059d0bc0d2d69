/** What Prometheus reads at `/metrics`. Names and help texts are a contract with operators' dashboards. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export interface Metrics {
  registry: Registry;
  hitsStored: Counter;
  hitsRefused: Counter<'reason'>;
  metricPoints: Counter;
  hitBatchSeconds: Histogram;
  querySeconds: Histogram;
  requests: Counter<'method' | 'outcome'>;
  signInFailures: Counter<'endpoint'>;
  badMessages: Counter<'endpoint'>;
}

export interface MetricSources {
  agents: () => number;
  editors: () => number;
  activeActions: () => number;
  hitBytes: () => number;
}

const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1];

export function createMetrics(sources: MetricSources): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  gauge('stillframe_agents_connected', 'Agents that are connected', sources.agents);
  gauge('stillframe_editors_connected', 'Editors, debug adapters and terminals that are connected', sources.editors);
  gauge('stillframe_actions_active', 'Actions that agents are asked to carry out', sources.activeActions);
  gauge('stillframe_hit_bytes', 'Bytes of stored hits', sources.hitBytes);
  return {
    registry,
    hitsStored: new Counter({ name: 'stillframe_hits_stored_total', help: 'Hits stored', registers }),
    hitsRefused: new Counter({
      name: 'stillframe_hits_refused_total',
      help: 'Hits that were not stored, by reason',
      labelNames: ['reason'],
      registers,
    }),
    metricPoints: new Counter({
      name: 'stillframe_metric_points_total',
      help: 'Measurements received, each a sketch of one action and agent',
      registers,
    }),
    hitBatchSeconds: new Histogram({
      name: 'stillframe_hit_batch_seconds',
      help: 'Time to store one batch of hits',
      buckets: SECONDS,
      registers,
    }),
    querySeconds: new Histogram({
      name: 'stillframe_query_seconds',
      help: 'Time of one SQL statement',
      buckets: SECONDS,
      registers,
    }),
    requests: new Counter({
      name: 'stillframe_requests_total',
      help: 'Requests of editors and agents, by method and outcome',
      labelNames: ['method', 'outcome'],
      registers,
    }),
    signInFailures: new Counter({
      name: 'stillframe_sign_in_failures_total',
      help: 'Connections refused for a missing or wrong key',
      labelNames: ['endpoint'],
      registers,
    }),
    badMessages: new Counter({
      name: 'stillframe_bad_messages_total',
      help: 'Messages that were not understood',
      labelNames: ['endpoint'],
      registers,
    }),
  };
}

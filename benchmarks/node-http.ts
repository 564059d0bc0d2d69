/**
 * What an agent costs a real HTTP service on its hottest line: throughput and latency beside the same service without one,
 * interleaved in one run. `node benchmarks/node-http.ts [--rounds 5] [--seconds 4]`.
 */
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { parseCondition } from '@stillframe/core/expression/parse-expression';
import { parseTemplate } from '@stillframe/core/expression/parse-template';
import type { Action } from '@stillframe/protocol/action';
import { type AgentServer, snapshotAction, startAgentServer } from '@stillframe/test-kit/agent-server';
import { markedLine } from '@stillframe/test-kit/marks';
import { median, ms, print, printMachine, printTable, startPinned } from './measured.ts';
import { type DatadogProbe, installDatadog, startDatadogStandIn } from './peers/datadog.ts';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, seconds: { type: 'string', default: '4' } },
});
const ROUNDS = Number(values.rounds);
const SECONDS = Number(values.seconds);
const CONNECTIONS = 16;

const SERVICE = fileURLToPath(new URL('./http-service.cjs', import.meta.url));
const LOAD = fileURLToPath(new URL('./load.mjs', import.meta.url));
const PAUSING = fileURLToPath(new URL('./peers/pausing-agent.cjs', import.meta.url));
const REGISTER = pathToFileURL(fileURLToPath(new URL('../agents/node/register.cjs', import.meta.url))).href;
const { line: LINE } = markedLine(SERVICE, 'total');

interface Load {
  perSecond: number;
  p50: number;
  p99: number;
  max: number;
}

interface Scenario {
  name: string;
  /** Undefined: no agent of ours. */
  action?: () => Action | undefined;
  preload?: string;
  /** Whether its stand-in hands out a probe, for the peer. */
  datadog?: 'none' | 'snapshot';
  env?: Record<string, string>;
}

const forLong = { maxHits: 100_000 };
const SCENARIOS: Scenario[] = [
  { name: 'no agent' },
  { name: 'agent connected, nothing placed', action: () => undefined },
  { name: 'snapshot on the hottest line, one a second', action: () => snapshotAction(SERVICE, LINE, forLong) },
  { name: 'snapshot whose condition is never true', action: () => guarded('total < 0') },
  { name: 'log on the hottest line, 50 a second', action: logAction },
  {
    name: 'pausing agent (for comparison), one capture a second',
    preload: PAUSING,
    env: { PAUSING_AGENT_AT: `http-service.cjs:${LINE}` },
  },
];
const datadog = installDatadog(print);
if (datadog !== undefined) {
  SCENARIOS.push(
    { name: 'dd-trace 6.21, nothing placed', preload: datadog, datadog: 'none' },
    { name: 'dd-trace 6.21, snapshot, one a second', preload: datadog, datadog: 'snapshot' },
  );
}

/** A probe at a line that is never reached stands for none: the tracer then does all it does but capture. */
function probeOf(kind: 'none' | 'snapshot'): DatadogProbe {
  return { file: kind === 'none' ? 'no-such-file.cjs' : 'http-service.cjs', line: LINE, snapshot: true };
}

function guarded(text: string): Action {
  const { tree } = parseCondition(text, 'javascript');
  if (tree === undefined) throw new Error(`"${text}" does not parse`);
  return snapshotAction(SERVICE, LINE, { ...forLong, condition: { text, dialect: 'javascript', tree } });
}

function logAction(): Action {
  const { template } = parseTemplate('order {orders} of {customer.name}: {total}', 'javascript');
  if (template === undefined) throw new Error('the template does not parse');
  return snapshotAction(SERVICE, LINE, { ...forLong, kind: 'log', template, level: 'info' });
}

const loads = new Map<string, Load[]>(SCENARIOS.map(({ name }) => [name, []]));
const captures = new Map<string, number[]>(SCENARIOS.map(({ name }) => [name, []]));
printMachine();
print(`${ROUNDS} interleaved rounds of ${SECONDS} s, ${CONNECTIONS} connections, service and load on a core each\n`);
for (let round = 0; round < ROUNDS; round++) {
  for (const scenario of SCENARIOS) {
    const { load, hits } = await measure(scenario);
    loads.get(scenario.name)?.push(load);
    captures.get(scenario.name)?.push(hits);
    print(`round ${round + 1}: ${scenario.name}: ${Math.round(load.perSecond)} req/s, p99 ${ms(load.p99)}`);
  }
}

const of = (name: string, field: keyof Load) => median((loads.get(name) ?? []).map((load) => load[field]));
const bare = of('no agent', 'perSecond');
print('');
printTable(
  ['scenario', 'throughput', 'p50', 'p99', 'longest', 'hits in a round'],
  SCENARIOS.map(({ name }) => [
    name,
    `${(of(name, 'perSecond') / bare).toFixed(3)}×`,
    ms(of(name, 'p50')),
    ms(of(name, 'p99')),
    ms(of(name, 'max')),
    String(Math.round(median(captures.get(name) ?? []))),
  ]),
);
print(`\nno agent: ${Math.round(bare)} requests a second`);

async function measure(scenario: Scenario): Promise<{ load: Load; hits: number }> {
  const server = scenario.action === undefined ? undefined : await startAgentServer();
  const peer = scenario.datadog === undefined ? undefined : await startDatadogStandIn(probeOf(scenario.datadog));
  const preload = server === undefined ? scenario.preload : REGISTER;
  const args =
    preload === undefined ? [SERVICE] : [preload.startsWith('file:') ? '--import' : '--require', preload, SERVICE];
  const env = {
    NODE_OPTIONS: '',
    STILLFRAME_KEY: 'k',
    ...(server && { STILLFRAME_URL: server.url }),
    ...scenario.env,
    ...peer?.env,
  };
  const service = startPinned(0, process.execPath, args, { env });
  const [, port = ''] = await service.output(/port (\d+)/);
  // Warm, so that the first round is not of another program than the last.
  await runLoad(port, 1);
  if (server !== undefined) await prepare(server, scenario);
  if (scenario.datadog === 'snapshot') await peer?.installed;
  const load = await runLoad(port, SECONDS);
  const hits = server?.hits.length ?? peer?.captures() ?? 0;
  service.kill('SIGKILL');
  await service.exited;
  await server?.close();
  await peer?.close();
  return { load, hits };
}

async function prepare(server: AgentServer, { action }: Scenario): Promise<void> {
  await server.until(() => server.agents[0], 'the agent');
  const placed = action?.();
  if (placed === undefined) return;
  server.setActions([placed]);
  await server.until(() => (server.statuses.get(placed.id)?.state === 'armed' ? true : undefined), 'armed');
}

async function runLoad(port: string, seconds: number): Promise<Load> {
  const load = startPinned(1, process.execPath, [LOAD, port, String(seconds), String(CONNECTIONS)]);
  const [json] = await load.output(/\{.*\}/, (seconds + 30) * 1000);
  await load.exited;
  return JSON.parse(json) as Load;
}

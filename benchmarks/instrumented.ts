/**
 * What load-time instrumentation costs: the same work as it is, instrumented with nobody counting, and counted, in processes
 * that take turns; and whether the counts are exact. `node benchmarks/instrumented.ts [--rounds 5]`.
 */
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Action } from '@stillframe/protocol/action';
import { type AgentServer, snapshotAction, startAgentServer } from '@stillframe/test-kit/agent-server';
import { markedLine } from '@stillframe/test-kit/marks';
import type { StartedProcess } from '@stillframe/test-kit/processes';
import { median, print, printMachine, printTable, startPinned } from './measured.ts';

const PROGRAM = fileURLToPath(new URL('./instrumented-program.cjs', import.meta.url));
const WORK = fileURLToPath(new URL('./instrumented-work.cjs', import.meta.url));
const REGISTER = pathToFileURL(fileURLToPath(new URL('../agents/node/register.cjs', import.meta.url))).href;
const KINDS = ['loop', 'handle'] as const;
const VARIANTS = ['as it is', 'instrumented', 'counted'] as const;
type Kind = (typeof KINDS)[number];
type Variant = (typeof VARIANTS)[number];

const rounds = Number(process.argv[process.argv.indexOf('--rounds') + 1] || 5);
const nanos = new Map<string, number[]>();

printMachine();
print(`One round of work, ${rounds} processes each, in turns; ratios are of medians\n`);
for (let round = 0; round < rounds; round++) for (const variant of VARIANTS) await measure(variant);
printTable(
  ['', ...VARIANTS, 'instrumented / as it is', 'counted − instrumented'],
  KINDS.map((kind) => {
    const [plain = 0, dormant = 0, counted = 0] = VARIANTS.map((variant) =>
      median(nanos.get(`${kind} ${variant}`) ?? []),
    );
    const all = [plain, dormant, counted].map(ns);
    return [kind, ...all, `${(dormant / plain).toFixed(2)}×`, ns(counted - dormant)];
  }),
);

async function measure(variant: Variant): Promise<void> {
  const server = await startAgentServer();
  const env = {
    STILLFRAME_URL: server.url,
    STILLFRAME_KEY: 'k',
    STILLFRAME_INSTRUMENT: variant === 'as it is' ? '' : WORK,
  };
  const program = startPinned(1, process.execPath, ['--import', REGISTER, PROGRAM], { env });
  await server.until(() => server.agents[0], 'the agent');
  await program.output(/ready/);
  const actions = KINDS.map((kind) => snapshotAction(WORK, markedLine(WORK, kind).line, { kind: 'counter' }));
  if (variant === 'counted') await arm(server, actions);
  for (const [at, kind] of KINDS.entries()) await measureKind(program, server, kind, variant, actions[at] as Action);
  await program.stop();
  await server.close();
}

async function measureKind(
  program: StartedProcess,
  server: AgentServer,
  kind: Kind,
  variant: Variant,
  action: Action,
): Promise<void> {
  program.write(`go ${kind}\n`);
  const [, json = '{}'] = await program.output(new RegExp(`took (\\{"kind":"${kind}".*\\})`), 120_000);
  const { nanos: taken, rounds: done } = JSON.parse(json) as { nanos: number; rounds: number };
  const key = `${kind} ${variant}`;
  nanos.set(key, [...(nanos.get(key) ?? []), taken]);
  if (variant !== 'counted') return;
  const status = await server.until(() => {
    const now = server.statuses.get(action.id);
    return (now?.counts.captured ?? 0) >= done ? now : undefined;
  }, `${done} counts`);
  if (status.counts.captured !== done) throw new Error(`${status.counts.captured} were counted of ${done}`);
}

async function arm(server: AgentServer, actions: Action[]): Promise<void> {
  server.setActions(actions);
  await server.until(
    () => actions.every(({ id }) => server.statuses.get(id)?.links.some(isExact)) || undefined,
    'exact counters',
  );
}

function isExact({ reason }: { reason?: string | undefined }): boolean {
  return reason?.startsWith('Counted exactly') === true;
}

function ns(value: number): string {
  return `${value.toFixed(2)} ns`;
}

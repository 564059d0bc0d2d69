/**
 * How long a service is held up by one capture, measured inside the service: a small and a large object graph, every call
 * captured; with the variables of callers, for which there is a pause; with long stacks, where that is refused; beside a
 * breakpoint that pauses and is read through the inspector. `node benchmarks/node-pause.ts`.
 */
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseCondition } from '@stillframe/core/expression/parse-expression';
import type { Action } from '@stillframe/protocol/action';
import type { AgentHit } from '@stillframe/protocol/hit';
import { DEFAULT_CAPTURE_LIMITS } from '@stillframe/protocol/limits';
import { DEFAULT_POLICY, type Policy } from '@stillframe/protocol/policy';
import { snapshotAction, startAgentServer } from '@stillframe/test-kit/agent-server';
import { markedLine } from '@stillframe/test-kit/marks';
import { type StartedProcess, startProcess } from '@stillframe/test-kit/processes';
import { ms, print, printMachine, printTable } from './measured.ts';

const PROGRAM = fileURLToPath(new URL('./pause-program.cjs', import.meta.url));
const PAUSING = fileURLToPath(new URL('./peers/pausing-agent.cjs', import.meta.url));
const REGISTER = pathToFileURL(fileURLToPath(new URL('../agents/node/register.cjs', import.meta.url))).href;
const { line: LINE } = markedLine(PROGRAM, 'step');
const SIZES = ['small', 'large'] as const;

/** Every call captures: nothing is spared by rates or by shares of a core. */
const EVERY_CALL: Policy = {
  ...DEFAULT_POLICY,
  revision: 1,
  budgets: {
    snapshotsPerSecondPerAction: 1e6,
    snapshotsPerSecond: 1e6,
    logsPerSecondPerAction: 1e6,
    logsPerSecond: 1e6,
    bytesPerSecond: 1e9,
    cpuSharePerAction: 1,
    cpuShare: 1,
    queue: 100_000,
  },
};

interface Measured {
  first: number;
  median: number;
  p99: number;
}

printMachine();
print('300 calls of a four-line function, one per turn of the event loop\n');
const rows: string[][] = [];
const add = (name: string, { first, median, p99 }: Measured) => rows.push([name, ms(first), ms(median), ms(p99)]);
for (const size of SIZES) add(`no agent, ${size}`, await bare(size));
for (const size of SIZES) add(`Stillframe snapshot, ${size}`, await ours(size, {}));
add('Stillframe, condition false', await ours('small', { condition: expression('round < 0') }));
for (const size of SIZES) add(`Stillframe deep snapshot, 2 callers, ${size}`, await ours(size, deep(3, 50)));
add('Stillframe deep snapshot, 40 functions on the stack', await ours('small', deep(3, 50), 40));
add('the same, 300 functions: refused, so plain', await ours('small', deep(3, 5), 300));
for (const size of SIZES) add(`pausing breakpoint, ${size}`, await pausing(size));
printTable(['', 'first call', 'median', 'p99'], rows);

async function bare(size: string): Promise<Measured> {
  return run(startProcess(process.execPath, [PROGRAM]), size);
}

/** The capture time is the budget of the pause. */
function deep(framesWithLocals: number, captureMs: number): Partial<Action> {
  return { capture: { ...DEFAULT_CAPTURE_LIMITS, framesWithLocals, captureMs } };
}

async function ours(size: string, fields: Partial<Action>, depth = 1): Promise<Measured> {
  const server = await startAgentServer({ policy: EVERY_CALL });
  const env = { STILLFRAME_URL: server.url, STILLFRAME_KEY: 'k' };
  const program = startProcess(process.execPath, ['--import', REGISTER, PROGRAM], { env });
  await server.until(() => server.agents[0], 'the agent');
  const action = snapshotAction(PROGRAM, LINE, { maxHits: 100_000, ...fields });
  server.setActions([action], EVERY_CALL);
  await server.until(() => (server.statuses.get(action.id)?.state === 'armed' ? true : undefined), 'armed');
  const measured = await measure(program, size, depth);
  // What was captured last may still be on its way.
  if (fields.capture !== undefined) await server.until(() => server.hits[250], 'hits');
  checkCallers(server.hits.at(-1), fields.capture, depth);
  await end(program);
  await server.close();
  return measured;
}

async function pausing(size: string): Promise<Measured> {
  const env = { PAUSING_AGENT_AT: `pause-program.cjs:${LINE}`, PAUSING_AGENT_EVERY: '1' };
  const program = startProcess(process.execPath, ['--require', PAUSING, PROGRAM], { env });
  await program.output(/peer armed/);
  return run(program, size);
}

/** A figure for a deep snapshot that was none would be no figure. */
function checkCallers(hit: AgentHit | undefined, capture: Action['capture'] | undefined, depth: number): void {
  if (capture === undefined) return;
  const [first] = hit?.frames[1]?.scopes?.[0]?.variables ?? [];
  const wasRead = first !== undefined && first.name !== '(variables)';
  if (wasRead !== depth < 100) throw new Error(`The callers were ${wasRead ? '' : 'not '}read at depth ${depth}`);
}

async function run(program: StartedProcess, size: string): Promise<Measured> {
  const measured = await measure(program, size, 1);
  await end(program);
  return measured;
}

async function measure(program: StartedProcess, size: string, depth: number): Promise<Measured> {
  await program.output(/ready/);
  program.write(`go ${size} ${depth}\n`);
  const [, json = '{}'] = await program.output(/done (\{.*\})/, 120_000);
  return JSON.parse(json) as Measured;
}

async function end(program: StartedProcess): Promise<void> {
  program.kill('SIGKILL');
  await program.exited;
}

function expression(text: string): NonNullable<Action['condition']> {
  const { tree } = parseCondition(text, 'javascript');
  if (tree === undefined) throw new Error(`"${text}" does not parse`);
  return { text, dialect: 'javascript', tree };
}

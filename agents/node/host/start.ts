/**
 * The agent's start in the service's thread: reads settings, starts the worker, installs the one function that
 * breakpoint conditions call. Never throws, never keeps the process alive, never delays its exit by more than 100 ms.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { isMainThread, MessageChannel, Worker } from 'node:worker_threads';
import type { DeepCommand } from '../shared/deep-messages.ts';
import { createSharedSites, REACHED_NAME, type SharedSites, SITES_NAME } from '../shared/instrumentation.ts';
import {
  CONTROL,
  COUNTS_PER_SLOT,
  type HealthCommand,
  type HostMessage,
  MAX_SLOTS,
  type WorkerInput,
} from '../shared/probe-messages.ts';
import { tellLoadedFiles } from '../shared/worker-thread-files.ts';
import { createDeepCapture } from './deep-capture.ts';
import { createHealthWatch } from './health-watch.ts';
import { loadedModules, NEEDS_LOADER_PORT, watchModules } from './module-watch.ts';
import { createProbeTable } from './probe-table.ts';
import { type AgentOptions, instrumentPatterns, readSettings } from './settings.ts';

export type { AgentOptions } from './settings.ts';

export interface RunningAgent {
  /** Takes everything out of the process and ends the worker. */
  stop(): Promise<void>;
}

const RUNNING = Symbol.for('stillframe.agent');
const EXIT_WAIT_MS = 100;
const OFF: RunningAgent = { stop: async () => {} };

/** Starts the agent once per process; later calls give the running one. Wrong options are said on stderr, and nothing starts. */
export function start(options: AgentOptions = {}): RunningAgent {
  const known = (globalThis as Record<symbol, unknown>)[RUNNING] as RunningAgent | undefined;
  if (known !== undefined) return known;
  try {
    return launch(options);
  } catch (error) {
    say(`not started: ${error instanceof Error ? error.message : String(error)}`);
    return OFF;
  }
}

function launch(options: AgentOptions): RunningAgent {
  if (process.env.STILLFRAME_DISABLED === '1') return OFF;
  if (!isMainThread) {
    if (instrumentPatterns(options, process.env).length > 0) defineQuietSites();
    watchModules(tellLoadedFiles(loadedModules()), undefined);
    return OFF;
  }
  const { settings, problem } = readSettings(options, process.env);
  if (settings === undefined) {
    say(`not started. ${problem}`);
    return OFF;
  }
  const counts = new Int32Array(new SharedArrayBuffer(MAX_SLOTS * COUNTS_PER_SLOT * 4));
  const control = new Int32Array(new SharedArrayBuffer(16));
  const sites = settings.instrument.length === 0 ? undefined : createSharedSites();
  const { port1: hostPort, port2: workerPort } = new MessageChannel();
  const entryName = `__stillframe_${randomBytes(6).toString('hex')}`;
  const loader = NEEDS_LOADER_PORT ? new MessageChannel() : undefined;
  const input: WorkerInput = {
    settings,
    commands: workerPort,
    counts,
    control,
    entryName,
    loaded: loadedModules(),
    ...(sites && { sites }),
    ...(loader && { loaderPort: loader.port2 }),
  };
  const worker = new Worker(join(__dirname, 'worker.cjs'), {
    name: 'stillframe',
    workerData: input,
    transferList: loader === undefined ? [workerPort] : [workerPort, loader.port2],
    execArgv: [],
    env: workerEnvironment(),
    // A runaway in the agent ends the agent, not the service.
    resourceLimits: { maxOldGenerationSizeMb: 256 },
  });
  const post = worker.postMessage.bind(worker) as (message: HostMessage) => void;
  worker.on('error', (error) => say(`stopped by an error of its own: ${error.message}. The service is not affected`));
  const deep = createDeepCapture(entryName);
  const watchHealth = createHealthWatch(post);
  worker.on('message', (command: DeepCommand | HealthCommand) =>
    quietly(() => (command.command === 'health' ? watchHealth(command) : deep.obey(command))),
  );
  const release = () => letGo(control);
  process.on('exit', release);
  // Registered before `unref`: a listener added later would keep the process alive again.
  hostPort.unref();
  worker.unref();
  const reached = createProbeTable({ commands: hostPort, post, counts, control, deep });
  Object.defineProperty(globalThis, entryName, { value: reached, configurable: true });
  if (sites !== undefined) instrument(settings.instrument, sites, post);
  watchModules((url) => post({ type: 'module', url }), loader?.port1);
  const running: RunningAgent = {
    async stop() {
      process.off('exit', release);
      letGo(control);
      quietly(() => deep.obey({ command: 'deepClose' }));
      Reflect.deleteProperty(globalThis, entryName);
      Reflect.deleteProperty(globalThis, RUNNING);
      await worker.terminate();
    },
  };
  Object.defineProperty(globalThis, RUNNING, { value: running, configurable: true });
  return running;
}

/** The instrumenter and its parser are read only when they are asked for. */
function instrument(patterns: string[], sites: SharedSites, post: (message: HostMessage) => void): void {
  const { instrumentModules } = require(join(__dirname, 'instrument.cjs')) as typeof import('./instrument-modules.ts');
  instrumentModules({ patterns, sites, onLeft: (path, problem) => post({ type: 'left', path, problem }) });
}

/** Threads of the application may get modules that Node's loader has rewritten for the main thread; there nobody counts. */
function defineQuietSites(): void {
  Object.defineProperty(globalThis, SITES_NAME, { value: new Uint8Array(0) });
  Object.defineProperty(globalThis, REACHED_NAME, { value: () => {} });
}

/** Without this Node would wait for the inspector session and say so on stderr. */
function letGo(control: Int32Array): void {
  Atomics.store(control, CONTROL.exit, 1);
  Atomics.notify(control, CONTROL.exit);
  if (Atomics.load(control, CONTROL.exit) === 1) Atomics.wait(control, CONTROL.exit, 1, EXIT_WAIT_MS);
}

/** What TLS and name resolution need; nothing of the service's own secrets. */
function workerEnvironment(): NodeJS.ProcessEnv {
  const { NODE_EXTRA_CA_CERTS, SSL_CERT_FILE, SSL_CERT_DIR, TZ } = process.env;
  const wanted = { NODE_EXTRA_CA_CERTS, SSL_CERT_FILE, SSL_CERT_DIR, TZ };
  return Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined));
}

function quietly(job: () => void): void {
  try {
    job();
  } catch {
    // A deep snapshot less is no harm to the service.
  }
}

function say(message: string): void {
  process.stderr.write(`stillframe: ${message}\n`);
}

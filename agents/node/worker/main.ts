/**
 * The agent's worker: owns the connection to the server, the inspector session, source maps and the record of files. The
 * service's thread only captures.
 */
import { hostname } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import type { Action } from '@stillframe/protocol/action';
import type { AgentDescription, LoadedFile } from '@stillframe/protocol/agent';
import type {
  AgentHelloResult,
  DesiredStateParams,
  SourceParams,
} from '@stillframe/protocol/messages/agent-connection';
import type { Policy } from '@stillframe/protocol/policy';
import { CONTROL, type HostMessage, type RawHit, type WorkerInput } from '../shared/probe-messages.ts';
import { hearLoadedFiles } from '../shared/worker-thread-files.ts';
import { ActionTable } from './action-table.ts';
import { createCanaryWatch } from './canary-watch.ts';
import { DebuggerSession } from './debugger-session.ts';
import { addCallers } from './deep-frames.ts';
import { createDeepNames } from './deep-names.ts';
import { createDeepPauses } from './deep-pauses.ts';
import { createExactCounters } from './exact-counters.ts';
import { createHitQueue } from './hit-queue.ts';
import { createInstrumentation } from './instrumentation-state.ts';
import { writeLog } from './log-output.ts';
import { mapHit } from './map-hit.ts';
import { createMetricQueue } from './metric-queue.ts';
import { createMetrics } from './metrics.ts';
import { Probes } from './probes.ts';
import { redactShortened } from './redact-values.ts';
import { createScriptAnalysis } from './script-analysis.ts';
import { RefusedRequest, ServerLink } from './server-link.ts';
import { createSourceFiles, pathOf, sha256Of } from './source-files.ts';

/** Of `agent/files`, entries of one message. */
const FILES_PER_MESSAGE = 500;
const FILES_DELAY_MS = 30;
const NOT_FOUND = -32005;

const { settings, commands, counts, control, entryName, loaded, loaderPort, sites } = workerData as WorkerInput;
const startedAt = settings.timeOrigin;
const now = () => performance.timeOrigin - settings.timeOrigin + performance.now();

const unsentFiles: LoadedFile[] = [];
let filesTimer: NodeJS.Timeout | undefined;
let online = false;
let revision = 0;

const inWorkerThreads = new Set<string>();
const files = createSourceFiles(settings.workingDirectory, (added) => {
  unsentFiles.push(...added);
  filesTimer ??= setTimeout(sendFiles, FILES_DELAY_MS);
  table.somethingLoaded();
});
const instrumentation = createInstrumentation(settings.instrument);
const session = new DebuggerSession({
  onScript(script) {
    files.note(script.path, script.sourceMapUrl);
    table.somethingLoaded();
  },
  onHeapLimit: () => table.heapLimit(),
  mayBeInstrumented: (path) => instrumentation.wanted(path),
});
const analyse = createScriptAnalysis(session);
const exact = sites && createExactCounters(sites, counts);
const probes = new Probes({ session, files, analyse, commands, control, entryName, exact, now });
const deepNames = createDeepNames({ session, files, analyse });
const deepPauses = createDeepPauses({
  tellHost: (command) => parentPort?.postMessage(command),
  names: deepNames,
  resume: () => session.resume(),
  original: (site) => session.originalSite(site),
});
let blockedPaths: readonly string[] = [];
const link = new ServerLink(settings, {
  onOpen: () => void greet(),
  onClosed() {
    online = false;
    revision = 0;
    hits.disconnected();
    metricQueue.disconnected();
  },
  onNotification: (method, params) => {
    if (method === 'agent/desiredState') applyDesiredState(params);
  },
  onRequest: (method, params) => (method === 'agent/source' ? readSource(params) : undefined),
});
const hits = createHitQueue(link, (count) => Atomics.sub(control, CONTROL.queued, count));
const metricQueue = createMetricQueue(link);
const metrics = createMetrics((point) => metricQueue.add(point));
const canary = createCanaryWatch((command) => parentPort?.postMessage(command));
const table = new ActionTable({
  session,
  files,
  probes,
  analyse,
  counts,
  metrics,
  canary,
  notInstrumented: (action, places) => instrumentation.whyNot(action, places),
  deepReady: () => deepPauses.ready(),
  policy: {
    revision: -1,
    // Replaced by the server's in its first answer, before any action can arrive.
    budgets: {
      snapshotsPerSecondPerAction: 1,
      snapshotsPerSecond: 10,
      logsPerSecondPerAction: 50,
      logsPerSecond: 500,
      bytesPerSecond: 262_144,
      cpuSharePerAction: 0.01,
      cpuShare: 0.03,
      queue: 1000,
    },
    redaction: { names: [], types: [] },
    blockedPaths: [],
  },
  allowLargeScripts: settings.allowLargeScripts,
  now,
  onStatuses(statuses) {
    if (online) link.notify('agent/statuses', { statuses });
  },
  runsInWorkerThread: (path) => [...inWorkerThreads].some((file) => file === path || file.endsWith(`/${path}`)),
});

for (const file of loaded) files.note(file);
hearLoadedFiles((urls) => {
  for (const url of urls) {
    const path = pathOf(url);
    if (path !== undefined) inWorkerThreads.add(path);
  }
  table.somethingLoaded();
});
parentPort?.on('message', fromHost);
loaderPort?.on('message', fromHost);
watchExit();
link.start();

function fromHost(message: HostMessage): void {
  // Behind a thousand messages the word that the process exits would come too late.
  if (Atomics.load(control, CONTROL.exit) !== 0) {
    letGo();
    return;
  }
  switch (message.type) {
    case 'hit':
      void forward(message);
      break;
    case 'spent':
      table.spent(message);
      break;
    case 'failed':
      table.failed(message.actionId, message.error);
      break;
    case 'group':
      metrics.named(message);
      break;
    case 'seen': {
      const values = message.values.map(({ text, value }) => ({ text, value: redactShortened(value).slice(0, 200) }));
      table.seen(message.actionId, message.revision, values);
      break;
    }
    case 'health':
      canary.heard(message);
      break;
    case 'distinctFull':
      table.distinctFull(message.actionId, message.revision);
      break;
    case 'left':
      instrumentation.left(message.path, message.problem);
      break;
    case 'module':
      files.note(message.url);
  }
}

let mapping: Promise<void> = Promise.resolve();

/** One after another: hits keep their order although source maps may have to be read. */
function forward(raw: RawHit): Promise<void> {
  mapping = mapping.then(() => forwardNow(raw)).catch(lost);
  return mapping;
}

let saidLost = false;

/** A mistake of our own: said once, so that it is found; the hit is lost and the next one may do better. */
function lost(error: unknown): void {
  Atomics.sub(control, CONTROL.queued, 1);
  if (saidLost) return;
  saidLost = true;
  process.stderr.write(
    `stillframe: a capture could not be sent: ${error instanceof Error ? error.stack : String(error)}\n`,
  );
}

async function forwardNow(raw: RawHit): Promise<void> {
  if (Atomics.load(control, CONTROL.exit) !== 0) return;
  const known = table.action(raw.actionId);
  if (known === undefined || known.action.revision !== raw.revision) {
    Atomics.sub(control, CONTROL.queued, 1);
    return;
  }
  deepPauses.learn(raw);
  await instrumentation.correct(raw.frames, session);
  const hit = await mapHit(raw, hits.nextSequence(), known.action, known.resolved, files);
  await addCallers(raw, hit.frames, hit.values, deepNames, blockedPaths);
  const destination = destinationOf(known.action);
  if (hit.message !== undefined && destination !== 'editor') writeLog(hit, known.resolved);
  if (destination === 'stdout') {
    // It is counted by the server, but what it says stays with the service.
    delete hit.message;
    hit.values = [];
  }
  table.captured(hit.actionId);
  hits.add(hit);
}

function destinationOf(action: Action): NonNullable<Action['destination']> {
  return action.destination ?? 'editor';
}

async function greet(): Promise<void> {
  try {
    const answer = (await link.request('agent/hello', {
      protocol: { min: 1, max: 1 },
      agent: description(),
    })) as Partial<AgentHelloResult>;
    if (answer?.policy === undefined || typeof answer.acknowledged !== 'number') return link.drop();
    link.settled();
    online = true;
    // A desired state that overtook this answer is newer.
    if (revision === 0) setPolicy(answer.policy);
    unsentFiles.length = 0;
    unsentFiles.push(...files.list());
    sendFiles();
    table.resend();
    hits.connected(answer.acknowledged);
    metricQueue.connected(answer.metricsAcknowledged ?? 0);
  } catch {
    link.drop();
  }
}

function description(): AgentDescription {
  const { id, name, tags, agentVersion, workingDirectory, repository, commit, build } = settings;
  const deployed = {
    ...(repository && { repository }),
    ...(commit && { commit }),
    ...(build && { build }),
  };
  return {
    id,
    name,
    tags,
    runtime: 'node',
    runtimeVersion: process.versions.node,
    agentVersion,
    host: hostname(),
    pid: process.pid,
    startedAt,
    workingDirectory,
    ...(Object.keys(deployed).length > 0 && { deployed }),
    kinds: ['snapshot', 'log', 'counter', 'tictoc', 'duration', 'metric'],
  };
}

function applyDesiredState(params: unknown): void {
  const state = params as Partial<DesiredStateParams> | null;
  if (typeof state?.revision !== 'number' || !Array.isArray(state.actions) || state.revision <= revision) return;
  revision = state.revision;
  if (isPolicy(state.policy)) setPolicy(state.policy);
  const actions = state.actions.filter(isAction);
  deepPauses.apply(actions);
  table.apply(actions);
}

function setPolicy(policy: Policy): void {
  blockedPaths = policy.blockedPaths;
  deepPauses.setBlocked(policy.blockedPaths);
  table.setPolicy(policy);
}

/** The server checks what it sends; this keeps a broken or foreign one from doing harm. */
function isAction(value: unknown): value is Action {
  const action = value as Partial<Action> | null;
  return (
    typeof action?.id === 'string' &&
    typeof action.revision === 'number' &&
    typeof action.location?.path === 'string' &&
    typeof action.location.line === 'number' &&
    typeof action.remainingMs === 'number' &&
    typeof action.maxHits === 'number' &&
    typeof action.capture === 'object' &&
    Array.isArray(action.watches)
  );
}

function isPolicy(value: unknown): value is Policy {
  const policy = value as Partial<Policy> | null | undefined;
  return (
    typeof policy?.revision === 'number' && typeof policy.budgets === 'object' && Array.isArray(policy.blockedPaths)
  );
}

function sendFiles(): void {
  clearTimeout(filesTimer);
  filesTimer = undefined;
  if (!online) return;
  while (unsentFiles.length > 0) {
    link.notify('agent/files', { added: unsentFiles.splice(0, FILES_PER_MESSAGE), removed: [] });
  }
}

async function readSource(params: unknown): Promise<{ text: string; sha256: string }> {
  const { path, sha256 } = Object(params) as Partial<SourceParams>;
  const text = typeof path === 'string' && files.get(path) !== undefined ? await files.textOf(path) : undefined;
  if (text === undefined)
    throw new RefusedRequest(NOT_FOUND, 'notFound', `Cannot read ${path}: the service has not loaded it`);
  const actual = sha256Of(text);
  if (sha256 !== undefined && sha256 !== actual)
    throw new RefusedRequest(NOT_FOUND, 'notFound', `The service does not run this version of ${path} any more`);
  return { text, sha256: actual };
}

/** The host waits for this for a moment when the process exits; otherwise Node would wait for the inspector and say so. */
function watchExit(): void {
  // Node 20 has it; the language level this room compiles for does not.
  const { waitAsync } = Atomics as unknown as {
    waitAsync(words: Int32Array, index: number, value: number): { value: unknown };
  };
  const waiting = waitAsync(control, CONTROL.exit, 0);
  void Promise.resolve(waiting.value).then(letGo);
}

function letGo(): void {
  session.end();
  deepPauses.close();
  Atomics.store(control, CONTROL.exit, 2);
  Atomics.notify(control, CONTROL.exit);
  table.close();
  metrics.close();
  canary.close();
  link.close();
}

// The worker's own mistakes end here; the service never sees them.
process.on('uncaughtException', (error) => process.stderr.write(`stillframe: agent error: ${error.message}\n`));

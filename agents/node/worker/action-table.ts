/**
 * The actions this agent should carry out, and how each is doing. Changes are worked off one after another, so that an
 * action is never placed and removed at the same time. Each ends by itself, also without a server.
 */
import type { Action } from '@stillframe/protocol/action';
import type { Policy } from '@stillframe/protocol/policy';
import type { ActionStatus, AgentActionState, Link, ResolvedLocation, SeenValue } from '@stillframe/protocol/status';
import type { MeasureBuffer } from '../shared/measure-buffer.ts';
import { MAX_SLOTS, type Spent } from '../shared/probe-messages.ts';
import { clearCounts, readCounts, readMicros, statusOf } from './action-status.ts';
import { blockedPaths } from './blocked-paths.ts';
import type { CanaryWatch } from './canary-watch.ts';
import type { DebuggerSession } from './debugger-session.ts';
import { isDeep, withDeepCost } from './deep-cost.ts';
import { measureEntryCost } from './entry-cost.ts';
import { canCountExactly } from './exact-counters.ts';
import { isLowerBound, type Passed, sampledBy } from './exposure.ts';
import type { Metrics } from './metrics.ts';
import { isMeasured, measureBufferFor, probeAction } from './probe-action.ts';
import type { Probes } from './probes.ts';
import { redactText, setValueRules } from './redact-values.ts';
import { resolveAction } from './resolve-action.ts';
import type { Place, Resolution } from './resolve-location.ts';
import type { AnalyseScript } from './script-analysis.ts';
import type { SourceFiles } from './source-files.ts';

export interface ActionTableInput {
  session: DebuggerSession;
  files: SourceFiles;
  probes: Probes;
  analyse: AnalyseScript;
  counts: Int32Array;
  metrics: Metrics;
  canary: CanaryWatch;
  /** Why a counter is not counted by code that was instrumented at load, where that was asked for. */
  notInstrumented(action: Action, places: readonly Place[]): string | undefined;
  /** Resolves when deep snapshots can be made, or when it has waited long enough. */
  deepReady(): Promise<void>;
  policy: Policy;
  allowLargeScripts: boolean;
  now: () => number;
  onStatuses(statuses: ActionStatus[]): void;
  /** Files that run in worker threads of the application, where this agent has no session. */
  runsInWorkerThread(path: string): boolean;
}

interface LiveAction {
  action: Action;
  slot: number;
  state: AgentActionState;
  links: Link[];
  places: Place[];
  resolved: ResolvedLocation | undefined;
  lastError: string | undefined;
  lastValues: SeenValue[] | undefined;
  measure: MeasureBuffer | undefined;
  /** As long as it had places. */
  passed: Passed;
  /** The service is still watched without it. */
  onTrial: boolean;
  /** On the host's monotonic clock. */
  endsAt: number;
  end: NodeJS.Timeout;
  /** JSON of the last status that was sent. */
  sent: string;
  saidCaptured: boolean;
  gone: boolean;
}

const COUNTS_EVERY_MS = 1000;
/** After a script has loaded, more are about to: waiting actions are tried once when it calms down. */
const SETTLE_MS = 50;

export class ActionTable {
  readonly #input: ActionTableInput;
  readonly #actions = new Map<string, LiveAction>();
  readonly #freeSlots = Array.from({ length: MAX_SLOTS }, (_, slot) => MAX_SLOTS - 1 - slot);
  #policy: Policy;
  #work: Promise<void> = Promise.resolve();
  #retry: NodeJS.Timeout | undefined;
  #counting: NodeJS.Timeout | undefined;

  constructor(input: ActionTableInput) {
    this.#input = input;
    this.#policy = input.policy;
  }

  /** The whole of what should be carried out; what is already there in the same revision stays untouched. */
  apply(actions: readonly Action[]): void {
    const wanted = new Map(actions.map((action) => [action.id, action]));
    for (const live of [...this.#actions.values()]) {
      if (wanted.get(live.action.id)?.revision !== live.action.revision) this.#drop(live);
    }
    for (const action of wanted.values()) if (!this.#actions.has(action.id)) this.#take(action);
    this.#countWhileNeeded();
  }

  setPolicy(policy: Policy): void {
    if (policy.revision === this.#policy.revision && this.#actions.size > 0) return;
    const paced = pacesActionsAs(this.#policy, policy);
    this.#policy = policy;
    this.#input.probes.sendPolicy({
      command: 'policy',
      budgets: policy.budgets,
      redactedNames: policy.redaction.names,
      redactedTypes: policy.redaction.types,
    });
    setValueRules(policy.redaction.valuesOff ?? []);
    for (const live of this.#actions.values()) {
      this.#enqueue(() => this.#enforceBlocks(live));
      if (!paced) this.#enqueue(() => this.#placeAgain(live));
    }
  }

  action(id: string): { action: Action; resolved: ResolvedLocation | undefined } | undefined {
    return this.#actions.get(id);
  }

  failed(actionId: string, error: string): void {
    const live = this.#actions.get(actionId);
    if (live === undefined) return;
    const first = live.lastError === undefined;
    live.lastError = redactText(error);
    if (first) this.#report([live]);
  }

  /** What the parts of a condition were when it was last false; told with the next counts. */
  seen(actionId: string, revision: number, values: SeenValue[]): void {
    const live = this.#actions.get(actionId);
    if (live?.action.revision === revision) live.lastValues = values;
  }

  /** A sampling has had as many different values as it may remember. */
  distinctFull(actionId: string, revision: number): void {
    const live = this.#actions.get(actionId);
    if (live?.action.revision !== revision) return;
    this.#enqueue(() =>
      this.#suspend(
        live,
        'It has captured as many different values as it may remember; nothing more is captured. Place it again, or sample by another expression',
      ),
    );
  }

  /** A hit is on its way; the first one changes what the chain says, so it is not left to the next count. */
  captured(actionId: string): void {
    const live = this.#actions.get(actionId);
    if (live === undefined || live.saidCaptured) return;
    live.saidCaptured = true;
    this.#report([live]);
  }

  spent(spent: Spent): void {
    this.#enqueue(() => this.#input.probes.rest(spent));
    if (spent.reason === 'finished') this.#finishThoseWithAllHits();
  }

  /** A file or script became known: actions that wait for one are tried again. */
  somethingLoaded(): void {
    if (this.#retry !== undefined) return;
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      for (const live of this.#actions.values()) {
        if (live.state === 'pending' || live.state === 'armed') this.#enqueue(() => this.#place(live));
      }
    }, SETTLE_MS);
  }

  /** V8 was near its heap limit: everything is out, and stays out until the action is placed anew. */
  heapLimit(): void {
    this.#input.probes.forget();
    const reason =
      'The process is near its heap limit; the agent let go of it. Remove the action, or place it again when there is memory';
    for (const live of this.#actions.values()) {
      if (live.state !== 'armed' && live.state !== 'pending') continue;
      live.state = 'suspended';
      live.places = [];
      live.links = [...live.links, { link: 'armed', state: 'broken', reason }];
    }
    this.#report([...this.#actions.values()]);
  }

  /** All statuses, for a server that may have forgotten. */
  resend(): void {
    for (const live of this.#actions.values()) live.sent = '';
    this.#report([...this.#actions.values()]);
  }

  close(): void {
    clearTimeout(this.#retry);
    clearInterval(this.#counting);
    for (const live of this.#actions.values()) clearTimeout(live.end);
    this.#actions.clear();
  }

  #enqueue(job: () => Promise<void>): void {
    this.#work = this.#work.then(job).catch(() => {});
  }

  #take(action: Action): void {
    const slot = this.#freeSlots.pop();
    if (slot === undefined) return;
    clearCounts(this.#input.counts, slot);
    const remainingMs = Math.max(0, Math.min(action.remainingMs, MAXIMUM_LIFETIME_MS));
    const live: LiveAction = {
      action,
      slot,
      state: 'pending',
      links: [],
      places: [],
      resolved: undefined,
      lastError: undefined,
      lastValues: undefined,
      measure: measureBufferFor(action),
      passed: { armedMs: 0, sparedMs: 0, costMs: 0 },
      onTrial: action.canary !== undefined,
      endsAt: this.#input.now() + remainingMs,
      end: setTimeout(() => this.#enqueue(() => this.#finish(live)), remainingMs),
      sent: '',
      saidCaptured: false,
      gone: false,
    };
    this.#actions.set(action.id, live);
    const { measure } = live;
    if (measure !== undefined) {
      const kind = action.kind === 'counter' ? 'counts' : 'numbers';
      this.#input.metrics.take({
        actionId: action.id,
        revision: action.revision,
        kind,
        buffer: measure,
        gather: () => void this.#readExact(live),
        passed: () => this.#passed(live),
      });
    }
    if (live.onTrial) this.#watchFirst(live);
    else this.#enqueue(() => this.#place(live));
  }

  /** What the service is like with the action is compared with what it was like before. */
  #watchFirst(live: LiveAction): void {
    const ms = this.#input.canary.before(live.action, () => {
      live.onTrial = false;
      this.#enqueue(() => this.#place(live));
    });
    const reason = `The service is watched for ${Math.round(ms / 1000)} s first, since the action is tried on it before it goes to others`;
    live.links = [{ link: 'armed', state: 'pending', reason }];
    this.#report([live]);
  }

  #drop(live: LiveAction): void {
    live.gone = true;
    clearTimeout(live.end);
    this.#actions.delete(live.action.id);
    this.#enqueue(async () => {
      await this.#takeOut(live);
      this.#input.metrics.drop(live.action.id, live.action.revision);
      this.#input.canary.drop(live.action);
      this.#freeSlots.push(live.slot);
    });
  }

  async #place(live: LiveAction): Promise<void> {
    if (live.gone || live.onTrial || (live.state !== 'pending' && live.state !== 'armed')) return;
    const { session, files } = this.#input;
    await files.settled();
    const known = files.matching(live.action.location.path);
    // Nothing touches the service's debugger before there is something to place.
    if (known.length === 1) await session.open();
    if (known.length === 1 && isMeasured(live.action)) await measureEntryCost();
    if (known.length === 1 && isDeep(live.action)) await this.#input.deepReady();
    const resolution = await this.#resolve(live);
    if (live.gone) return;
    live.links = withDeepCost(resolution.links, live.action);
    live.resolved = resolution.resolved ?? live.resolved;
    live.state = resolution.state === 'resolved' ? 'armed' : resolution.state;
    for (const place of live.places) {
      if (!resolution.places.some((kept) => samePlace(kept, place)))
        await this.#input.probes.remove(place, live.action.id);
    }
    const added = resolution.places.filter((place) => !live.places.some((kept) => samePlace(kept, place)));
    live.places = resolution.places;
    try {
      for (const place of added)
        await this.#input.probes.add(place, probeAction({ ...live, budgets: this.#policy.budgets }, place));
    } catch (error) {
      live.state = 'rejected';
      const reason = `The runtime refused the place: ${error instanceof Error ? error.message : String(error)}`;
      live.links = [...live.links, { link: 'armed', state: 'broken', reason }];
    }
    if (live.state === 'armed') this.#input.canary.since(live.action);
    this.#closeIfIdle();
    this.#report([live]);
  }

  async #resolve(live: LiveAction): Promise<Resolution> {
    const { action } = live;
    const { files, session, analyse, runsInWorkerThread } = this.#input;
    const resolution = await resolveAction(action, {
      files,
      session,
      analyse,
      blocked: blockedPaths(this.#policy.blockedPaths),
      allowLargeScripts: this.#input.allowLargeScripts,
      sitesSuffice: canCountExactly(action),
    });
    if (!runsInWorkerThread(action.location.path)) return resolution;
    if (resolution.state !== 'resolved') {
      const reason = `${action.location.path} runs in a worker thread of the service; actions work in its main thread only`;
      return { state: 'rejected', links: [{ link: 'file', state: 'broken', reason }], places: [] };
    }
    const reason = 'The file also runs in worker threads of the service, which are not looked at';
    const links = resolution.links.map(
      (link): Link => (link.link === 'file' ? { link: 'file', state: 'warning', reason } : link),
    );
    return { ...resolution, links };
  }

  /** An action carries its own rate with it; what it has used up stays. */
  async #placeAgain(live: LiveAction): Promise<void> {
    if (live.gone || live.state !== 'armed') return;
    for (const place of live.places)
      await this.#input.probes.add(place, probeAction({ ...live, budgets: this.#policy.budgets }, place));
  }

  async #enforceBlocks(live: LiveAction): Promise<void> {
    const path = live.resolved?.path;
    const rule = path === undefined ? undefined : blockedPaths(this.#policy.blockedPaths)(path);
    if (live.gone || live.state !== 'armed' || rule === undefined) return;
    await this.#takeOut(live);
    live.state = 'rejected';
    const reason = `${path} is now blocked by the policy "${rule}"`;
    live.links = [{ link: 'file', state: 'broken', reason }];
    this.#report([live]);
  }

  async #finish(live: LiveAction): Promise<void> {
    if (live.gone || live.state === 'finished') return;
    await this.#takeOut(live);
    this.#input.metrics.drop(live.action.id, live.action.revision);
    if (live.state === 'armed') live.state = 'finished';
    this.#report([live]);
  }

  async #suspend(live: LiveAction, reason: string): Promise<void> {
    if (live.gone || live.state !== 'armed') return;
    await this.#takeOut(live);
    live.state = 'suspended';
    live.links = [...live.links, { link: 'armed', state: 'broken', reason }];
    this.#report([live]);
  }

  #finishThoseWithAllHits(): void {
    for (const live of this.#actions.values()) {
      const { captured } = readCounts(this.#input.counts, live.slot);
      const hasAllHits = !isMeasured(live.action) && captured >= live.action.maxHits;
      if (hasAllHits || this.#input.now() >= live.endsAt) this.#enqueue(() => this.#finish(live));
    }
  }

  async #takeOut(live: LiveAction): Promise<void> {
    const places = live.places;
    this.#passed(live);
    live.places = [];
    for (const place of places) await this.#input.probes.remove(place, live.action.id);
    this.#closeIfIdle();
  }

  #closeIfIdle(): void {
    if (this.#input.probes.isEmpty) this.#input.session.closeLater();
  }

  #countWhileNeeded(): void {
    if (this.#actions.size === 0) {
      clearInterval(this.#counting);
      this.#counting = undefined;
    } else this.#counting ??= setInterval(() => this.#report([...this.#actions.values()]), COUNTS_EVERY_MS);
  }

  #report(actions: readonly LiveAction[]): void {
    const statuses: ActionStatus[] = [];
    for (const live of actions) {
      if (live.links.length === 0) continue;
      const status = this.#statusOf(live);
      const text = JSON.stringify(status);
      if (text === live.sent) continue;
      live.sent = text;
      statuses.push(status);
    }
    if (statuses.length > 0) this.#input.onStatuses(statuses);
  }

  #statusOf(live: LiveAction): ActionStatus {
    const exact = this.#readExact(live);
    const passed = this.#passed(live);
    return statusOf({
      action: live.action,
      state: live.state,
      links: live.links,
      resolved: live.resolved,
      lastError: live.lastError,
      lastValues: live.lastValues,
      health: this.#input.canary.health(live.action),
      counts: readCounts(this.#input.counts, live.slot),
      // Rounded, so that a status is not sent for each change behind the comma.
      sampledBy: Math.round(sampledBy(passed)),
      lowerBound: isLowerBound(passed),
      instrumented: exact ? 'yes' : this.#input.notInstrumented(live.action, live.places),
    });
  }

  /** What instrumented lines have counted; whether all of its places are such. */
  #readExact({ places, action }: LiveAction): boolean {
    const exact = places.map((place) => this.#input.probes.readExact(place, action.id));
    return exact.length > 0 && exact.every((each) => each);
  }

  /** All places at which it begins, together. */
  #passed(live: LiveAction): Passed {
    if (live.places.length === 0) return live.passed;
    const passed: Passed = { armedMs: 0, sparedMs: 0, costMs: readMicros(this.#input.counts, live.slot) / 1000 };
    for (const place of live.places) {
      if (place.timed?.end === 'finish') continue;
      const { armedMs, sparedMs } = this.#input.probes.exposure(place);
      passed.armedMs += armedMs;
      passed.sparedMs += sparedMs;
    }
    live.passed = passed;
    return passed;
  }
}

function samePlace(a: Place, b: Place): boolean {
  return a.script.id === b.script.id && a.at.lineNumber === b.at.lineNumber && a.at.columnNumber === b.at.columnNumber;
}

const MAXIMUM_LIFETIME_MS = 86_400_000;

function pacesActionsAs({ budgets: a }: Policy, { budgets: b }: Policy): boolean {
  return (
    a.snapshotsPerSecondPerAction === b.snapshotsPerSecondPerAction &&
    a.logsPerSecondPerAction === b.logsPerSecondPerAction
  );
}

/**
 * Breakpoints, one per place and all its actions, and their duty cycle: a breakpoint is in only while it may still produce
 * something. The host says when a place has used up its rate or its share of a core; it comes out and goes in again when due.
 */
import type { MessagePort } from 'node:worker_threads';
import type { ExpressionNode } from '@stillframe/protocol/expression';
import { CONTROL, type HostCommand, type Probe, type ProbeAction, type Spent } from '../shared/probe-messages.ts';
import { type ConditionScope, conditionScope, conditionText } from './condition-text.ts';
import type { DebuggerSession } from './debugger-session.ts';
import { microsFor } from './entry-cost.ts';
import { canCountExactly, type ExactCounters } from './exact-counters.ts';
import { advance, type Exposure, expose, newExposure } from './exposure.ts';
import type { Place } from './resolve-location.ts';
import { type ScopeAt, scopeAt } from './scope-analysis.ts';
import type { AnalyseScript } from './script-analysis.ts';
import { siteAt } from './site-at.ts';
import type { SourceFiles } from './source-files.ts';

export interface ProbesInput {
  session: DebuggerSession;
  files: SourceFiles;
  analyse: AnalyseScript;
  commands: MessagePort;
  control: Int32Array;
  entryName: string;
  /** Where modules are instrumented at load. */
  exact: ExactCounters | undefined;
  /** Milliseconds on the host's monotonic clock. */
  now: () => number;
}

interface LiveProbe {
  id: number;
  place: Place;
  scope: ScopeAt | undefined;
  authorsName: (declaredAt: number) => string | undefined;
  actions: Map<string, ProbeAction>;
  condition: string;
  breakpointId: string | undefined;
  resting: NodeJS.Timeout | undefined;
  exposure: Exposure;
}

/** Microseconds of one condition: V8's entry and its walk over the function's scopes (measured; benchmarks repeat it). */
const ENTRY_MICROS = 30;
const MICROS_PER_LINE = 1.8;
/** The first condition in a function parses the whole script again: what is timed across it would only be a guess. */
const FIRST_MICROS_PER_UNIT = 60_000 / 1_048_576;
const LONGEST_TIMED_AT_FIRST = 16_384;

export class Probes {
  readonly #input: ProbesInput;
  readonly #byKey = new Map<string, LiveProbe>();
  readonly #byId = new Map<number, LiveProbe>();
  /** Sites of instrumented lines that count for an action, instead of a breakpoint. */
  readonly #sites = new Map<string, { site: number; actionId: string }>();
  #nextId = 1;

  constructor(input: ProbesInput) {
    this.#input = input;
  }

  /** Puts an action at a place, or its newer revision. */
  async add(place: Place, action: ProbeAction): Promise<void> {
    if (await this.#countExactly(place, action)) return;
    const key = keyOf(place);
    const probe = this.#byKey.get(key) ?? (await this.#create(key, place));
    probe.actions.set(action.actionId, action);
    await this.#refresh(probe);
  }

  async #countExactly(place: Place, action: ProbeAction): Promise<boolean> {
    const { exact, session } = this.#input;
    if (exact === undefined || !canCountExactly(action)) return false;
    const site = await siteAt(session, place);
    if (site === undefined || !exact.add(site, action)) return false;
    this.#sites.set(siteKey(place, action.actionId), { site, actionId: action.actionId });
    return true;
  }

  /** Takes over what was counted at instrumented lines; false where a breakpoint counts. */
  readExact(place: Place, actionId: string): boolean {
    const counted = this.#sites.get(siteKey(place, actionId));
    return counted !== undefined && this.#input.exact?.read(counted.site, actionId) === true;
  }

  async remove(place: Place, actionId: string): Promise<void> {
    const counted = this.#sites.get(siteKey(place, actionId));
    if (counted !== undefined) {
      this.#sites.delete(siteKey(place, actionId));
      this.#input.exact?.remove(counted.site, actionId);
      return;
    }
    const probe = this.#byKey.get(keyOf(place));
    if (probe?.actions.delete(actionId) !== true) return;
    if (probe.actions.size > 0) return this.#refresh(probe);
    this.#byKey.delete(keyOf(place));
    this.#byId.delete(probe.id);
    await this.#takeOut(probe, 'out');
    this.#command({ command: 'remove', probeId: probe.id });
  }

  /** How long the place was looked at so far, and how long it was left alone for the sake of the processor. */
  exposure(place: Place): { armedMs: number; sparedMs: number } {
    const exposure = this.#byKey.get(keyOf(place))?.exposure;
    if (exposure === undefined) return { armedMs: 0, sparedMs: 0 };
    advance(exposure, this.#input.now());
    return { armedMs: exposure.armedMs, sparedMs: exposure.sparedMs };
  }

  /** The host asks for a rest. */
  async rest(spent: Spent): Promise<void> {
    const wait = spent.untilMs - this.#input.now();
    if (wait <= 0) return;
    const resting = this.#restingWith(spent);
    for (const probe of resting) {
      clearTimeout(probe.resting);
      await this.#takeOut(probe, spent.reason === 'cpu' ? 'spared' : 'out');
    }
    if (!Number.isFinite(wait)) return;
    for (const probe of resting) {
      probe.resting = setTimeout(() => {
        probe.resting = undefined;
        if (this.#byId.has(probe.id)) this.#putIn(probe).catch(() => {});
      }, wait);
    }
  }

  /** The places of a timer rest together. Its ends come back first, so that no start finds them away. */
  #restingWith({ probeId, timer }: Spent): LiveProbe[] {
    if (timer === undefined) {
      const probe = this.#byId.get(probeId);
      return probe === undefined ? [] : [probe];
    }
    const of = (end: 'start' | 'finish') =>
      [...this.#byId.values()].filter((probe) => probe.actions.get(timer.actionId)?.timed?.end === end);
    return timer.ends === 'start' ? of('start') : [...of('finish'), ...of('start')];
  }

  /** The session is gone, and every breakpoint with it. */
  forget(): void {
    for (const probe of this.#byId.values()) {
      clearTimeout(probe.resting);
      this.#command({ command: 'remove', probeId: probe.id });
    }
    this.#byId.clear();
    this.#byKey.clear();
    for (const { site, actionId } of this.#sites.values()) this.#input.exact?.remove(site, actionId);
    this.#sites.clear();
  }

  get isEmpty(): boolean {
    return this.#byId.size === 0;
  }

  #command(command: HostCommand): void {
    this.#input.commands.postMessage(command);
    Atomics.store(this.#input.control, CONTROL.mailbox, 1);
  }

  sendPolicy(command: Extract<HostCommand, { command: 'policy' }>): void {
    this.#command(command);
  }

  async #create(key: string, place: Place): Promise<LiveProbe> {
    const { program, lines } = await this.#input.analyse(place.script);
    const file = this.#input.files.executed(place.script.path);
    const map = file === undefined ? undefined : await this.#input.files.mapOf(file);
    const probe: LiveProbe = {
      id: this.#nextId++,
      place,
      scope: program && scopeAt(program, place.scopeAt ?? lines.offsetOf(place.at), place.atReturn),
      authorsName(declaredAt) {
        const { lineNumber, columnNumber } = lines.positionOf(declaredAt);
        return map?.nameAt({ line: lineNumber + 1, column: columnNumber });
      },
      actions: new Map(),
      condition: '',
      breakpointId: undefined,
      resting: undefined,
      exposure: newExposure(),
    };
    this.#byKey.set(key, probe);
    this.#byId.set(probe.id, probe);
    return probe;
  }

  /** Tells the host first, so that the first condition already finds its actions. */
  async #refresh(probe: LiveProbe): Promise<void> {
    const actions = [...probe.actions.values()];
    const scope = conditionScope(
      probe.scope,
      actions.flatMap(treesOf),
      probe.authorsName,
      actions.some(takesVariables),
    );
    this.#command({ command: 'set', probe: wireProbe(probe, scope, actions) });
    const condition = conditionText(this.#input.entryName, probe.id, scope);
    clearTimeout(probe.resting);
    probe.resting = undefined;
    if (condition !== probe.condition) await this.#takeOut(probe, 'out');
    probe.condition = condition;
    await this.#putIn(probe);
  }

  async #putIn(probe: LiveProbe): Promise<void> {
    if (probe.breakpointId !== undefined) return;
    const { script, at } = probe.place;
    const asked = this.#input.now();
    probe.breakpointId = await this.#input.session.setBreakpoint(script, at, probe.condition);
    expose(probe.exposure, 'in', (asked + this.#input.now()) / 2);
    // It was removed, or asked to rest, while V8 was setting it.
    if (!this.#byId.has(probe.id) || probe.resting !== undefined) await this.#takeOut(probe, 'out');
  }

  async #takeOut(probe: LiveProbe, why: 'spared' | 'out'): Promise<void> {
    const { breakpointId } = probe;
    if (breakpointId === undefined) {
      if (why === 'spared') expose(probe.exposure, why, this.#input.now());
      return;
    }
    probe.breakpointId = undefined;
    const asked = this.#input.now();
    await this.#input.session.removeBreakpoint(breakpointId);
    // It is gone for the service at some moment in between.
    expose(probe.exposure, why, (asked + this.#input.now()) / 2);
  }
}

function keyOf({ script, at }: Place): string {
  return `${script.id}:${at.lineNumber}:${at.columnNumber}`;
}

function siteKey(place: Place, actionId: string): string {
  return `${keyOf(place)} ${actionId}`;
}

function wireProbe(probe: LiveProbe, scope: ConditionScope, actions: ProbeAction[]): Probe {
  const lines = probe.scope?.functionLines ?? 50;
  const lagMicros = microsFor(lines);
  const { length } = probe.place.script;
  return {
    id: probe.id,
    names: scope.names,
    hasThis: scope.hasThis,
    entryMicros: ENTRY_MICROS + MICROS_PER_LINE * lines,
    lagMicros,
    firstLagMicros: length > LONGEST_TIMED_AT_FIRST ? -1 : lagMicros + length * FIRST_MICROS_PER_UNIT,
    actions,
  };
}

/** A scope is only asked for by what shows it; each name in the condition costs. */
function takesVariables({ kind, sampling }: ProbeAction): boolean {
  return kind === 'snapshot' || sampling?.by === 'slowest';
}

function treesOf(action: ProbeAction): ExpressionNode[] {
  const inTemplate = (action.template ?? []).flatMap((part) => (typeof part === 'string' ? [] : [part.tree]));
  return [
    ...(action.condition ? [action.condition] : []),
    ...(action.expression ? [action.expression] : []),
    ...(action.sampling?.by === 'distinct' ? [action.sampling.tree] : []),
    ...action.watches.map(({ tree }) => tree),
    ...inTemplate,
  ];
}

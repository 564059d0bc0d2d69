/**
 * Breakpoints, one per place and all its actions, and their duty cycle: a breakpoint is in only while it may still produce
 * something. The host says when a place has used up its rate or its share of a core; it comes out and goes in again when due.
 */
import type { MessagePort } from 'node:worker_threads';
import type { ExpressionNode } from '@stillframe/protocol/expression';
import { CONTROL, type HostCommand, type Probe, type ProbeAction, type Spent } from '../shared/probe-messages.ts';
import { type ConditionScope, conditionScope, conditionText } from './condition-text.ts';
import type { DebuggerSession } from './debugger-session.ts';
import type { Place } from './resolve-location.ts';
import { type ScopeAt, scopeAt } from './scope-analysis.ts';
import type { AnalyseScript } from './script-analysis.ts';
import type { SourceFiles } from './source-files.ts';

export interface ProbesInput {
  session: DebuggerSession;
  files: SourceFiles;
  analyse: AnalyseScript;
  commands: MessagePort;
  control: Int32Array;
  entryName: string;
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
  /** Milliseconds the breakpoint was in, and in which it was out for the sake of the processor. */
  armedMs: number;
  sparedMs: number;
  armedAt: number;
}

/** Microseconds of one condition: V8's entry and its walk over the function's scopes (measured; benchmarks repeat it). */
const ENTRY_MICROS = 30;
const MICROS_PER_LINE = 1.8;

export class Probes {
  readonly #input: ProbesInput;
  readonly #byKey = new Map<string, LiveProbe>();
  readonly #byId = new Map<number, LiveProbe>();
  #nextId = 1;

  constructor(input: ProbesInput) {
    this.#input = input;
  }

  /** Puts an action at a place, or its newer revision. */
  async add(place: Place, action: ProbeAction): Promise<void> {
    const key = keyOf(place);
    const probe = this.#byKey.get(key) ?? (await this.#create(key, place));
    probe.actions.set(action.actionId, action);
    await this.#refresh(probe);
  }

  async remove(place: Place, actionId: string): Promise<void> {
    const probe = this.#byKey.get(keyOf(place));
    if (probe?.actions.delete(actionId) !== true) return;
    if (probe.actions.size > 0) return this.#refresh(probe);
    this.#byKey.delete(keyOf(place));
    this.#byId.delete(probe.id);
    await this.#takeOut(probe);
    this.#command({ command: 'remove', probeId: probe.id });
  }

  /** How many executions one that was looked at stands for; 1 when none were passed over. */
  sampledBy(place: Place): number {
    const probe = this.#byKey.get(keyOf(place));
    if (probe === undefined || probe.sparedMs === 0) return 1;
    const armedMs = probe.armedMs + (probe.breakpointId === undefined ? 0 : this.#input.now() - probe.armedAt);
    return armedMs <= 0 ? 1 : (armedMs + probe.sparedMs) / armedMs;
  }

  /** The host asks for a rest. */
  async rest({ probeId, untilMs, reason }: Spent): Promise<void> {
    const probe = this.#byId.get(probeId);
    if (probe === undefined) return;
    const wait = untilMs - this.#input.now();
    if (wait <= 0) return;
    if (reason === 'cpu') probe.sparedMs += wait;
    clearTimeout(probe.resting);
    await this.#takeOut(probe);
    if (!Number.isFinite(wait)) return;
    probe.resting = setTimeout(() => {
      probe.resting = undefined;
      if (this.#byId.has(probe.id)) this.#putIn(probe).catch(() => {});
    }, wait);
  }

  /** The session is gone, and every breakpoint with it. */
  forget(): void {
    for (const probe of this.#byId.values()) {
      clearTimeout(probe.resting);
      this.#command({ command: 'remove', probeId: probe.id });
    }
    this.#byId.clear();
    this.#byKey.clear();
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
      scope: program && scopeAt(program, lines.offsetOf(place.at), place.atReturn),
      authorsName(declaredAt) {
        const { lineNumber, columnNumber } = lines.positionOf(declaredAt);
        return map?.nameAt({ line: lineNumber + 1, column: columnNumber });
      },
      actions: new Map(),
      condition: '',
      breakpointId: undefined,
      resting: undefined,
      armedMs: 0,
      sparedMs: 0,
      armedAt: 0,
    };
    this.#byKey.set(key, probe);
    this.#byId.set(probe.id, probe);
    return probe;
  }

  /** Tells the host first, so that the first condition already finds its actions. */
  async #refresh(probe: LiveProbe): Promise<void> {
    const actions = [...probe.actions.values()];
    const scope = conditionScope(probe.scope, actions.flatMap(treesOf), probe.authorsName);
    this.#command({ command: 'set', probe: wireProbe(probe, scope, actions) });
    const condition = conditionText(this.#input.entryName, probe.id, scope);
    clearTimeout(probe.resting);
    probe.resting = undefined;
    if (condition !== probe.condition) await this.#takeOut(probe);
    probe.condition = condition;
    await this.#putIn(probe);
  }

  async #putIn(probe: LiveProbe): Promise<void> {
    if (probe.breakpointId !== undefined) return;
    const { script, at } = probe.place;
    probe.breakpointId = await this.#input.session.setBreakpoint(script, at, probe.condition);
    probe.armedAt = this.#input.now();
    // It was removed, or asked to rest, while V8 was setting it.
    if (!this.#byId.has(probe.id) || probe.resting !== undefined) await this.#takeOut(probe);
  }

  async #takeOut(probe: LiveProbe): Promise<void> {
    const { breakpointId } = probe;
    if (breakpointId === undefined) return;
    probe.breakpointId = undefined;
    probe.armedMs += this.#input.now() - probe.armedAt;
    await this.#input.session.removeBreakpoint(breakpointId);
  }
}

function keyOf({ script, at }: Place): string {
  return `${script.id}:${at.lineNumber}:${at.columnNumber}`;
}

function wireProbe(probe: LiveProbe, scope: ConditionScope, actions: ProbeAction[]): Probe {
  return {
    id: probe.id,
    names: scope.names,
    hasThis: scope.hasThis,
    entryMicros: ENTRY_MICROS + MICROS_PER_LINE * (probe.scope?.functionLines ?? 50),
    actions,
  };
}

function treesOf(action: ProbeAction): ExpressionNode[] {
  const inTemplate = (action.template ?? []).flatMap((part) => (typeof part === 'string' ? [] : [part.tree]));
  return [...(action.condition ? [action.condition] : []), ...action.watches.map(({ tree }) => tree), ...inTemplate];
}

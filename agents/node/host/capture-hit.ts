/**
 * One hit: the stack, the variables in scope, watches and log text, into one table of values. Runs in the service's thread
 * inside a condition; what it may cost is in the action's limits.
 */
import type {
  MessagePart,
  Probe,
  ProbeAction,
  RawHit,
  VisibleName,
  WatchedExpression,
} from '../shared/probe-messages.ts';
import { scalarText } from './arithmetic.ts';
import { addMissing, addRedacted, addValue, type Capture, finishCapture, startCapture } from './capture.ts';
import { failureText, type Readers, type ReadSelf, readerOf } from './environment.ts';
import { type Environment, evaluateLive } from './evaluate.ts';
import { epochMs, stringSlice, stringStartsWith } from './primordials.ts';
import { isRedactedName } from './redaction.ts';
import { takeStack } from './stack.ts';
import { readTraceparent } from './trace-context.ts';

export interface HitInput {
  probe: Probe;
  action: ProbeAction;
  readers: Readers;
  self: ReadSelf;
  environment: Environment;
  /** Monotonic milliseconds at which the condition began; the time limit counts from it. */
  started: number;
  /** How long the call took that ends here, where that is what is looked for. */
  tookMs?: number | undefined;
  /** An expression of a log text failed; the text says why, and so does the action's status. */
  onFailure(error: unknown): void;
}

/** The hit, and the table of its values. `heldUpMicros` is the caller's to fill in. */
export function captureHit(input: HitInput): { hit: RawHit; table: Capture } {
  const { probe, action, readers, self, environment, started } = input;
  const table = startCapture(action.limits, started + action.limits.captureMs);
  const watches = captureWatches(table, action.watches, environment, action.limits.expressionMs);
  if (input.tookMs !== undefined) watches[watches.length] = { text: TOOK, value: addValue(table, input.tookMs, 0) };
  const hit: RawHit = {
    type: 'hit',
    probeId: probe.id,
    actionId: action.actionId,
    revision: action.revision,
    at: epochMs(),
    frames: takeStack(action.kind === 'log' ? 1 : action.limits.frames),
    scopes: action.kind === 'log' ? [] : captureScopes(table, probe, readers, self),
    watches,
    values: table.values,
    missing: table.missing,
    heldUpMicros: 0,
  };
  if (action.template !== undefined) hit.message = captureTemplate(table, input, action.template);
  finishCapture(table);
  const traceparent = readTraceparent();
  if (traceparent !== undefined) hit.traceparent = traceparent;
  return { hit, table };
}

/** Beside the watches of a slow call: how slow it was. */
const TOOK = 'milliseconds taken';

function captureTemplate(
  table: Capture,
  input: HitInput,
  template: NonNullable<ProbeAction['template']>,
): MessagePart[] {
  const parts: MessagePart[] = [];
  for (let at = 0; at < template.length; at++) {
    const part = template[at] as string | WatchedExpression;
    parts[at] = typeof part === 'string' ? part : templatePart(table, part, input);
  }
  return parts;
}

function templatePart(
  table: Capture,
  part: WatchedExpression,
  { action, environment, onFailure }: HitInput,
): MessagePart {
  try {
    const value = evaluateLive(part.tree, environment, action.limits.expressionMs);
    const inner =
      (typeof value === 'object' && value !== null) || typeof value === 'function' || typeof value === 'symbol';
    if (!inner && (typeof value !== 'string' || value.length <= action.limits.string)) return scalarText(value);
    return { value: addValue(table, value, 0) };
  } catch (error) {
    onFailure(error);
    return `{${failureText(error)}}`;
  }
}

function captureWatches(
  table: Capture,
  watches: readonly WatchedExpression[],
  environment: Environment,
  budgetMs: number,
): RawHit['watches'] {
  const results: RawHit['watches'] = [];
  for (let at = 0; at < watches.length; at++) {
    const watch = watches[at] as WatchedExpression;
    try {
      results[at] = { text: watch.text, value: addValue(table, evaluateLive(watch.tree, environment, budgetMs), 0) };
    } catch (error) {
      results[at] = { text: watch.text, error: failureText(error) };
    }
  }
  return results;
}

const SCOPES = ['arguments', 'locals', 'closure', 'module'] as const;

function captureScopes(table: Capture, probe: Probe, readers: Readers, self: ReadSelf): RawHit['scopes'] {
  const scopes: RawHit['scopes'] = [];
  for (let scope = 0; scope < SCOPES.length; scope++) {
    const kind = SCOPES[scope] as VisibleName['kind'];
    const variables: RawHit['scopes'][number]['variables'] = [];
    for (let at = 0; at < probe.names.length; at++) {
      const visible = probe.names[at] as VisibleName;
      if (visible.kind !== kind || stringStartsWith(visible.name, 'this.')) continue;
      variables[variables.length] = {
        name: visible.name,
        value: captureVariable(table, visible.name, readerOf(readers, visible.name), visible.unavailable),
      };
    }
    if (variables.length > 0) scopes[scopes.length] = { kind, variables };
    if (kind === 'locals' && probe.hasThis && self !== undefined && isTelling(self)) {
      scopes[scopes.length] = { kind: 'this', variables: captureSelf(table, probe, readers, self) };
    }
  }
  return scopes;
}

/** A plain function's `this` is undefined or the global object, which tells nothing. */
function isTelling(self: () => unknown): boolean {
  try {
    const value = self();
    return value !== undefined && value !== globalThis;
  } catch {
    // A constructor before `super()`: the scope says that it is not available.
    return true;
  }
}

/** `this`, and beside it the private fields its class declares, which no reflection can list. */
function captureSelf(
  table: Capture,
  probe: Probe,
  readers: Readers,
  self: () => unknown,
): RawHit['scopes'][number]['variables'] {
  const variables = [{ name: 'this', value: captureVariable(table, 'this', self) }];
  for (let at = 0; at < probe.names.length; at++) {
    const { name } = probe.names[at] as VisibleName;
    if (!stringStartsWith(name, 'this.#')) continue;
    const shown = stringSlice(name, 5);
    variables[variables.length] = { name: shown, value: captureVariable(table, shown, readerOf(readers, name)) };
  }
  return variables;
}

function captureVariable(
  table: Capture,
  name: string,
  read: (() => unknown) | undefined,
  unavailable = 'not readable here',
): number {
  if (isRedactedName(name)) return addRedacted(table, `name ${name}`);
  if (read === undefined) return addMissing(table, { reason: 'unavailable', detail: unavailable });
  let value: unknown;
  try {
    value = read();
  } catch {
    return addMissing(table, { reason: 'unavailable', detail: 'not initialised yet, or not kept by any closure' });
  }
  return addValue(table, value, 0);
}

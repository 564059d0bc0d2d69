/**
 * What strict clients check of every message (LSP4J refuses those that lack a required field, and reads numbers as 32-bit
 * integers): members the protocol requires are there, nothing is null, numbers fit.
 */
import type { DebugProtocol as Dap } from '@vscode/debugprotocol';

/** Of a response by its command, or an event by its name: where in the body, and what every entry there must have. */
const REQUIRED: Readonly<Record<string, readonly [at: string, members: readonly string[]]>> = {
  threads: ['threads', ['id', 'name']],
  stackTrace: ['stackFrames', ['id', 'name', 'line', 'column']],
  scopes: ['scopes', ['name', 'variablesReference', 'expensive']],
  variables: ['variables', ['name', 'value', 'variablesReference']],
  evaluate: ['', ['result', 'variablesReference']],
  setBreakpoints: ['breakpoints', ['verified']],
  completions: ['targets', ['label']],
  loadedSources: ['sources', []],
  modules: ['modules', ['id', 'name']],
  source: ['', ['content']],
  stopped: ['', ['reason']],
  output: ['', ['output']],
  thread: ['', ['reason', 'threadId']],
  breakpoint: ['breakpoint', ['verified']],
};
const LARGEST = 2 ** 31 - 1;

/** Empty when a strict client would accept all of them. */
export function strictProblems(messages: readonly Dap.ProtocolMessage[]): string[] {
  return messages.flatMap((message) => {
    const { command, event, success, body } = message as Partial<Dap.Response & Dap.Event>;
    const name = command ?? event ?? message.type;
    const [at, members] = REQUIRED[name] ?? ['', []];
    const entries: unknown[] = success === false ? [] : [at === '' ? body : Object(body)[at]].flat();
    const missing = entries.flatMap((entry) =>
      members.filter((member) => Object(entry)[member] === undefined).map((member) => `${name}: no ${member}`),
    );
    return [...missing, ...oddValues(message, name)];
  });
}

function oddValues(value: unknown, path: string): string[] {
  if (value === null) return [`${path} is null`];
  if (typeof value === 'number') {
    return Number.isInteger(value) && Math.abs(value) <= LARGEST ? [] : [`${path} is ${value}`];
  }
  if (typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, inner]) => oddValues(inner, `${path}.${key}`));
}

import { childrenOf } from '@stillframe/core/values/children-of';
import type { Hit } from '@stillframe/protocol/hit';
import type { Variable } from '@stillframe/protocol/values';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { z } from 'zod';
import { childVariable, GROUP, isElement, textVariable, toVariable } from '../convert/variable.ts';
import type { AdapterSession, Container } from '../state/adapter-session.ts';
import { Problem } from '../state/problem.ts';
import { tableOf, type ValueTable } from '../state/value-table.ts';
import { type Answer, Count, Format } from './request.ts';
import { isBare, SCOPES } from './scopes.ts';

export const VariablesShape = z.object({
  variablesReference: z.int(),
  filter: z.enum(['indexed', 'named']).optional(),
  start: Count.optional(),
  count: Count.optional(),
  format: Format,
});
type Arguments = z.infer<typeof VariablesShape>;

export async function variables(session: AdapterSession, args: Arguments): Promise<Answer> {
  const container = session.containers.get(args.variablesReference);
  if (container === undefined) throw new Problem('This value is of another session; select its frame again');
  const hex = args.format?.hex ?? false;
  if (container.kind === 'scope') {
    const hit = await session.link.hit(container.hitId);
    return { body: { variables: slice(scopeVariables(session, hit, container, hex), args) } };
  }
  const hit = await session.link.hit(container.table.hitId);
  return { body: { variables: valueVariables(session, tableOf(hit, container.table), container, args, hex) } };
}

function scopeVariables(
  session: AdapterSession,
  hit: Hit,
  { frame: at, scope: name }: Extract<Container, { kind: 'scope' }>,
  hex: boolean,
): DebugProtocol.Variable[] {
  if (name === 'Hit') return hitFacts(session, hit);
  const table: ValueTable = { ref: { hitId: hit.id }, values: hit.values };
  if (name === 'Watch') {
    return hit.watches.map(({ text, value, error }) =>
      value === undefined
        ? textVariable(text, `<${error ?? 'not captured'}>`)
        : toVariable(session, table, { name: text, value, evaluateName: text, hex }),
    );
  }
  const frame = hit.frames[at];
  if (isBare(frame)) {
    const captured = hit.frames.filter((each) => !isBare(each)).length;
    const which = captured === 1 ? 'the first frame' : `the first ${captured} frames`;
    return [textVariable('⚠', `not captured here: this action captures the variables of ${which}`)];
  }
  const kinds = SCOPES.find((scope) => scope.name === name)?.kinds ?? [];
  const found = (frame?.scopes ?? []).filter((scope) => kinds.includes(scope.kind)).flatMap((scope) => scope.variables);
  return visible(found).map((variable) =>
    toVariable(session, table, { ...variable, evaluateName: variable.name, hex }),
  );
}

/** Several closures in one list: the inner name hides the outer one, as it does in the code. */
function visible(variables: readonly Variable[]): Variable[] {
  const seen = new Set<string>();
  return variables.filter(({ name }) => !seen.has(name) && seen.add(name));
}

/** What every client can show of where and when it was. */
function hitFacts(session: AdapterSession, hit: Hit): DebugProtocol.Variable[] {
  const agent = session.link.view.agents.get(hit.agentId);
  const missing = Object.entries(hit.capture.missing ?? {}).map(([reason, count]) => `${reason} ${count}`);
  const facts: [string, string | undefined][] = [
    ['number', String(hit.ordinal)],
    ['time', new Date(hit.at).toISOString()],
    ['agent', hit.agentName],
    ['tags', agent?.tags.join(', ')],
    ['host', agent?.host],
    ['process', agent === undefined ? undefined : String(agent.pid)],
    ['commit', agent?.deployed?.commit],
    ['build', agent?.deployed?.build],
    ['thread', hit.thread],
    ['trace', hit.traceparent],
    ['held up', `${Math.round(hit.capture.heldUpMicros)} µs`],
    ['captured', `${hit.capture.nodes} values${missing.length === 0 ? '' : `, left out: ${missing.join(', ')}`}`],
  ];
  return facts.flatMap(([name, value]) => (value === undefined || value === '' ? [] : [textVariable(name, value)]));
}

function valueVariables(
  session: AdapterSession,
  table: ValueTable,
  { value, evaluateName, range }: Extract<Container, { kind: 'value' }>,
  args: Arguments,
  hex: boolean,
): DebugProtocol.Variable[] {
  const children = childrenOf(table.values, value);
  const elements = children.filter(isElement);
  const named = children.filter((child) => !isElement(child));
  const rows = (list: typeof children) => list.map((child) => childVariable(session, table, child, evaluateName, hex));
  if (range !== undefined) return rows(elements.slice(range.from, range.to));
  if (args.filter === 'indexed') return rows(slice(elements, args));
  if (args.filter === 'named') return rows(slice(named, args));
  if (elements.length > GROUP && !session.client.supportsVariablePaging) {
    return slice([...groups(session, table, value, elements.length, evaluateName), ...rows(named)], args);
  }
  return rows(slice([...elements, ...named], args));
}

/** `[0…99]`, `[100…199]` for clients that cannot page. */
function groups(
  session: AdapterSession,
  { ref }: ValueTable,
  value: number,
  length: number,
  evaluateName: string | undefined,
): DebugProtocol.Variable[] {
  return Array.from({ length: Math.ceil(length / GROUP) }, (_, at) => {
    const range = { from: at * GROUP, to: Math.min((at + 1) * GROUP, length) };
    const key = JSON.stringify([ref, value, evaluateName, range.from]);
    const container: Container = { kind: 'value', table: ref, value, range, ...(evaluateName && { evaluateName }) };
    return {
      ...textVariable(`[${range.from}…${range.to - 1}]`, ''),
      variablesReference: session.containers.idOf(key, () => container),
    };
  });
}

/** 0 and absent both mean all. */
function slice<T>(list: readonly T[], { start = 0, count = 0 }: Pick<Arguments, 'start' | 'count'>): T[] {
  return count === 0 ? list.slice(start) : list.slice(start, start + count);
}

import { childrenOf } from '@stillframe/core/values/children-of';
import type { Hit } from '@stillframe/protocol/hit';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { childVariable, GROUP, toVariable } from '../convert/variable.ts';
import type { AdapterSession, Container } from '../state/adapter-session.ts';
import { Problem } from '../state/problem.ts';
import { SCOPES } from './scopes.ts';

export async function variables(
  session: AdapterSession,
  args: DebugProtocol.VariablesArguments,
): Promise<{ variables: DebugProtocol.Variable[] }> {
  const container = session.containers.get(args.variablesReference);
  if (container === undefined) throw new Problem('This value is of another session; select its frame again');
  const hex = args.format?.hex ?? false;
  if (container.kind === 'scope') {
    const hit = await session.link.hit(container.hitId);
    return { variables: paged(scopeVariables(session, hit, container, hex), args) };
  }
  const hit = container.kind === 'evaluated' ? container.hit : await session.link.hit(container.hitId);
  return { variables: valueVariables(session, hit, container, args, hex) };
}

function scopeVariables(
  session: AdapterSession,
  hit: Hit,
  { frame, scope: name }: Extract<Container, { kind: 'scope' }>,
  hex: boolean,
): DebugProtocol.Variable[] {
  if (name === 'Hit') return hitFacts(session, hit);
  if (name === 'Watch') {
    return hit.watches.map(({ text, value, error }) =>
      value === undefined
        ? { name: text, value: `<${error ?? 'not captured'}>`, variablesReference: 0 }
        : toVariable(session, { hit, name: text, value, evaluateName: text, hex }),
    );
  }
  const kinds = SCOPES.find((scope) => scope.name === name)?.kinds ?? [];
  return (hit.frames[frame]?.scopes ?? [])
    .filter((scope) => kinds.includes(scope.kind))
    .flatMap((scope) => scope.variables)
    .map((variable) => {
      const evaluateName = variable.name.startsWith('#') ? `this.${variable.name}` : variable.name;
      return toVariable(session, { hit, name: variable.name, value: variable.value, evaluateName, hex });
    });
}

/** What every client can show of where and when it was. */
function hitFacts(session: AdapterSession, hit: Hit): DebugProtocol.Variable[] {
  const agent = session.link.view.agents.get(hit.agentId);
  const missing = Object.entries(hit.capture.missing ?? {}).map(([reason, count]) => `${reason} ${count}`);
  const facts: [string, string | undefined][] = [
    ['number', String(hit.ordinal)],
    ['time', new Date(hit.at).toISOString()],
    ['agent', hit.agentName],
    ['host', agent?.host],
    ['process', agent === undefined ? undefined : String(agent.pid)],
    ['commit', agent?.deployed?.commit],
    ['build', agent?.deployed?.build],
    ['thread', hit.thread],
    ['trace', hit.traceparent],
    ['held up', `${Math.round(hit.capture.heldUpMicros)} µs`],
    ['captured', `${hit.capture.nodes} values${missing.length === 0 ? '' : `, left out: ${missing.join(', ')}`}`],
  ];
  return facts.flatMap(([name, value]) =>
    value === undefined
      ? []
      : [{ name, value, variablesReference: 0, presentationHint: { kind: 'virtual', attributes: ['readOnly'] } }],
  );
}

function valueVariables(
  session: AdapterSession,
  hit: Hit,
  container: Exclude<Container, { kind: 'scope' }>,
  args: DebugProtocol.VariablesArguments,
  hex: boolean,
): DebugProtocol.Variable[] {
  const { value, evaluateName } = container;
  const children = childrenOf(hit.values, value);
  const indexed = children.filter(({ role }) => role === 'index');
  const named = children.filter(({ role }) => role !== 'index');
  const rows = (list: typeof children) => list.map((child) => childVariable(session, hit, child, evaluateName, hex));
  if (container.kind === 'range') return rows(indexed.slice(container.from, container.to));
  if (args.filter === 'indexed') return rows(slice(indexed, args));
  if (args.filter === 'named') return paged(rows(named), args);
  if (indexed.length <= GROUP || session.client.supportsVariablePaging)
    return paged(rows([...indexed, ...named]), args);
  return [...groups(session, hit, value, indexed.length, evaluateName), ...rows(named)];
}

/** `[0…99]`, `[100…199]` for clients that cannot page. */
function groups(
  session: AdapterSession,
  hit: Hit,
  value: number,
  length: number,
  evaluateName: string | undefined,
): DebugProtocol.Variable[] {
  const made: DebugProtocol.Variable[] = [];
  for (let from = 0; from < length; from += GROUP) {
    const to = Math.min(from + GROUP, length);
    const range = { kind: 'range', hitId: hit.id, value, from, to } as const;
    made.push({
      name: `[${from}…${to - 1}]`,
      value: '',
      variablesReference: session.containers.idOf(`${hit.id} ${value} ${from}`, () =>
        evaluateName === undefined ? range : { ...range, evaluateName },
      ),
      presentationHint: { kind: 'virtual', attributes: ['readOnly'] },
    });
  }
  return made;
}

function paged<T>(list: readonly T[], { start, count, filter }: DebugProtocol.VariablesArguments): T[] {
  return filter === undefined && count === undefined ? [...list] : slice(list, { start, count });
}

function slice<T>(
  list: readonly T[],
  { start = 0, count = 0 }: { start?: number | undefined; count?: number | undefined },
): T[] {
  return count === 0 ? list.slice(start) : list.slice(start, start + count);
}

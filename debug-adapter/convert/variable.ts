/** Captured values as DAP variables: one line each, with a reference to what is inside. */
import { childrenOf, type DisplayChild } from '@stillframe/core/values/children-of';
import { formatValue } from '@stillframe/core/values/format-value';
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { AdapterSession, Container } from '../state/adapter-session.ts';
import type { ValueTable } from '../state/value-table.ts';

export interface VariableInput {
  name: string;
  value: number;
  evaluateName?: string | undefined;
  hex?: boolean;
  role?: DisplayChild['role'];
}

/** Elements of one group where the client cannot page. */
export const GROUP = 100;
/** Characters of one line; some clients show nothing but this line. */
const LINE_LENGTH = 300;

export function toVariable(session: AdapterSession, table: ValueTable, input: VariableInput): DebugProtocol.Variable {
  const { name, value: index, evaluateName, hex = false, role } = input;
  const value = table.values[index];
  const kind = role === 'internal' ? 'virtual' : value?.kind === 'function' ? 'method' : undefined;
  return {
    name,
    value: formatValue(table.values, index, { hex, maxLength: LINE_LENGTH }),
    type: value?.type || value?.kind || '',
    ...insideOf(session, table, index, evaluateName),
    ...(evaluateName !== undefined && { evaluateName }),
    presentationHint: {
      attributes: ['readOnly'],
      ...(kind !== undefined && { kind }),
      ...(role === 'private' && { visibility: 'private' }),
    },
  };
}

/** A row that is only text. */
export function textVariable(name: string, value: string): DebugProtocol.Variable {
  return { name, value, variablesReference: 0, presentationHint: { kind: 'virtual', attributes: ['readOnly'] } };
}

/** The reference to what is inside, 0 for nothing; and, where the client pages, how much it is. */
export function insideOf(
  session: AdapterSession,
  { ref, values }: ValueTable,
  value: number,
  evaluateName: string | undefined,
): Pick<DebugProtocol.Variable, 'variablesReference' | 'indexedVariables' | 'namedVariables'> {
  const children = childrenOf(values, value);
  if (children.length === 0) return { variablesReference: 0 };
  const container: Container = { kind: 'value', table: ref, value, ...(evaluateName && { evaluateName }) };
  const variablesReference = session.containers.idOf(JSON.stringify([ref, value, evaluateName]), () => container);
  const elements = children.filter(isElement).length;
  if (!session.client.supportsVariablePaging || elements <= GROUP) return { variablesReference };
  return { variablesReference, indexedVariables: elements, namedVariables: children.length - elements };
}

export function childVariable(
  session: AdapterSession,
  table: ValueTable,
  child: DisplayChild,
  parentName: string | undefined,
  hex: boolean,
): DebugProtocol.Variable {
  const { name, value, role, access, text = '' } = child;
  if (value === undefined) return textVariable(name, text);
  const evaluateName = parentName === undefined || access === undefined ? undefined : `${parentName}${access}`;
  return toVariable(session, table, { name, value, evaluateName, hex, role });
}

/** What a list has many of, in contrast to the fields and remarks beside them. */
export function isElement({ role }: DisplayChild): boolean {
  return role === 'index' || role === 'entryValue';
}

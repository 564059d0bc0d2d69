/** Captured values as DAP variables: one line each, with a reference to what is inside. */
import { childrenOf, type DisplayChild } from '@stillframe/core/values/children-of';
import { formatValue } from '@stillframe/core/values/format-value';
import type { Hit } from '@stillframe/protocol/hit';
import type { CapturedValue } from '@stillframe/protocol/values';
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { AdapterSession } from '../state/adapter-session.ts';

export interface VariableInput {
  hit: Hit;
  name: string;
  value: number;
  evaluateName?: string | undefined;
  hex?: boolean;
  kind?: DebugProtocol.VariablePresentationHint['kind'];
}

/** Elements of one group where the client cannot page. */
export const GROUP = 100;

export function toVariable(session: AdapterSession, input: VariableInput): DebugProtocol.Variable {
  const { hit, name, value: index, evaluateName, hex = false, kind } = input;
  const value = hit.values[index];
  return {
    name,
    value: formatValue(hit.values, index, { hex, maxLength: 300 }),
    type: value?.type || value?.kind || '',
    variablesReference: referenceOf(session, hit, index, evaluateName),
    ...countsOf(session, value),
    ...(evaluateName !== undefined && { evaluateName }),
    presentationHint: { attributes: ['readOnly'], ...(kind !== undefined && { kind }) },
  };
}

/** 0 for values without anything inside. */
export function referenceOf(session: AdapterSession, hit: Hit, value: number, evaluateName?: string): number {
  if (childrenOf(hit.values, value).length === 0) return 0;
  const path = evaluateName === undefined ? {} : { evaluateName };
  // Values an expression made stand behind the end of the stored table, and only in this evaluation's own.
  return session.containers.idOf(`${hit.id} ${value} ${evaluateName ?? ''} ${hit.values.length}`, () => ({
    kind: 'evaluated',
    hit,
    value,
    ...path,
  }));
}

export function childVariable(
  session: AdapterSession,
  hit: Hit,
  child: DisplayChild,
  parentName: string | undefined,
  hex: boolean,
): DebugProtocol.Variable {
  if (child.value === undefined) {
    return {
      name: child.name,
      value: child.text ?? '',
      variablesReference: 0,
      presentationHint: { kind: 'virtual', attributes: ['readOnly'] },
    };
  }
  const evaluateName =
    parentName === undefined || child.access === undefined ? undefined : `${parentName}${child.access}`;
  return toVariable(session, {
    hit,
    name: child.name,
    value: child.value,
    evaluateName,
    hex,
    ...(child.role === 'internal' && { kind: 'virtual' }),
  });
}

/** Where the client pages, it must know how many elements there are; the row for what is missing is a named one. */
function countsOf(session: AdapterSession, value: CapturedValue | undefined) {
  if (!session.client.supportsVariablePaging || value === undefined) return {};
  const indexed = (value.children ?? []).filter(({ role }) => role === 'index').length;
  if (indexed <= GROUP) return {};
  const named = (value.children?.length ?? 0) - indexed + (value.missing === undefined ? 0 : 1);
  return { indexedVariables: indexed, namedVariables: named };
}

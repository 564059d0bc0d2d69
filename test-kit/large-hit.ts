/** The largest hit an agent may send: orders with items, up to the bytes and frames of the hard limits. */

import type { Action } from '@stillframe/protocol/action';
import type { AgentHit } from '@stillframe/protocol/hit';
import { MAXIMUM_CAPTURE_LIMITS } from '@stillframe/protocol/limits';
import type { CapturedValue, Variable } from '@stillframe/protocol/values';
import { hitOf } from './scripted-agent.ts';

const ITEMS = 20;

export function largeHit(action: Action): Omit<AgentHit, 'sequence'> {
  const values: CapturedValue[] = [];
  const variables: Variable[] = [];
  const add = (value: CapturedValue) => values.push(value) - 1;
  for (let bytes = 0; bytes < MAXIMUM_CAPTURE_LIMITS.bytes; ) {
    const from = values.length;
    const items = Array.from({ length: ITEMS }, (_, at) => {
      const text = `item ${at} `.repeat(8);
      const value = add({ kind: 'string', type: 'string', preview: text, literal: text, size: text.length });
      return { name: String(at), value, role: 'index' as const };
    });
    const list = add({ kind: 'array', type: 'Array', preview: `Array(${ITEMS})`, size: ITEMS, children: items });
    const order = add({
      kind: 'object',
      type: 'Order',
      preview: 'Order',
      size: 1,
      children: [{ name: 'items', value: list }],
    });
    variables.push({ name: `order${variables.length}`, value: order });
    bytes += JSON.stringify(values.slice(from)).length;
  }
  const { path, line, sha256 } = action.location;
  const frames = Array.from({ length: MAXIMUM_CAPTURE_LIMITS.frames }, (_, at) => ({
    function: `f${at}`,
    path,
    line,
    ...(sha256 !== undefined && { sha256 }),
    ...(at === 0 && { scopes: [{ kind: 'locals' as const, variables }] }),
  }));
  return hitOf(action, {}, { values, frames });
}

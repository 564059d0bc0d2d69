import type { Action } from '@stillframe/protocol/action';

/** `snapshot at orders.ts:42 when total > 100`: for lists, threads and messages. */
export function describeAction(action: Pick<Action, 'kind' | 'location' | 'condition' | 'template'>): string {
  const file = action.location.path.split(/[\\/]/).pop() ?? action.location.path;
  const text = action.template === undefined ? '' : ` '${action.template.text}'`;
  const guard = action.condition === undefined ? '' : ` when ${action.condition.text}`;
  return `${action.kind}${text} at ${file}:${action.location.line}${guard}`;
}

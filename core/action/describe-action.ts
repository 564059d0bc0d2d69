import type { Action } from '@stillframe/protocol/action';

type Described = Pick<Action, 'kind' | 'location'> &
  Partial<Pick<Action, 'condition' | 'template' | 'expression' | 'endLocation' | 'functionName'>>;

/** `snapshot at orders.ts:42 when total > 100`: for lists, threads and messages. */
export function describeAction(action: Described): string {
  const { kind, location, endLocation, condition } = action;
  const file = location.path.split(/[\\/]/).pop() ?? location.path;
  const lines = endLocation === undefined ? `${location.line}` : `${location.line}-${endLocation.line}`;
  const guard = condition === undefined ? '' : ` when ${condition.text}`;
  return `${kind}${whatOf(action)} at ${file}:${lines}${guard}`;
}

function whatOf({ kind, template, expression, functionName }: Described): string {
  if (template !== undefined) return ` '${template.text}'`;
  if (functionName !== undefined) return ` of ${functionName}`;
  if (expression === undefined) return '';
  return kind === 'counter' ? ` by ${expression.text}` : ` of ${expression.text}`;
}

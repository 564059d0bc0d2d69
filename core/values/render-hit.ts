/** A whole hit as a text document that every editor can show: stack, variables as a tree, watches, what is missing. */
import type { Frame, Hit } from '@stillframe/protocol/hit';
import type { CapturedValue, ValueIndex } from '@stillframe/protocol/values';
import { childrenOf } from './children-of.ts';
import { formatValue } from './format-value.ts';

export interface RenderOptions {
  /** Levels of the tree below a variable; default 2. */
  depth?: number;
  /** How `at` is written; default ISO 8601. */
  formatTime?: (at: number) => string;
}

export function renderHit(hit: Hit, options: RenderOptions = {}): string {
  const time = options.formatTime ?? ((at: number) => new Date(at).toISOString());
  const lines = [`Hit ${hit.ordinal} · ${hit.agentName} · ${time(hit.at)}`];
  if (hit.message !== undefined) lines.push(`  ${hit.message}`);
  if (hit.traceparent !== undefined) lines.push(`  trace ${hit.traceparent}`);
  for (const watch of hit.watches) {
    const shown =
      watch.value === undefined ? `<${watch.error ?? 'not captured'}>` : formatValue(hit.values, watch.value);
    lines.push(`  ${watch.text} = ${shown}`);
  }
  lines.push('');
  for (const frame of hit.frames) lines.push(...renderFrame(hit, frame, options.depth ?? 2));
  lines.push('', `Captured ${hit.capture.nodes} values in ${Math.round(hit.capture.heldUpMicros)} µs.`);
  return `${lines.join('\n')}\n`;
}

function renderFrame(hit: Hit, frame: Frame, depth: number): string[] {
  const place = frame.path === undefined ? '' : `  ${frame.path}:${frame.line ?? '?'}`;
  const lines = [`${frame.asyncCaller ? 'async ' : ''}${frame.function}${place}`];
  for (const scope of frame.scopes ?? []) {
    for (const variable of scope.variables) {
      lines.push(`    ${variable.name} = ${formatValue(hit.values, variable.value, { maxLength: 120 })}`);
      lines.push(...renderChildren(hit.values, variable.value, depth, '      ', [variable.value]));
    }
  }
  return lines;
}

function renderChildren(
  values: readonly CapturedValue[],
  index: ValueIndex,
  depth: number,
  indent: string,
  path: readonly ValueIndex[],
): string[] {
  if (depth === 0) return [];
  return childrenOf(values, index).flatMap((child) => {
    if (child.value === undefined) return [`${indent}${child.name} ${child.text ?? ''}`];
    const line = `${indent}${child.name}: ${formatValue(values, child.value, { maxLength: 100 })}`;
    if (path.includes(child.value)) return [line];
    return [line, ...renderChildren(values, child.value, depth - 1, `${indent}  `, [...path, child.value])];
  });
}

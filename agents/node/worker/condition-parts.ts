/**
 * The parts of a condition that are worth telling when it is false: the variables and member paths it reads, as they would
 * be written. The rest of it is the author's own and known to them.
 */
import type { Dialect, Expression, ExpressionNode } from '@stillframe/protocol/expression';
import type { WatchedExpression } from '../shared/probe-messages.ts';

const MAX_PARTS = 10;
const MAX_TEXT = 200;

export function conditionParts({ tree, dialect }: Expression): WatchedExpression[] {
  const parts = new Map<string, ExpressionNode>();
  const open: ExpressionNode[] = [tree];
  for (let node = open.shift(); node !== undefined && parts.size < MAX_PARTS; node = open.shift()) {
    const text = pathText(node, dialect);
    if (text === undefined) open.unshift(...childrenOf(node));
    else if (text.length <= MAX_TEXT && !parts.has(text)) parts.set(text, node);
  }
  return [...parts].map(([text, node]) => ({ text, tree: node }));
}

/** `order.lines[0].sku`, `len(items)`; undefined for what is no path. */
function pathText(node: ExpressionNode, dialect: Dialect): string | undefined {
  switch (node.op) {
    case 'name':
      return node.name;
    case 'this':
      return dialect === 'python' ? 'self' : 'this';
    case 'member': {
      const object = pathText(node.object, dialect);
      return object === undefined ? undefined : `${object}${node.optional === true ? '?.' : '.'}${node.name}`;
    }
    case 'index': {
      const object = pathText(node.object, dialect);
      if (object === undefined || node.index.op !== 'literal') return undefined;
      return `${object}[${JSON.stringify(node.index.value)}]`;
    }
    case 'length': {
      const object = pathText(node.operand, dialect);
      if (object === undefined) return undefined;
      return dialect === 'python' ? `len(${object})` : `${object}.${dialect === 'java' ? 'size()' : 'length'}`;
    }
    default:
      return undefined;
  }
}

/** The tree is plain data of known shape: whatever has an `op` is a part of it. */
function childrenOf(node: ExpressionNode): ExpressionNode[] {
  return Object.values(node)
    .flat()
    .filter((value): value is ExpressionNode => typeof value === 'object' && value !== null && 'op' in value);
}

/** The variables an expression reads: what an agent must make reachable at the line. */
import type { ExpressionNode } from '@stillframe/protocol/expression';

export function namesOf(tree: ExpressionNode): { names: string[]; usesThis: boolean } {
  const names = new Set<string>();
  let usesThis = false;
  const open: ExpressionNode[] = [tree];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (node.op === 'name') names.add(node.name);
    if (node.op === 'this') usesThis = true;
    open.push(...childrenOfNode(node));
  }
  return { names: [...names], usesThis };
}

/** The nodes right below one, in the order of evaluation. */
export function childrenOfNode(node: ExpressionNode): ExpressionNode[] {
  switch (node.op) {
    case 'literal':
    case 'bigint':
    case 'name':
    case 'this':
      return [];
    case 'member':
      return [node.object];
    case 'index':
      return [node.object, node.index];
    case 'slice':
      return [node.object, ...(node.from ? [node.from] : []), ...(node.to ? [node.to] : [])];
    case 'binary':
    case 'compare':
    case 'and':
    case 'or':
    case 'coalesce':
      return [node.left, node.right];
    case 'in':
      return [node.item, node.container];
    case 'conditional':
      return [node.test, node.consequent, node.alternate];
    case 'call':
      return [node.object, ...node.arguments];
    case 'list':
      return node.items;
    default:
      return [node.operand];
  }
}

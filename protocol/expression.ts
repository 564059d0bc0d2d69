/**
 * One pure expression language. Three dialects are parsed (by `core/expression`) into this tree; agents receive the
 * tree and only evaluate. Nothing here can run user code or change a value.
 *
 * Values: null (JavaScript null and undefined, None), boolean, number, bigint, string, and opaque objects.
 * - `==`/`!=` never convert: scalars by value (1 == 1.0 and 1n == 1 hold, '1' == 1 does not), objects by identity.
 * - `<` … `>=` need two numbers (or bigints) or two strings; anything else is an evaluation error.
 * - false, null, 0, NaN and '' are false; everything else is true. `nonEmpty` (written by the Python parser round
 *   operands in a boolean position) turns an empty collection into false and passes anything else through.
 * - `and` / `or` yield one of their operands, evaluated lazily.
 * - reading a member that does not exist yields null; reading a member of null is an evaluation error unless
 *   `optional`; a member that is a getter, or lives behind a proxy, is an evaluation error ("would run code").
 * - `+` joins two strings or adds two numbers; a string and a scalar are joined as text.
 * - `/` is real division, `truncatingDivide` is Java's on two integers (real otherwise), `floorDivide` and
 *   `floorModulo` are Python's `//` and `%`; `%` takes the sign of the dividend. Division by zero is an error for
 *   bigints and for Python's and Java's integer operators, IEEE 754 elsewhere.
 */
import { z } from 'zod';
import { MAX_EXPRESSION_DEPTH, MAX_EXPRESSION_LENGTH, MAX_EXPRESSION_NODES } from './limits.ts';

export const Dialect = z.enum(['javascript', 'python', 'java']);
export type Dialect = z.infer<typeof Dialect>;

export const BinaryOperator = z.enum(['+', '-', '*', '/', '%', '**', 'truncatingDivide', 'floorDivide', 'floorModulo']);
export type BinaryOperator = z.infer<typeof BinaryOperator>;

export const CompareOperator = z.enum(['==', '!=', '<', '<=', '>', '>=']);
export type CompareOperator = z.infer<typeof CompareOperator>;

/**
 * The closed list of methods, under one canonical name for all dialects (`includes`, `contains`, `__contains__` → contains).
 * Receivers are strings and the runtime's own collections only; lookups compare as `==` does.
 */
export const Method = z.enum([
  'startsWith',
  'endsWith',
  'contains',
  'indexOf',
  'lower',
  'upper',
  'trim',
  'get',
  'has',
  'isEmpty',
]);
export type Method = z.infer<typeof Method>;

export type ExpressionNode =
  | { op: 'literal'; value: string | number | boolean | null }
  | { op: 'bigint'; digits: string }
  | { op: 'name'; name: string }
  | { op: 'this' }
  | { op: 'member'; object: ExpressionNode; name: string; optional?: boolean | undefined }
  | { op: 'index'; object: ExpressionNode; index: ExpressionNode; optional?: boolean | undefined }
  | {
      op: 'slice';
      object: ExpressionNode;
      from?: ExpressionNode | undefined;
      to?: ExpressionNode | undefined;
    }
  | { op: 'not' | 'negate' | 'plus' | 'nonEmpty' | 'length' | 'typeof'; operand: ExpressionNode }
  | { op: 'binary'; operator: BinaryOperator; left: ExpressionNode; right: ExpressionNode }
  | { op: 'compare'; operator: CompareOperator; left: ExpressionNode; right: ExpressionNode }
  | { op: 'and' | 'or' | 'coalesce'; left: ExpressionNode; right: ExpressionNode }
  | { op: 'in'; item: ExpressionNode; container: ExpressionNode; negated?: boolean | undefined }
  | { op: 'conditional'; test: ExpressionNode; consequent: ExpressionNode; alternate: ExpressionNode }
  | { op: 'call'; method: Method; object: ExpressionNode; arguments: ExpressionNode[] }
  | { op: 'list'; items: ExpressionNode[] };

/** The shape alone, without the size check of `ExpressionTree`. */
export const ExpressionNode: z.ZodType<ExpressionNode> = z.lazy(() => NodeShape);

const NodeShape: z.ZodType<ExpressionNode> = z.discriminatedUnion('op', [
  z.object({ op: z.literal('literal'), value: z.union([z.string(), z.number(), z.boolean(), z.null()]) }),
  z.object({ op: z.literal('bigint'), digits: z.string().regex(/^\d{1,400}$/) }),
  z.object({ op: z.literal('name'), name: z.string().min(1).max(200) }),
  z.object({ op: z.literal('this') }),
  z.object({
    op: z.literal('member'),
    object: ExpressionNode,
    name: z.string().min(1).max(200),
    optional: z.boolean().optional(),
  }),
  z.object({ op: z.literal('index'), object: ExpressionNode, index: ExpressionNode, optional: z.boolean().optional() }),
  z.object({
    op: z.literal('slice'),
    object: ExpressionNode,
    from: ExpressionNode.optional(),
    to: ExpressionNode.optional(),
  }),
  z.object({ op: z.enum(['not', 'negate', 'plus', 'nonEmpty', 'length', 'typeof']), operand: ExpressionNode }),
  z.object({ op: z.literal('binary'), operator: BinaryOperator, left: ExpressionNode, right: ExpressionNode }),
  z.object({ op: z.literal('compare'), operator: CompareOperator, left: ExpressionNode, right: ExpressionNode }),
  z.object({ op: z.enum(['and', 'or', 'coalesce']), left: ExpressionNode, right: ExpressionNode }),
  z.object({ op: z.literal('in'), item: ExpressionNode, container: ExpressionNode, negated: z.boolean().optional() }),
  z.object({
    op: z.literal('conditional'),
    test: ExpressionNode,
    consequent: ExpressionNode,
    alternate: ExpressionNode,
  }),
  z.object({
    op: z.literal('call'),
    method: Method,
    object: ExpressionNode,
    arguments: z.array(ExpressionNode).max(3),
  }),
  z.object({ op: z.literal('list'), items: z.array(ExpressionNode).max(100) }),
]);

/** True when the raw tree stays within the node and depth limits; walks iteratively, so no input can overflow the stack. */
function isBoundedTree(tree: unknown): boolean {
  const open: { value: unknown; depth: number }[] = [{ value: tree, depth: 0 }];
  let nodes = 0;
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value, depth } = next;
    if (typeof value !== 'object' || value === null) continue;
    nodes += 1;
    if (nodes > MAX_EXPRESSION_NODES * 2 || depth > MAX_EXPRESSION_DEPTH * 2) return false;
    for (const child of Object.values(value)) open.push({ value: child, depth: depth + 1 });
  }
  return true;
}

/** Checks the size before the shape, since the shape check recurses. */
export const ExpressionTree: z.ZodType<ExpressionNode> = z
  .unknown()
  .refine(isBoundedTree, { error: 'The expression is too large' })
  .pipe(ExpressionNode);

/** An expression as typed, and what it means. */
export const Expression = z.object({
  text: z.string().max(MAX_EXPRESSION_LENGTH),
  dialect: Dialect,
  tree: ExpressionTree,
});
export type Expression = z.infer<typeof Expression>;

/** A log text: literal parts and expressions in order. */
export const Template = z.object({
  text: z.string().max(MAX_EXPRESSION_LENGTH),
  parts: z.array(z.union([z.string(), Expression])).max(100),
});
export type Template = z.infer<typeof Template>;

/**
 * Text to tree: one Pratt parser for the three dialects. Never throws and never recurses past a bound; the first
 * mistake is reported in words that say what to do, and parsing stops there, since a cascade helps nobody.
 */
import type { ExpressionProblem } from '@stillframe/protocol/errors';
import type { BinaryOperator, Dialect, ExpressionNode } from '@stillframe/protocol/expression';
import { MAX_EXPRESSION_DEPTH, MAX_EXPRESSION_LENGTH, MAX_EXPRESSION_NODES } from '@stillframe/protocol/limits';
import { DIALECTS, type Infix, POWER } from './dialects.ts';
import { childrenOfNode } from './names-of.ts';
import { type Token, tokenize } from './tokenize.ts';

export interface ParsedExpression {
  /** Absent when there are problems. */
  tree?: ExpressionNode;
  problems: ExpressionProblem[];
}

export function parseExpression(text: string, dialect: Dialect): ParsedExpression {
  if (text.length > MAX_EXPRESSION_LENGTH) {
    const message = `Shorten the expression: it has ${text.length} characters, ${MAX_EXPRESSION_LENGTH} are allowed`;
    return { problems: [{ message, start: MAX_EXPRESSION_LENGTH, end: text.length }] };
  }
  const { tokens, problems } = tokenize(text, dialect);
  if (problems.length > 0) return { problems };
  try {
    const parser = new Parser(tokens, dialect);
    return { tree: parser.whole(), problems: [] };
  } catch (error) {
    if (error instanceof Mistake) return { problems: [error.problem] };
    throw error;
  }
}

/** As `parseExpression`, for a boolean position: in Python an empty collection counts as false there. */
export function parseCondition(text: string, dialect: Dialect): ParsedExpression {
  const parsed = parseExpression(text, dialect);
  return parsed.tree && dialect === 'python' ? { ...parsed, tree: { op: 'nonEmpty', operand: parsed.tree } } : parsed;
}

/** Carries the first problem out of the recursion; never leaves this file. */
class Mistake extends Error {
  readonly problem: ExpressionProblem;
  constructor(problem: ExpressionProblem) {
    super(problem.message);
    this.problem = problem;
  }
}

const ASSIGNMENTS = new Set([
  '=',
  '+=',
  '-=',
  '*=',
  '/=',
  '%=',
  '**=',
  '//=',
  '&=',
  '|=',
  '^=',
  '<<=',
  '>>=',
  '>>>=',
  '&&=',
  '||=',
  '??=',
  ':=',
]);
const MAX_NAME = 200;
/** The wire counts the list of items or arguments as a level of its own, and allows twice the nesting of the text. */
const MAX_HEIGHT = 2 * MAX_EXPRESSION_DEPTH - 2;

/** What a node is once written out: shared parts (Python's chained comparisons) count each time. */
interface Extent {
  nodes: number;
  height: number;
}

const BITWISE = new Set(['&', '|', '^', '~', '<<', '>>', '>>>']);

class Parser {
  readonly #tokens: readonly Token[];
  readonly #dialect: Dialect;
  #at = 0;
  readonly #extents = new Map<ExpressionNode, Extent>();
  /** Nodes that are certainly no integers: `7 / 2.0` is real division in Java. */
  readonly #reals = new Set<ExpressionNode>();
  #depth = 0;

  constructor(tokens: readonly Token[], dialect: Dialect) {
    this.#tokens = tokens;
    this.#dialect = dialect;
  }

  whole(): ExpressionNode {
    if (this.#peek().kind === 'end') throw this.#mistake('Type an expression', this.#peek());
    const tree = this.#expression(0);
    const rest = this.#peek();
    if (rest.kind !== 'end') throw this.#unexpected(rest);
    return tree;
  }

  #expression(minimum: number): ExpressionNode {
    this.#depth += 1;
    if (this.#depth > MAX_EXPRESSION_DEPTH)
      throw this.#mistake('Simplify the expression: it is nested too deeply', this.#peek());
    let left = this.#prefix();
    for (;;) {
      const next = this.#infix(left, minimum);
      if (next === undefined) break;
      left = next;
    }
    this.#depth -= 1;
    return left;
  }

  #infix(left: ExpressionNode, minimum: number): ExpressionNode | undefined {
    const token = this.#peek();
    const text = textOf(token);
    if (text === undefined) return undefined;
    const python = this.#dialect === 'python';
    if (text === '?' && !python) return minimum <= POWER.conditional ? this.#ternary(left) : undefined;
    if (text === 'if' && python) return minimum <= POWER.conditional ? this.#pythonConditional(left) : undefined;
    const negatedIn = this.#negatedIn();
    const infix = this.#infixOf(negatedIn ? 'in' : text);
    if (infix === undefined && token.kind === 'operator') this.#refuseOperator(token);
    if (infix === undefined || infix.power < minimum) return undefined;
    if (python && infix.power === POWER.equality) return this.#pythonComparisons(left);
    this.#at += negatedIn || 1;
    const right = this.#expression(infix.makes === 'binary' && infix.rightToLeft ? infix.power : infix.power + 1);
    return this.#combine(infix, left, right, negatedIn > 0);
  }

  #infixOf(text: string): Infix | undefined {
    const { infix } = DIALECTS[this.#dialect];
    return Object.hasOwn(infix, text) ? infix[text] : undefined;
  }

  /** Tokens that `not in` (Python) or `!in` (Kotlin) take up here; 0 when there is none. */
  #negatedIn(): number {
    const first = textOf(this.#peek());
    const negation = this.#dialect === 'python' ? 'not' : this.#dialect === 'java' ? '!' : undefined;
    return first !== undefined && first === negation && textOf(this.#peek(1)) === 'in' ? 2 : 0;
  }

  #combine(infix: Infix, left: ExpressionNode, right: ExpressionNode, negated: boolean): ExpressionNode {
    switch (infix.makes) {
      case 'binary':
        return this.#arithmetic(infix.operator, left, right);
      case 'compare':
        return this.#node({ op: 'compare', operator: infix.operator, left, right });
      case 'in':
        return this.#node({ op: 'in', item: left, container: right, ...(negated && { negated }) });
      case 'coalesce':
        return this.#node({ op: 'coalesce', left, right });
      default:
        return this.#node({ op: infix.makes, left: this.#truth(left), right });
    }
  }

  #arithmetic(operator: BinaryOperator, left: ExpressionNode, right: ExpressionNode): ExpressionNode {
    const real = this.#reals.has(left) || this.#reals.has(right);
    const node = this.#node({
      op: 'binary',
      operator: real && operator === 'truncatingDivide' ? '/' : operator,
      left,
      right,
    });
    if (real) this.#reals.add(node);
    return node;
  }

  #real(value: number): ExpressionNode {
    const node = this.#number(value);
    this.#reals.add(node);
    return node;
  }

  /** `0 < x < 10` means `0 < x and x < 10`; `is not` and `not in` are two words. */
  #pythonComparisons(first: ExpressionNode): ExpressionNode {
    let left = first;
    let result: ExpressionNode | undefined;
    for (;;) {
      const negatedIn = this.#negatedIn();
      const token = this.#peek();
      const text = negatedIn ? 'in' : textOf(token);
      const infix = text === undefined ? undefined : this.#infixOf(text);
      if (infix === undefined || infix.power !== POWER.equality) break;
      this.#at += negatedIn || 1;
      const isNot = text === 'is' && this.#accept('not');
      const right = this.#expression(POWER.equality + 1);
      const compared = this.#combine(
        isNot && infix.makes === 'compare' ? { ...infix, operator: '!=' } : infix,
        left,
        right,
        negatedIn > 0,
      );
      result = result === undefined ? compared : this.#node({ op: 'and', left: result, right: compared });
      left = right;
    }
    return result ?? first;
  }

  #ternary(test: ExpressionNode): ExpressionNode {
    this.#at += 1;
    const consequent = this.#expression(POWER.conditional);
    this.#expect(':', 'Continue the conditional with ":" and the other value');
    return this.#node({ op: 'conditional', test, consequent, alternate: this.#expression(POWER.conditional) });
  }

  #pythonConditional(consequent: ExpressionNode): ExpressionNode {
    this.#at += 1;
    const test = this.#expression(POWER.or);
    this.#expect('else', 'Continue the conditional with "else" and the other value');
    const alternate = this.#expression(POWER.conditional);
    return this.#node({ op: 'conditional', test: this.#truth(test), consequent, alternate });
  }

  #prefix(): ExpressionNode {
    const token = this.#take();
    switch (token.kind) {
      case 'number':
        return this.#postfix(token.real ? this.#real(token.value) : this.#number(token.value));
      case 'bigint':
        return this.#postfix(this.#node({ op: 'bigint', digits: token.digits }));
      case 'string':
        return this.#postfix(this.#node({ op: 'literal', value: token.value }));
      case 'name':
        return this.#named(token.text, token);
      case 'operator':
        return this.#prefixOperator(token.text, token);
      default:
        throw this.#mistake('Complete the expression: a value is missing here', token);
    }
  }

  /** JSON has no NaN or Infinity, so those are written as divisions. */
  #number(value: number): ExpressionNode {
    if (Number.isFinite(value)) return this.#node({ op: 'literal', value });
    const dividend = Number.isNaN(value) ? 0 : 1;
    return this.#node({
      op: 'binary',
      operator: '/',
      left: this.#node({ op: 'literal', value: dividend }),
      right: this.#node({ op: 'literal', value: 0 }),
    });
  }

  #named(name: string, token: Token): ExpressionNode {
    const table = DIALECTS[this.#dialect];
    const refused = Object.hasOwn(table.refused, name) ? table.refused[name] : undefined;
    if (refused !== undefined) throw this.#mistake(refused, token);
    if (this.#dialect === 'python' && name === 'not') {
      return this.#node({ op: 'not', operand: this.#truth(this.#expression(POWER.not)) });
    }
    if (this.#dialect === 'javascript' && name === 'typeof') {
      return this.#node({ op: 'typeof', operand: this.#expression(POWER.unary) });
    }
    if (Object.hasOwn(table.literals, name)) {
      const value = table.literals[name] ?? null;
      return this.#postfix(typeof value === 'number' ? this.#number(value) : this.#node({ op: 'literal', value }));
    }
    if (table.self.includes(name)) return this.#postfix(this.#node({ op: 'this' }));
    if (name.startsWith('#')) throw this.#mistake(`Write this.${name} to read a private field`, token);
    if (textOf(this.#peek()) === '(') return this.#functionCall(name, token);
    return this.#postfix(this.#node({ op: 'name', name }));
  }

  /** The only functions: `len(x)` in Python. */
  #functionCall(name: string, token: Token): ExpressionNode {
    if (this.#dialect === 'python' && name === 'len') {
      const [operand, ...more] = this.#arguments();
      if (operand === undefined || more.length > 0) throw this.#mistake('Give len() one value', token);
      return this.#postfix(this.#node({ op: 'length', operand }));
    }
    throw this.#mistake(`Remove the call of ${name}(): expressions cannot run code of the service`, token);
  }

  #prefixOperator(text: string, token: Token): ExpressionNode {
    switch (text) {
      case '(': {
        const inner = this.#expression(0);
        this.#expect(')', 'Close the parenthesis with ")"');
        return this.#postfix(inner);
      }
      case '[':
        return this.#postfix(this.#node({ op: 'list', items: this.#listUntil(']') }));
      case '-':
        return this.#negated();
      case '+':
        return this.#node({ op: 'plus', operand: this.#expression(POWER.unary) });
      case '!':
        if (this.#dialect === 'python') throw this.#mistake('Use "not" instead of "!"', token);
        return this.#node({ op: 'not', operand: this.#expression(POWER.unary) });
      case '!!':
        return this.#node({ op: 'not', operand: this.#node({ op: 'not', operand: this.#expression(POWER.unary) }) });
      default:
        this.#refuseOperator(token);
        throw this.#unexpected(token);
    }
  }

  #negated(): ExpressionNode {
    const operand = this.#expression(POWER.unary);
    const node =
      operand.op === 'literal' && typeof operand.value === 'number'
        ? this.#node({ op: 'literal', value: -operand.value })
        : this.#node({ op: 'negate', operand });
    if (this.#reals.has(operand)) this.#reals.add(node);
    return node;
  }

  #postfix(start: ExpressionNode): ExpressionNode {
    let value = start;
    let steps = 0;
    for (;;) {
      const token = this.#peek();
      const text = token.kind === 'operator' ? token.text : undefined;
      if (text !== '.' && text !== '?.' && text !== '[' && text !== '(' && text !== '!!') return value;
      steps += 1;
      if (steps > MAX_EXPRESSION_DEPTH) throw this.#mistake('Simplify the expression: the path is too long', token);
      this.#at += 1;
      if (text === '(') throw this.#mistake('Remove the call: expressions cannot run code of the service', token);
      if (text === '!!') continue;
      if (text === '[') value = this.#indexed(value, false);
      else if (text === '?.' && this.#accept('[')) value = this.#indexed(value, true);
      else value = this.#member(value, text === '?.');
    }
  }

  #member(object: ExpressionNode, optional: boolean): ExpressionNode {
    const token = this.#take();
    if (token.kind !== 'name') throw this.#mistake('Type the name of a member after the dot', token);
    if (textOf(this.#peek()) === '(') return this.#methodCall(object, token.text, token);
    return this.#node({ op: 'member', object, name: token.text, ...(optional && { optional }) });
  }

  #methodCall(object: ExpressionNode, name: string, token: Token): ExpressionNode {
    const table = DIALECTS[this.#dialect];
    const given = this.#arguments();
    const [first, second] = given;
    if (table.lengthMethods.includes(name) && given.length === 0) return this.#node({ op: 'length', operand: object });
    if (table.sliceMethods.includes(name) && given.length <= 2) {
      return this.#node({ op: 'slice', object, ...(first && { from: first }), ...(second && { to: second }) });
    }
    if (this.#dialect === 'javascript' && name === 'at' && first !== undefined) {
      return this.#node({ op: 'index', object, index: first });
    }
    if (this.#dialect === 'java' && name === 'equals' && first !== undefined) {
      return this.#node({ op: 'compare', operator: '==', left: object, right: first });
    }
    const method = Object.hasOwn(table.methods, name) ? table.methods[name] : undefined;
    if (method === undefined) {
      const allowed = [...Object.keys(table.methods), ...table.lengthMethods, ...table.sliceMethods].sort().join(', ');
      throw this.#mistake(`Use one of the methods that cannot run code of the service: ${allowed}`, token);
    }
    const wanted = ARGUMENTS[method];
    if (given.length !== wanted) {
      throw this.#mistake(`Give ${name}() ${wanted === 0 ? 'no arguments' : 'one argument'}`, token);
    }
    return this.#node({ op: 'call', method, object, arguments: given });
  }

  #indexed(object: ExpressionNode, optional: boolean): ExpressionNode {
    const slices = this.#dialect === 'python';
    const from = slices && textOf(this.#peek()) === ':' ? undefined : this.#expression(0);
    if (slices && this.#accept(':')) {
      const to = textOf(this.#peek()) === ']' ? undefined : this.#expression(0);
      if (textOf(this.#peek()) === ':')
        throw this.#mistake('Remove the step of the slice: only [from:to] is possible', this.#peek());
      this.#expect(']', 'Close the slice with "]"');
      return this.#node({ op: 'slice', object, ...(from && { from }), ...(to && { to }) });
    }
    this.#expect(']', 'Close the index with "]"');
    if (from === undefined) throw this.#mistake('Type an index', this.#peek());
    return this.#node({ op: 'index', object, index: from, ...(optional && { optional }) });
  }

  #arguments(): ExpressionNode[] {
    this.#at += 1;
    return this.#listUntil(')');
  }

  #listUntil(close: string): ExpressionNode[] {
    const items: ExpressionNode[] = [];
    while (!this.#accept(close)) {
      if (items.length >= 100) throw this.#mistake('Shorten the list: 100 items are allowed', this.#peek());
      items.push(this.#expression(0));
      if (!this.#accept(',') && textOf(this.#peek()) !== close) {
        throw this.#mistake(`Close the list with "${close}"`, this.#peek());
      }
    }
    return items;
  }

  /** An operand in a boolean position. */
  #truth(operand: ExpressionNode): ExpressionNode {
    if (this.#dialect !== 'python' || YIELDS_BOOLEAN.has(operand.op)) return operand;
    return this.#node({ op: 'nonEmpty', operand });
  }

  #node(node: ExpressionNode): ExpressionNode {
    if ('name' in node && node.name.length > MAX_NAME)
      throw this.#mistake(`Shorten the name: ${MAX_NAME} characters are allowed`, this.#peek());
    let nodes = 1;
    let below = 0;
    for (const child of childrenOfNode(node)) {
      const extent = this.#extents.get(child) ?? { nodes: 1, height: 1 };
      nodes += extent.nodes;
      below = Math.max(below, extent.height);
    }
    const height = below + (node.op === 'list' || node.op === 'call' ? 2 : 1);
    if (nodes > MAX_EXPRESSION_NODES)
      throw this.#mistake('Simplify the expression: it has too many parts', this.#peek());
    if (height > MAX_HEIGHT) throw this.#mistake('Simplify the expression: it is nested too deeply', this.#peek());
    this.#extents.set(node, { nodes, height });
    return node;
  }

  #peek(ahead = 0): Token {
    return this.#tokens[Math.min(this.#at + ahead, this.#tokens.length - 1)] as Token;
  }

  #take(): Token {
    const token = this.#peek();
    this.#at += 1;
    return token;
  }

  #accept(text: string): boolean {
    if (textOf(this.#peek()) !== text) return false;
    this.#at += 1;
    return true;
  }

  #expect(text: string, otherwise: string): void {
    if (!this.#accept(text)) throw this.#mistake(otherwise, this.#peek());
  }

  #refuseOperator(token: Token): void {
    if (token.kind !== 'operator') return;
    const { text } = token;
    const python = this.#dialect === 'python';
    if (ASSIGNMENTS.has(text)) throw this.#mistake('Use == to compare: expressions cannot assign', token);
    if (text === '++' || text === '--') throw this.#mistake(`Remove ${text}: expressions cannot change a value`, token);
    if (text === '=>' || text === '->')
      throw this.#mistake(`Remove ${text}: expressions cannot define functions`, token);
    if (text === '`') throw this.#mistake('Use a plain string in quotes instead of a template', token);
    if (text === '{') throw this.#mistake('Remove the braces: expressions cannot make objects', token);
    if (text === '/' && this.#dialect === 'javascript')
      throw this.#mistake('Use startsWith, endsWith or includes: regular expressions are not possible', token);
    if (text === '//' && !python) throw this.#mistake('Remove the comment', token);
    if (python && text === '&&') throw this.#mistake('Use "and" instead of "&&"', token);
    if (python && text === '||') throw this.#mistake('Use "or" instead of "||"', token);
    if (python && (text === '===' || text === '!=='))
      throw this.#mistake(`Use "${text.slice(0, 2)}" instead of "${text}"`, token);
    if (BITWISE.has(text)) throw this.#mistake(`Remove "${text}": bit operators are not possible`, token);
  }

  #unexpected(token: Token): Mistake {
    if (token.kind === 'end') return this.#mistake('Complete the expression', token);
    const text = token.kind === 'operator' || token.kind === 'name' ? token.text : 'the value';
    if (token.kind === 'name' && Object.hasOwn(DIALECTS[this.#dialect].refused, token.text)) {
      return this.#mistake(DIALECTS[this.#dialect].refused[token.text] ?? '', token);
    }
    return this.#mistake(`Remove "${text}", or put an operator before it`, token);
  }

  #mistake(message: string, token: Token): Mistake {
    return new Mistake({ message, start: token.start, end: Math.max(token.end, token.start) });
  }
}

/** Arguments each method takes. */
const ARGUMENTS = {
  startsWith: 1,
  endsWith: 1,
  contains: 1,
  indexOf: 1,
  lower: 0,
  upper: 0,
  trim: 0,
  get: 1,
  has: 1,
  isEmpty: 0,
} as const;

const YIELDS_BOOLEAN = new Set(['compare', 'not', 'in', 'nonEmpty']);

function textOf(token: Token): string | undefined {
  return token.kind === 'operator' || token.kind === 'name' ? token.text : undefined;
}

/** Numbers, bigints and joined texts of an expression: no value is converted by code of the service. */
import { fail } from './expression-failure.ts';
import { floor, isInteger, toBigint, toText, trunc } from './primordials.ts';

/** Characters of a text that `+` may make. */
const MAX_JOINED = 65_536;

export function typeNameOf(value: unknown): string {
  return value === null || value === undefined ? 'null' : typeof value;
}

export function kindOf(value: unknown): string {
  const type = typeNameOf(value);
  return type === 'null' ? 'null' : type === 'object' ? 'an object' : `a ${type}`;
}

export function isNumeric(value: unknown): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}

export function signed(value: unknown, negative: boolean): number | bigint {
  if (typeof value === 'number') return negative ? -value : value;
  if (typeof value === 'bigint') return negative ? -value : value;
  return fail(`Cannot use ${kindOf(value)} as a number`);
}

/** A scalar inside a text, the same in all languages. */
export function scalarText(value: unknown): string {
  if (typeof value === 'bigint' && isHuge(value)) return fail('The number is too large');
  return value === undefined ? 'null' : toText(value);
}

function lengthOfText(value: unknown): number {
  return typeof value === 'string' ? value.length : 0;
}

function isScalar(value: unknown): boolean {
  return value === null || (typeof value !== 'object' && typeof value !== 'function' && typeof value !== 'symbol');
}

export function arithmetic(operator: string, left: unknown, right: unknown): unknown {
  if (
    operator === '+' &&
    (typeof left === 'string' || typeof right === 'string') &&
    isScalar(left) &&
    isScalar(right)
  ) {
    if (lengthOfText(left) > MAX_JOINED || lengthOfText(right) > MAX_JOINED) return fail('The text gets too long');
    const a = scalarText(left);
    const b = scalarText(right);
    return a.length + b.length <= MAX_JOINED ? a + b : fail('The text gets too long');
  }
  if (!isNumeric(left) || !isNumeric(right))
    return fail(`Cannot calculate ${kindOf(left)} ${operator} ${kindOf(right)}`);
  if (typeof left === 'bigint' || typeof right === 'bigint') return bigArithmetic(operator, left, right);
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return left / right;
    case '%':
      return left % right;
    case '**':
      return left ** right;
    case 'truncatingDivide':
      if (!isInteger(left) || !isInteger(right)) return left / right;
      return right === 0 ? fail('Division by zero') : trunc(left / right);
    case 'floorDivide':
      return right === 0 ? fail('Division by zero') : floorDivide(left, right);
    default:
      return right === 0 ? fail('Division by zero') : floorModulo(left, right);
  }
}

/** The remainder with the sign of the divisor; taken from `%`, which is exact where a division rounds. */
function floorModulo(left: number, right: number): number {
  const rest = left % right;
  return rest !== 0 && rest < 0 !== right < 0 ? rest + right : rest;
}

/** Through the exact remainder, so that `1 // 0.1` is 9 as in Python. */
function floorDivide(left: number, right: number): number {
  const quotient = (left - floorModulo(left, right)) / right;
  const whole = floor(quotient);
  return quotient - whole > 0.5 ? whole + 1 : whole;
}

/** Largest bigint that is calculated with; multiplying larger ones could hold the service up. */
const BIG_LIMIT = 2n ** 1024n;

export function isHuge(value: bigint): boolean {
  return value > BIG_LIMIT || value < -BIG_LIMIT;
}

function bigArithmetic(operator: string, left: number | bigint, right: number | bigint): unknown {
  if ((typeof left === 'number' && !isInteger(left)) || (typeof right === 'number' && !isInteger(right))) {
    return fail('Cannot mix a bigint with a fraction');
  }
  const a = toBigint(left);
  const b = toBigint(right);
  if (isHuge(a) || isHuge(b)) return fail('The number is too large');
  if (b === 0n && operator !== '+' && operator !== '-' && operator !== '*' && operator !== '**')
    return fail('Division by zero');
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '**':
      return b >= 0n && b <= 64n ? a ** b : fail('The power is too large');
    case '%':
      return a % b;
    case 'floorDivide':
      return a / b - (a % b !== 0n && a < 0n !== b < 0n ? 1n : 0n);
    case 'floorModulo':
      return ((a % b) + b) % b;
    default:
      return a / b;
  }
}

/** One line a person reads first. Some clients show only this line, so it carries as much nested content as fits. */
import type { CapturedValue, Missing, ValueIndex } from '@stillframe/protocol/values';

export interface FormatOptions {
  /** Characters of the whole line; default 200. */
  maxLength?: number;
  /** Integers in hexadecimal. */
  hex?: boolean;
}

const MAX_NESTING = 4;

export function formatValue(values: readonly CapturedValue[], index: ValueIndex, options: FormatOptions = {}): string {
  return format(values, index, options.maxLength ?? 200, options.hex ?? false, []);
}

/** What is not there, in a few words: `37 more (width)`, `redacted (password)`. */
export function describeMissing(missing: Missing): string {
  const detail = missing.detail === undefined ? '' : ` (${missing.detail})`;
  switch (missing.reason) {
    case 'width':
      return `${missing.count ?? 'some'} more not captured`;
    case 'length':
      return `${missing.count ?? 'some'} more characters`;
    case 'depth':
      return 'deeper values not captured';
    case 'nodes':
    case 'bytes':
      return 'not captured: the hit is full';
    case 'time':
      return 'not captured: the time budget was used up';
    case 'redacted':
      // Where only a part of a text is, that part says it in the same words.
      return `redacted${detail.replace('(value rule ', '(')}`;
    case 'getter':
      return `getter, not run${detail}`;
    case 'unavailable':
      return `not available${detail}`;
    default:
      return `could not be read${detail}`;
  }
}

function format(
  values: readonly CapturedValue[],
  index: ValueIndex,
  room: number,
  hex: boolean,
  path: readonly ValueIndex[],
): string {
  const value = values[index];
  if (value === undefined) return '<not captured>';
  if (value.kind === 'missing') return `<${value.missing ? describeMissing(value.missing) : 'not captured'}>`;
  if (value.kind === 'string' && value.missing?.reason === 'redacted') return `<${describeMissing(value.missing)}>`;
  if (value.kind === 'string') return quoted(value, room);
  if (hex && value.kind === 'number' && Number.isInteger(value.literal)) return hexadecimal(value.literal as number);
  // A number that is cut short is another number.
  if (value.kind === 'number' || value.kind === 'boolean') return value.preview;
  const children = value.children ?? [];
  if (children.length === 0)
    return cut(value.missing?.reason === 'redacted' ? `<${describeMissing(value.missing)}>` : value.preview, room);
  if (path.includes(index)) return `${value.type} <circular>`;
  if (path.length >= MAX_NESTING || room < 24) return brief(value);
  return nested(values, value, room, hex, [...path, index]);
}

/** An object of which nothing is shown but that it is one. */
function brief(value: CapturedValue): string {
  const list = value.kind === 'array' || value.kind === 'binary';
  return `${headOf(value)}${list ? '[…]' : '{…}'}`;
}

function nested(
  values: readonly CapturedValue[],
  value: CapturedValue,
  room: number,
  hex: boolean,
  path: readonly ValueIndex[],
): string {
  const list = value.kind === 'array' || value.kind === 'set' || value.kind === 'binary';
  const [open, close] = list && value.kind !== 'set' ? ['[', ']'] : ['{', '}'];
  const head = headOf(value);
  const children = value.children ?? [];
  const parts: string[] = [];
  let used = head.length + 4;
  let shown = 0;
  for (const child of children) {
    if (child.role === 'entryValue') continue;
    const left = room - used;
    if (left < 8) break;
    // One large child must not hide those behind it: it gets half of what is left, or its bare brackets.
    const whole = partOf(values, children, child, left, hex, path);
    const fair = whole.length > left / 2 ? partOf(values, children, child, left / 2, hex, path) : whole;
    const part = used + fair.length + 2 <= room ? fair : partOf(values, children, child, 0, hex, path);
    if (used + part.length + 2 > room && shown > 0) break;
    parts.push(part);
    used += part.length + 2;
    shown += 1;
  }
  const countable = children.filter((child) => child.role !== 'entryValue').length;
  if (shown < countable || value.missing !== undefined) parts.push('…');
  return `${head}${open}${parts.join(', ')}${close}`;
}

function partOf(
  values: readonly CapturedValue[],
  children: NonNullable<CapturedValue['children']>,
  child: NonNullable<CapturedValue['children']>[number],
  room: number,
  hex: boolean,
  path: readonly ValueIndex[],
): string {
  if (child.role === 'index') return format(values, child.value, room, hex, path);
  if (child.role === 'entryKey') {
    const key = format(values, child.value, room, hex, path);
    const entry = children[children.indexOf(child) + 1];
    return entry?.role === 'entryValue'
      ? `${key} => ${format(values, entry.value, room - key.length, hex, path)}`
      : key;
  }
  return `${child.name}: ${format(values, child.value, room - child.name.length, hex, path)}`;
}

/** `Order ` before the braces; nothing for plain objects and arrays; sizes where they tell something. */
function headOf(value: CapturedValue): string {
  if (value.kind === 'object' && value.type === 'Object') return '';
  if (value.kind === 'array') return value.size !== undefined && value.size > 3 ? `(${value.size}) ` : '';
  if (value.kind === 'map' || value.kind === 'set') return `${value.type}(${value.size ?? '?'}) `;
  if (value.kind === 'error') return `${value.preview} `;
  return `${value.type} `;
}

function quoted(value: CapturedValue, room: number): string {
  const text = typeof value.literal === 'string' ? value.literal : value.preview;
  const limit = Math.max(room - 2, 8);
  const shown = text.length > limit ? text.slice(0, limit - 1) : text;
  const more = (value.size ?? text.length) - shown.length;
  return more > 0 ? `${JSON.stringify(shown)}…+${more}` : JSON.stringify(shown);
}

function hexadecimal(value: number): string {
  return value < 0 ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`;
}

function cut(text: string, room: number): string {
  return text.length <= room ? text : `${text.slice(0, Math.max(room - 1, 1))}…`;
}

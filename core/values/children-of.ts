/** The rows below a value in a tree view: map entries paired, and a last row that says what was not captured. */
import type { CapturedValue, ChildRole, ValueIndex } from '@stillframe/protocol/values';
import { describeMissing, formatValue } from './format-value.ts';

export interface DisplayChild {
  name: string;
  /** Absent for rows that are only text. */
  value?: ValueIndex;
  text?: string;
  role?: ChildRole;
  /** What comes after the parent's own expression: `.total`, `[3]`; absent where no expression can name it. */
  access?: string;
}

export function childrenOf(values: readonly CapturedValue[], index: ValueIndex): DisplayChild[] {
  const value = values[index];
  if (value === undefined) return [];
  const rows: DisplayChild[] = [];
  const children = value.children ?? [];
  for (const [at, child] of children.entries()) {
    if (child.role === 'entryValue') continue;
    if (child.role === 'entryKey') {
      const entry = children[at + 1];
      const key = values[child.value];
      rows.push({
        name: formatValue(values, child.value, { maxLength: 60 }),
        value: entry?.role === 'entryValue' ? entry.value : child.value,
        role: 'entryValue',
        ...(key?.literal !== undefined && { access: `[${JSON.stringify(key.literal)}]` }),
      });
    } else {
      rows.push({
        name: child.name,
        value: child.value,
        ...(child.role && { role: child.role }),
        ...accessOf(child.name, child.role),
      });
    }
  }
  if (value.missing !== undefined && (children.length > 0 || value.missing.reason !== 'depth')) {
    if (value.kind !== 'missing') rows.push({ name: '⚠', text: describeMissing(value.missing), role: 'internal' });
  } else if (value.missing?.reason === 'depth') {
    rows.push({ name: '⚠', text: 'deeper values not captured; raise the depth or add a watch', role: 'internal' });
  }
  return rows;
}

function accessOf(name: string, role: ChildRole | undefined): { access?: string } {
  if (role === 'internal') return {};
  if (role === 'index') return { access: `[${name}]` };
  return /^#?[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name)
    ? { access: `.${name}` }
    : { access: `[${JSON.stringify(name)}]` };
}

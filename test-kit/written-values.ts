/** Values as the conformance tables write them (`test-fixtures/conformance/README.md`), made real. */

export interface Making {
  /** What `null` becomes: one of the language's kinds of nothing. */
  nothing?: null | undefined;
  /** An accessor was run, which nothing of ours may do. */
  onAccessor?: () => void;
}

export function makeValue(written: unknown, making: Making = {}): unknown {
  return make(written, { nothing: 'nothing' in making ? making.nothing : null, ...making }, new Map());
}

function make(written: unknown, making: Making, named: Map<unknown, unknown>): unknown {
  const inner = (value: unknown) => make(value, making, named);
  if (written === null) return making.nothing;
  if (typeof written !== 'object') return written;
  if (Array.isArray(written)) return filled([], written, inner);
  if ('$number' in written) return Number(written.$number);
  if ('$bigint' in written) return BigInt(written.$bigint as string);
  if ('$text' in written) {
    const [piece, times] = written.$text as [string, number];
    return piece.repeat(times);
  }
  if ('$list' in written) {
    const [item, times] = written.$list as [unknown, number];
    return Array.from({ length: times }, () => inner(item));
  }
  if ('$same' in written) return named.get(written.$same);
  if ('$named' in written) return makeNamed(written as unknown as Named, making, named);
  if ('$set' in written) return new Set((written.$set as unknown[]).map(inner));
  if ('$map' in written)
    return new Map((written.$map as [unknown, unknown][]).map(([key, value]) => [inner(key), inner(value)]));
  return makeObject({}, written, making, inner);
}

interface Named {
  $named: string;
  value: object;
}

/** Known by its name before what is inside it is made, so that it can contain itself. */
function makeNamed({ $named, value }: Named, making: Making, named: Map<unknown, unknown>): unknown {
  const made: object = Array.isArray(value) ? [] : {};
  named.set($named, made);
  const inner = (each: unknown) => make(each, making, named);
  return Array.isArray(value) ? filled(made as unknown[], value, inner) : makeObject(made, value, making, inner);
}

function filled(list: unknown[], written: readonly unknown[], inner: (value: unknown) => unknown): unknown[] {
  for (const [at, value] of written.entries()) list[at] = inner(value);
  return list;
}

function makeObject(made: object, written: object, { onAccessor }: Making, inner: (value: unknown) => unknown): object {
  const fields = '$object' in written ? (written.$object as object) : written;
  for (const [name, value] of Object.entries(fields)) {
    // Also for names that assignment would take for something else (`__proto__`).
    Object.defineProperty(made, name, { value: inner(value), enumerable: true, writable: true, configurable: true });
  }
  for (const name of 'accessors' in written ? (written.accessors as string[]) : []) {
    Object.defineProperty(made, name, { get: () => onAccessor?.(), enumerable: true, configurable: true });
  }
  return made;
}

/** What an object graph looks like from outside, to be compared before and after something that must not change it. */
import { types } from 'node:util';

export type Photograph = [object: object, prototype: object | null, extensible: boolean, properties: unknown[]][];

/** Everything reachable by own data properties, by identity; `stack` is left out, since looking at it formats it. */
export function photograph(root: unknown): Photograph {
  const seen = new Set<unknown>();
  const open: unknown[] = [root];
  const pictures: Photograph = [];
  while (open.length > 0 && pictures.length < 2000) {
    const value = open.pop();
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null || seen.has(value)) continue;
    seen.add(value);
    if (types.isProxy(value) || value === globalThis) continue;
    const large =
      ArrayBuffer.isView(value) ||
      (Array.isArray(value) && value.length > 10_000) ||
      (types.isStringObject(value) && value.length > 10_000);
    const keys = large ? ['0'] : Reflect.ownKeys(value).filter((key) => key !== 'stack');
    const properties: unknown[] = [];
    for (const key of keys) {
      const found = Reflect.getOwnPropertyDescriptor(value, key);
      properties.push(key, found?.value, found?.get, found?.writable, found?.enumerable, found?.configurable);
      open.push(found?.value);
    }
    pictures.push([value, Reflect.getPrototypeOf(value), Object.isExtensible(value), properties]);
  }
  return pictures;
}

export function samePhotograph(a: Photograph, b: Photograph): boolean {
  return (
    a.length === b.length &&
    a.every(([object, prototype, extensible, properties], at) => {
      const other = b[at];
      return (
        other !== undefined &&
        object === other[0] &&
        prototype === other[1] &&
        extensible === other[2] &&
        properties.length === other[3].length &&
        properties.every((property, index) => Object.is(property, other[3][index]))
      );
    })
  );
}

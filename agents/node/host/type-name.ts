/** The name of an object's class, found without running anything: data properties along the prototypes. */
import { getPrototypeOf, isProxy, ownData, stringSlice } from './primordials.ts';

const MAX_PROTOTYPES = 8;
const MAX_LENGTH = 200;

/** Not for proxies: asking one for its prototype would run its trap. */
export function typeName(value: object): string {
  let holder = getPrototypeOf(value);
  if (holder === null) return 'Object (null prototype)';
  for (let depth = 0; holder !== null && depth < MAX_PROTOTYPES; depth++) {
    if (isProxy(holder)) break;
    const made = ownData(holder, 'constructor');
    if (typeof made === 'function' && !isProxy(made)) {
      const name = ownData(made, 'name');
      if (typeof name === 'string' && name !== '') return shortText(name, MAX_LENGTH);
    }
    holder = getPrototypeOf(holder);
  }
  return 'Object';
}

/** Characters of a name or text inside a preview. */
export const MAX_PREVIEW = 256;

/** A text longer than this is not read at all: cutting a rope of that size would first copy it into one piece. */
export const UNREADABLE_STRING = 524_288;

/** At most `limit` characters for a preview. */
export function shortText(text: string, limit: number): string {
  if (text.length <= limit) return text;
  return text.length > UNREADABLE_STRING ? '…' : `${stringSlice(text, 0, limit - 1)}…`;
}

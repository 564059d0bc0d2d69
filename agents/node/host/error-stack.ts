/**
 * Whether an object's `stack` may be looked at. V8 formats it at the first look, even at its descriptor: by the service's
 * own formatter if there is one, otherwise by reading `name` and `message`, which may be getters or objects with a
 * `toString`.
 */
import { getOwnPropertyDescriptor, getPrototypeOf, hasOwn, isNativeError, isProxy } from './primordials.ts';

const NativeError = Error;
const MAX_PROTOTYPES = 8;

/** Real errors never: formatting may map positions through source maps, which takes far longer than any budget. */
export function isStackReadable(object: object): boolean {
  if (isNativeError(object)) return false;
  const formatter = getOwnPropertyDescriptor(NativeError, 'prepareStackTrace');
  if (formatter !== undefined && !(hasOwn(formatter, 'value') && formatter.value === undefined)) return false;
  return isPlainAlong(object, 'name') && isPlainAlong(object, 'message');
}

/** Found as a primitive data property, or not at all. */
function isPlainAlong(object: object, key: string): boolean {
  let holder: object | null = object;
  for (let depth = 0; holder !== null && depth < MAX_PROTOTYPES; depth++) {
    if (isProxy(holder)) return false;
    const descriptor = getOwnPropertyDescriptor(holder, key);
    if (descriptor !== undefined) {
      const { value } = descriptor;
      return (
        hasOwn(descriptor, 'value') && (value === null || (typeof value !== 'object' && typeof value !== 'function'))
      );
    }
    holder = getPrototypeOf(holder);
  }
  return holder === null;
}

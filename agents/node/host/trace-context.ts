/**
 * The W3C `traceparent` of the request being served, where OpenTelemetry runs in the service. Its API keeps the
 * registered context manager on a well-known global; only data properties are read on the way, and the one call made is
 * the manager's own `active`, which OpenTelemetry itself makes on every operation.
 */
import { getPrototypeOf, isMap, isProxy, ownData } from './primordials.ts';

const API = Symbol.for('opentelemetry.js.api.1');
/** The key is made by `Symbol(description)`, so a context is searched for its description. */
const SPAN_KEY = 'OpenTelemetry Context Key SPAN';
const { apply } = Reflect;
const descriptionOf = Object.getOwnPropertyDescriptor(Symbol.prototype, 'description')?.get as (this: symbol) => string;
const mapKeys = Map.prototype.keys;
const mapRead = Map.prototype.get;
const nextKey = Object.getPrototypeOf(new Map().keys()).next as (this: Iterator<unknown>) => IteratorResult<unknown>;

export function readTraceparent(): string | undefined {
  const api = dataOf(globalThis, API);
  if (api === undefined) return undefined;
  const manager = dataOf(api, 'context');
  const active = manager === undefined ? undefined : methodOf(manager, 'active');
  if (active === undefined) return undefined;
  const context = asObject(apply(active, manager, []));
  const held = context === undefined ? undefined : dataOf(context, '_currentContext');
  if (held === undefined || !isMap(held)) return undefined;
  const keys = apply(mapKeys, held, []) as Iterator<unknown>;
  for (let key = apply(nextKey, keys, []); !key.done; key = apply(nextKey, keys, [])) {
    if (typeof key.value !== 'symbol' || apply(descriptionOf, key.value, []) !== SPAN_KEY) continue;
    const span = asObject(apply(mapRead, held, [key.value]));
    const ids = span === undefined ? undefined : (dataOf(span, '_spanContext') ?? dataOf(span, 'spanContext'));
    return ids === undefined ? undefined : format(ids);
  }
  return undefined;
}

function format(ids: object): string | undefined {
  const trace = ownData(ids, 'traceId');
  const span = ownData(ids, 'spanId');
  const flags = ownData(ids, 'traceFlags');
  if (typeof trace !== 'string' || typeof span !== 'string' || trace.length !== 32 || span.length !== 16)
    return undefined;
  return `00-${trace}-${span}-${flags === 1 ? '01' : '00'}`;
}

function asObject(value: unknown): object | undefined {
  return typeof value === 'object' && value !== null && !isProxy(value) ? value : undefined;
}

function dataOf(holder: object, key: PropertyKey): object | undefined {
  return asObject(ownData(holder, key));
}

function methodOf(holder: object, name: string): ((...given: unknown[]) => unknown) | undefined {
  for (let at: object | null = holder; at !== null && !isProxy(at); at = getPrototypeOf(at)) {
    const method = ownData(at, name);
    if (typeof method === 'function') return method as (...given: unknown[]) => unknown;
  }
  return undefined;
}

/**
 * One value per async context, for as long as somebody needs it. From Node 24 on an `AsyncLocalStorage` costs the service
 * nothing but the frames it copies. Before, it would be an async hook that puts a property on every promise and handle of
 * the service; there an async hook of our own keeps the values beside them.
 */
import { AsyncLocalStorage, createHook, executionAsyncResource } from 'node:async_hooks';
import { weakMapGet, weakMapSet } from './primordials.ts';

export interface ContextSlot<T extends object> {
  current(): T | undefined;
  /** For the rest of this execution and all that it starts. */
  enter(value: T): void;
  close(): void;
}

const Storage = AsyncLocalStorage;
const { enterWith, getStore, disable } = AsyncLocalStorage.prototype;
const { apply } = Reflect;
const newHook = createHook;
const resourceNow = executionAsyncResource;
const NativeWeakMap = WeakMap;

/** The storage by async hooks passes itself on; the one by frames does not need to. */
const BY_FRAMES = !('_propagate' in AsyncLocalStorage.prototype);

export function createContextSlot<T extends object>(): ContextSlot<T> {
  return BY_FRAMES ? byFrames<T>() : byHook<T>();
}

function byFrames<T extends object>(): ContextSlot<T> {
  const storage = new Storage<T | undefined>();
  return {
    current: () => apply(getStore, storage, []) as T | undefined,
    enter: (value) => void apply(enterWith, storage, [value]),
    close: () => void apply(disable, storage, []),
  };
}

function byHook<T extends object>(): ContextSlot<T> {
  const held = new NativeWeakMap<object, T>();
  const hook = newHook({
    init(_id, _type, _trigger, resource: object) {
      const value = weakMapGet(held, resourceNow());
      if (value !== undefined) weakMapSet(held, resource, value);
    },
  });
  const enable = hook.enable.bind(hook);
  const disableHook = hook.disable.bind(hook);
  enable();
  return {
    current: () => weakMapGet(held, resourceNow()) as T | undefined,
    enter: (value) => void weakMapSet(held, resourceNow(), value),
    close: () => void disableHook(),
  };
}

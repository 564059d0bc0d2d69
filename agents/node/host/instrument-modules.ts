/**
 * Rewrites modules whose path matches as they load; a bundle of its own, read only when it is asked for. CommonJS through
 * `Module.prototype._compile`, which compilers and loaders of the service call too; ES modules through Node's synchronous
 * hooks, or, before 22.15, in its loader thread. Whatever goes wrong, the module loads as it is.
 */
import Module from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { REACHED_NAME, type SharedSites, SITES_NAME } from '../shared/instrumentation.ts';
import { matchingPaths } from '../shared/path-patterns.ts';
import { instrumentText } from './instrument-text.ts';

export interface InstrumentInput {
  patterns: readonly string[];
  sites: SharedSites;
  /** A matching module was left alone, and why. */
  onLeft(url: string, problem: string): void;
}

interface LoadResult {
  format?: string | null;
  source?: unknown;
}

interface HookedModule {
  registerHooks?: (hooks: {
    load: (url: string, context: unknown, next: (url: string, context: unknown) => LoadResult) => LoadResult;
  }) => unknown;
  register?: (url: string, options: { data: unknown }) => void;
  prototype: { _compile: (content: string, filename: string, format?: string) => unknown };
}

const HOOKED = Module as unknown as HookedModule;

export function instrumentModules({ patterns, sites, onLeft }: InstrumentInput): void {
  defineGlobals(sites);
  const matches = matchingPaths(patterns);
  const take = (count: number) => takeSites(sites.next, sites.armed.length, count);

  /** The text to load; the same when it is not to be, or cannot be, rewritten. */
  function rewritten(text: string, path: string, isModule: boolean | undefined): string {
    try {
      if (!matches(path)) return text;
      const { text: changed, problem } = instrumentText(text, isModule, take);
      if (problem !== undefined) onLeft(path, problem);
      return changed ?? text;
    } catch {
      return text;
    }
  }

  const { _compile: compile } = HOOKED.prototype;
  HOOKED.prototype._compile = function _compile(this: unknown, content, filename, ...rest) {
    const isModule = rest[0] === 'module' ? true : undefined;
    const text = typeof content === 'string' ? rewritten(content, filename, isModule) : content;
    return Reflect.apply(compile, this, [text, filename, ...rest]);
  };

  if (HOOKED.registerHooks !== undefined) {
    HOOKED.registerHooks({
      load(url, context, next) {
        const result = next(url, context);
        if (result.format !== 'module' || !url.startsWith('file:')) return result;
        const text = sourceText(result.source);
        if (text === undefined) return result;
        const changed = rewritten(text, pathOf(url), true);
        return changed === text ? result : { ...result, source: changed };
      },
    });
    return;
  }
  const hooks = pathToFileURL(join(__dirname, 'instrument-hooks.mjs')).href;
  HOOKED.register?.(hooks, { data: { patterns, next: sites.next } });
}

/** Bare names in the rewritten code: V8 knows that these never change, and reads them as constants. */
function defineGlobals({ armed, counts }: SharedSites): void {
  const reached = (site: number): void => {
    const at = armed[site] as number;
    counts[at] = (counts[at] as number) + 1;
  };
  Object.defineProperty(globalThis, SITES_NAME, { value: armed });
  Object.defineProperty(globalThis, REACHED_NAME, { value: reached });
}

/** The loader thread takes from the same numbers. */
export function takeSites(next: Int32Array, most: number, count: number): number {
  const first = Atomics.add(next, 0, count);
  return first + count <= most ? first : -1;
}

export function sourceText(source: unknown): string | undefined {
  if (typeof source === 'string') return source;
  return source instanceof Uint8Array
    ? Buffer.from(source.buffer, source.byteOffset, source.byteLength).toString()
    : undefined;
}

export function pathOf(url: string): string {
  return fileURLToPath(url.replace(/[?#].*$/, ''));
}

/**
 * Tells the worker which modules the service loads, without touching them: a resolve hook where Node has synchronous ones
 * (22.15, 23.5 and later), on older versions a hook in Node's own loader thread for ES modules and the CommonJS loader's
 * own table. Only URLs and paths pass; reading and hashing is the worker's.
 */
import Module from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { MessagePort } from 'node:worker_threads';

type Note = (url: string) => void;

interface HookedModule {
  registerHooks?: (hooks: {
    resolve: (
      specifier: string,
      context: unknown,
      next: (specifier: string, context: unknown) => { url: string },
    ) => { url: string };
  }) => unknown;
  register?: (url: string, options: { data: { port: MessagePort }; transferList: MessagePort[] }) => void;
}

const HOOKED = Module as unknown as HookedModule;

/** True where ES modules are only seen by Node's loader thread, which then needs a port of its own to the worker. */
export const NEEDS_LOADER_PORT = HOOKED.registerHooks === undefined && HOOKED.register !== undefined;

/** CommonJS modules loaded before; ES modules loaded before the agent are found when the first action opens the debugger. */
export function loadedModules(): string[] {
  const entry = process.argv[1];
  return [...Object.keys(cacheOf()), ...(entry === undefined ? [] : [entry])];
}

export function watchModules(note: Note, loaderPort: MessagePort | undefined): void {
  if (HOOKED.registerHooks !== undefined) {
    HOOKED.registerHooks({
      resolve(specifier, context, next) {
        const resolved = next(specifier, context);
        noteQuietly(note, resolved.url);
        return resolved;
      },
    });
    return;
  }
  watchRequires(note);
  if (loaderPort === undefined) return;
  const hooks = pathToFileURL(join(__dirname, 'module-hooks.mjs')).href;
  HOOKED.register?.(hooks, { data: { port: loaderPort }, transferList: [loaderPort] });
}

/** The CommonJS loader compiles each file through this table, which it calls with the resolved name. */
function watchRequires(note: Note): void {
  const { _extensions: extensions } = Module as unknown as {
    _extensions: Record<string, (module: unknown, filename: string) => unknown>;
  };
  const compile = extensions['.js'];
  if (compile === undefined) return;
  extensions['.js'] = function compileNoted(this: unknown, module: unknown, filename: string) {
    noteQuietly(note, filename);
    return Reflect.apply(compile, this, [module, filename]);
  };
}

function noteQuietly(note: Note, url: string): void {
  try {
    if (url.startsWith('file:') || url.startsWith('/') || /^[A-Za-z]:\\/.test(url)) note(url);
  } catch {
    // A list of files is not worth an error in the service.
  }
}

function cacheOf(): Record<string, unknown> {
  return (Module as unknown as { _cache: Record<string, unknown> })._cache;
}

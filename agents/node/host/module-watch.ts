/**
 * Tells the worker which modules the service loads, without touching them: a resolve hook where Node has synchronous ones
 * (22.15, 23.5 and later), on older versions a hook in Node's own loader thread for ES modules and the public
 * `require.cache` for CommonJS. Only URLs and paths pass; reading and hashing is the worker's.
 */
import Module from 'node:module';

type Note = (url: string) => void;

interface HookedModule {
  registerHooks?: (hooks: {
    resolve: (
      specifier: string,
      context: unknown,
      next: (specifier: string, context: unknown) => { url: string },
    ) => { url: string };
  }) => unknown;
  _load?: unknown;
  _resolveFilename?: unknown;
}

/** CommonJS modules loaded before; ES modules loaded before are found when the first action enables the debugger. */
export function loadedModules(): string[] {
  const entry = process.argv[1];
  return [...Object.keys(cacheOf()), ...(entry === undefined ? [] : [entry])];
}

export function watchModules(note: Note): void {
  const { registerHooks } = Module as unknown as HookedModule;
  if (registerHooks === undefined) watchRequires(note);
  else {
    registerHooks({
      resolve(specifier, context, next) {
        const resolved = next(specifier, context);
        noteQuietly(note, resolved.url);
        return resolved;
      },
    });
  }
}

/**
 * Node 20 has no synchronous hooks. Its CommonJS loader stores each module in `require.cache` through this one function,
 * which is called with the resolved name; ES modules are found when the debugger is first enabled.
 */
function watchRequires(note: Note): void {
  const internals = Module as unknown as {
    _extensions: Record<string, (module: unknown, filename: string) => unknown>;
  };
  for (const extension of ['.js', '.cjs']) {
    const compile = internals._extensions[extension] ?? internals._extensions['.js'];
    if (compile === undefined) continue;
    internals._extensions[extension] = function extensionOf(this: unknown, module: unknown, filename: string) {
      noteQuietly(note, filename);
      return Reflect.apply(compile, this, [module, filename]);
    };
  }
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

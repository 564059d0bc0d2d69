/** Real processes for tests: output is kept, waited for by pattern, and nothing outlives its test. */
import { type ChildProcess, spawn } from 'node:child_process';

export interface StartedProcess {
  pid: number;
  stdout(): string;
  stderr(): string;
  /** The first match in standard output or error, also when it was written before the call. */
  output(pattern: RegExp, timeoutMs?: number): Promise<RegExpExecArray>;
  /** Exit code, or the signal's name. */
  exited: Promise<number | string>;
  kill(signal?: NodeJS.Signals): void;
  /** Ends the process, by force after two seconds. */
  stop(): Promise<void>;
  write(text: string): void;
}

export interface StartOptions {
  cwd?: string;
  env?: Record<string, string | undefined>;
}

export function startProcess(command: string, args: readonly string[], options: StartOptions = {}): StartedProcess {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const kept = { stdout: '', stderr: '' };
  const watchers = new Set<() => void>();
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      kept[name] += text;
      for (const watch of watchers) watch();
    });
  }
  child.stdin.on('error', () => {});
  const exited = exitOf(child);
  return {
    pid: child.pid ?? 0,
    stdout: () => kept.stdout,
    stderr: () => kept.stderr,
    exited,
    kill: (signal) => void child.kill(signal),
    write: (text) => void child.stdin.write(text),
    output(pattern, timeoutMs = 20_000) {
      return new Promise((resolve, reject) => {
        const fail = (why: string) => {
          watchers.delete(watch);
          clearTimeout(timer);
          reject(new Error(`${why}, waiting for ${pattern}\n--- stdout\n${kept.stdout}\n--- stderr\n${kept.stderr}`));
        };
        const watch = () => {
          const found = pattern.exec(kept.stdout) ?? pattern.exec(kept.stderr);
          if (found === null) return;
          watchers.delete(watch);
          clearTimeout(timer);
          resolve(found);
        };
        const timer = setTimeout(() => fail(`Nothing for ${timeoutMs} ms`), timeoutMs);
        watchers.add(watch);
        void exited.then((code) => {
          watch();
          if (watchers.has(watch)) fail(`The process ended (${code})`);
        });
        watch();
      });
    },
    async stop() {
      child.kill('SIGTERM');
      const force = setTimeout(() => child.kill('SIGKILL'), 2000);
      await exited;
      clearTimeout(force);
    },
  };
}

function exitOf(child: ChildProcess): Promise<number | string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'unknown'));
  });
}

/** Runs in Node's loader thread, where there are no synchronous hooks (before 22.15): tells the agent which modules load. */
import type { MessagePort } from 'node:worker_threads';

let notes: MessagePort | undefined;

export function initialize({ port }: { port: MessagePort }): void {
  notes = port;
  port.unref();
}

export async function resolve(
  specifier: string,
  context: unknown,
  next: (specifier: string, context: unknown) => Promise<{ url: string }>,
): Promise<{ url: string }> {
  const resolved = await next(specifier, context);
  if (resolved.url.startsWith('file:')) notes?.postMessage({ type: 'module', url: resolved.url });
  return resolved;
}

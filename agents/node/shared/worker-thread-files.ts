/**
 * Files that worker threads of the application load. Each such thread has a debugger of its own, which this agent does not
 * enter; it tells which files run there, so that an action at one of them gets a clear answer instead of silence.
 */
import { BroadcastChannel } from 'node:worker_threads';

const CHANNEL = 'stillframe.worker-thread-files';
const MAX_FILES = 5_000;

type Message = { question: true } | { files: string[] };

/** In a worker thread of the application. Never keeps it alive. */
export function tellLoadedFiles(known: readonly string[]): (url: string) => void {
  const files = new Set(known);
  const channel = openChannel();
  channel.onmessage = ({ data }) => {
    if (typeof data === 'object' && data !== null && 'question' in data) channel.postMessage({ files: [...files] });
  };
  channel.unref();
  channel.postMessage({ files: [...files] });
  return (url) => {
    if (files.has(url) || files.size >= MAX_FILES) return;
    files.add(url);
    channel.postMessage({ files: [url] });
  };
}

/** In the agent's worker: asks the threads that are there, and hears of those that come. */
export function hearLoadedFiles(onFiles: (urls: readonly string[]) => void): void {
  const channel = openChannel();
  channel.onmessage = ({ data }) => {
    const { files } = Object(data) as { files?: unknown };
    if (Array.isArray(files)) onFiles(files.filter((file) => typeof file === 'string'));
  };
  channel.postMessage({ question: true });
}

/** Node's own channel; its types describe the browser's, which cannot be unreferenced. */
function openChannel(): {
  onmessage: (event: { data: unknown }) => void;
  postMessage(message: Message): void;
  unref(): void;
} {
  return new BroadcastChannel(CHANNEL) as unknown as ReturnType<typeof openChannel>;
}

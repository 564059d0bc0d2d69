/** Ends a WebSocket whose other side is gone without having said so: a ping now and then must bring some sign of life. */
import { WebSocket } from 'ws';

export interface HeartbeatOptions {
  /** Milliseconds between pings. Below the idle limit of common proxies (60 s). */
  intervalMs: number;
  /** Milliseconds a ping may go without any sign of life. */
  timeoutMs: number;
}

export const DEFAULT_HEARTBEAT: HeartbeatOptions = { intervalMs: 15_000, timeoutMs: 10_000 };

/** Runs until the socket closes. Its timers never keep the process alive. Calls `onDead` just before it ends the socket. */
export function startHeartbeat(socket: WebSocket, options: HeartbeatOptions, onDead: () => void): void {
  let deadline: NodeJS.Timeout | undefined;
  const alive = (): void => {
    clearTimeout(deadline);
    deadline = undefined;
  };
  const end = (): void => {
    if (deadline === undefined || socket.readyState !== WebSocket.OPEN) return;
    onDead();
    socket.terminate();
  };
  // After this process itself slept (a suspended laptop, a long pause of the event loop) timers fire before the answers
  // that wait in the kernel are read: two turns of the loop let them in.
  const suspect = (): void => void setImmediate(() => setImmediate(end));
  const beat = setInterval(() => {
    if (socket.readyState !== WebSocket.OPEN || deadline !== undefined) return;
    deadline = setTimeout(suspect, options.timeoutMs).unref();
    socket.ping();
  }, options.intervalMs).unref();
  socket.on('pong', alive);
  socket.on('message', alive);
  socket.on('close', () => {
    clearInterval(beat);
    clearTimeout(deadline);
  });
}

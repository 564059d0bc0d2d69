/** Ends a WebSocket whose other side is gone without having said so: a ping now and then must bring some sign of life. */
import { WebSocket } from 'ws';

export interface HeartbeatOptions {
  /** Milliseconds between pings; after two of them without any sign of life the socket is ended. */
  periodMs: number;
  /** The timer does not keep the process alive. */
  unref: boolean;
}

/** Runs until the socket closes. */
export function startHeartbeat(socket: WebSocket, { periodMs, unref }: HeartbeatOptions): void {
  let silentPeriods = 0;
  const alive = (): void => {
    silentPeriods = 0;
  };
  const endIfSilent = (): void => {
    if (silentPeriods > 2) socket.terminate();
  };
  const timer = setInterval(() => {
    silentPeriods += 1;
    // After this process itself slept (a suspended laptop, a long turn of the event loop) timers fire before the answers
    // that wait in the kernel are read: two turns of the loop let them in.
    if (silentPeriods > 2) setImmediate(() => setImmediate(endIfSilent));
    else if (socket.readyState === WebSocket.OPEN) socket.ping();
  }, periodMs);
  if (unref) timer.unref();
  socket.on('pong', alive);
  socket.on('message', alive);
  socket.on('close', () => clearInterval(timer));
}

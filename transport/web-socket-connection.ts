/**
 * A JSON-RPC connection over one WebSocket: one message per text frame. Whatever the other side sends or fails to
 * send ends in `onError` or `onClose`, never in an exception. Knows no message.
 */
import { createMessageConnection, type MessageConnection } from 'vscode-jsonrpc/node';
import type { WebSocket } from 'ws';
import { startHeartbeat } from './heartbeat.ts';
import { WebSocketReader } from './web-socket-reader.ts';
import { WebSocketWriter } from './web-socket-writer.ts';

export interface ConnectionOptions {
  /** Bytes of one message in either direction; a larger one from the other side closes with 1009. Default 8 MiB. */
  maximumMessageBytes?: number;
  /** Milliseconds between pings; a side that answers none of them for two periods is gone. 0 turns it off. Default 15 000. */
  heartbeatMs?: number;
  /** Bytes waiting to be sent above which `write` waits. Default 1 MiB. */
  highWaterBytes?: number;
  /** Bytes waiting to be sent above which the other side is given up. Default 32 MiB. */
  maximumBufferedBytes?: number;
  /** Frames that are not JSON-RPC before the connection is given up (code 1007). Default 10. */
  maximumBadFrames?: number;
  /** Hears of each frame that is not JSON-RPC. */
  onBadFrame?: (reason: string) => void;
  /** The heartbeat's timer does not keep the process alive. Default true. */
  unref?: boolean;
}

/**
 * Register handlers, then `listen()`. When the socket closes, `onClose` fires and every request that still waits for an
 * answer is rejected. Close codes used here: 1000 ended, 1007 not JSON-RPC, 1009 too big.
 */
export function connectionOver(socket: WebSocket, options: ConnectionOptions = {}): MessageConnection {
  const maximumMessageBytes = options.maximumMessageBytes ?? 8_388_608;
  const reader = new WebSocketReader(socket, {
    maximumMessageBytes,
    maximumBadFrames: options.maximumBadFrames ?? 10,
    onBadFrame: (reason) => options.onBadFrame?.(reason),
  });
  const writer = new WebSocketWriter(socket, {
    maximumMessageBytes,
    highWaterBytes: options.highWaterBytes ?? 1_048_576,
    maximumBufferedBytes: options.maximumBufferedBytes ?? 33_554_432,
  });
  const connection = createMessageConnection(reader, writer);
  // Errors of single frames are told through `onBadFrame`, those of the socket end in `onClose`.
  connection.onError(() => {});
  // The library leaves requests without an answer waiting for ever unless it is disposed.
  connection.onClose(() => connection.dispose());
  const { heartbeatMs = 15_000, unref = true } = options;
  if (heartbeatMs > 0) startHeartbeat(socket, { periodMs: heartbeatMs, unref });
  return connection;
}

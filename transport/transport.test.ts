/** Over real sockets: what arrives, what is refused, what happens when the other side is gone, slow or hostile. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { NotificationType, RequestType } from 'vscode-jsonrpc/node';
import { WebSocket, WebSocketServer } from 'ws';
import { backoffDelay } from './backoff.ts';
import { endpointUrl } from './endpoint-url.ts';
import { ReconnectingSocket } from './reconnecting-socket.ts';
import { type ConnectionOptions, connectionOver } from './web-socket-connection.ts';

const Double = new RequestType<number, number, void>('double');
const Note = new NotificationType<string>('note');

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

async function listen(onSocket: (socket: WebSocket) => void, port = 0, verify?: () => boolean) {
  const server = new WebSocketServer({
    host: '127.0.0.1',
    port,
    maxPayload: 10_000,
    ...(verify && { verifyClient: (_info, done) => done(verify(), 401, 'Unauthorized') }),
  });
  await once(server, 'listening');
  server.on('connection', onSocket);
  cleanups.push(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  return { server, url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

async function dial(url: string): Promise<WebSocket> {
  const socket = new WebSocket(url);
  cleanups.push(() => socket.terminate());
  await once(socket, 'open');
  return socket;
}

function echo(socket: WebSocket, options: ConnectionOptions = {}): void {
  const connection = connectionOver(socket, options);
  connection.onRequest(Double, (value) => value * 2);
  connection.listen();
}

test('requests and notifications go both ways', async () => {
  const noted = Promise.withResolvers<string>();
  const { url } = await listen((socket) => {
    const connection = connectionOver(socket);
    connection.onRequest(Double, (value) => value * 2);
    connection.onNotification(Note, (text) => noted.resolve(text));
    connection.listen();
  });
  const client = connectionOver(await dial(url));
  client.listen();
  await client.sendNotification(Note, 'hello');
  expect(await client.sendRequest(Double, 21)).toBe(42);
  expect(await noted.promise).toBe('hello');
});

const BAD_FRAMES: [name: string, frame: string | Buffer][] = [
  ['text that is not JSON', 'what?'],
  ['JSON that is not JSON-RPC', '{"hello":1}'],
  ['a batch', '[]'],
  ['null', 'null'],
  ['another version', '{"jsonrpc":"1.0","id":1,"method":"double","params":1}'],
  ['an id that is an object', '{"jsonrpc":"2.0","id":{},"method":"double"}'],
  ['an answer without a result', '{"jsonrpc":"2.0","id":1}'],
  ['cancelling without saying what', '{"jsonrpc":"2.0","method":"$/cancelRequest"}'],
  ['deep nesting', '['.repeat(9000)],
  ['a binary frame', Buffer.from([1, 2, 3])],
];

test.each(BAD_FRAMES)('%s is refused, and the connection goes on', async (_name, frame) => {
  const refused: string[] = [];
  const { url } = await listen((socket) => echo(socket, { onBadFrame: (reason) => refused.push(reason) }));
  const socket = await dial(url);
  socket.send(frame);
  const client = connectionOver(socket);
  client.listen();
  expect(await client.sendRequest(Double, 1)).toBe(2);
  expect(refused).toHaveLength(1);
});

test('a flood of bad frames ends the connection with 1007', async () => {
  const { url } = await listen((socket) => echo(socket, { maximumBadFrames: 3 }));
  const socket = await dial(url);
  for (let frame = 0; frame < 5; frame++) socket.send('garbage');
  const [code] = await once(socket, 'close');
  expect(code).toBe(1007);
});

test('a message over the limit ends the connection with 1009', async () => {
  const { url } = await listen((socket) => echo(socket));
  const socket = await dial(url);
  socket.send('x'.repeat(20_000));
  const [code] = await once(socket, 'close');
  expect(code).toBe(1009);
});

test('an answer that is too large becomes an error instead of silence', async () => {
  const { url } = await listen((socket) => {
    const connection = connectionOver(socket, { maximumMessageBytes: 1000 });
    connection.onRequest(Double.method, () => 'x'.repeat(1000));
    connection.listen();
  });
  const client = connectionOver(await dial(url));
  client.listen();
  await expect(client.sendRequest(Double, 1)).rejects.toThrow(/larger than the 1000 allowed/);
});

test('closing rejects the requests that wait for an answer', async () => {
  const { url } = await listen((socket) => {
    const connection = connectionOver(socket);
    connection.onRequest(Double, () => {
      socket.close(1001);
      return new Promise<never>(() => {});
    });
    connection.listen();
  });
  const client = connectionOver(await dial(url));
  client.listen();
  await expect(client.sendRequest(Double, 1)).rejects.toThrow(/disposed/);
});

test('a write above the high-water mark settles once the other side reads', async () => {
  const accepted = Promise.withResolvers<WebSocket>();
  const { url } = await listen((socket) => accepted.resolve(socket));
  const client = await dial(url);
  client.pause();
  const socket = await accepted.promise;
  const connection = connectionOver(socket, { highWaterBytes: 1000, maximumMessageBytes: 30_000_000 });
  connection.listen();
  const write = connection.sendNotification(Note, 'x'.repeat(20_000_000)).then(() => socket.bufferedAmount);
  expect(socket.bufferedAmount).toBeGreaterThan(1000);
  client.resume();
  expect(await write).toBe(0);
});

test('a side that answers no ping is given up', async () => {
  const { url } = await listen((socket) => echo(socket, { heartbeatMs: 20 }));
  const socket = new WebSocket(url, { autoPong: false });
  cleanups.push(() => socket.terminate());
  await once(socket, 'close');
});

test('a side that never reads is given up before memory fills', async () => {
  const gone = Promise.withResolvers<string>();
  const { url } = await listen((socket) => {
    const connection = connectionOver(socket, { highWaterBytes: 1000, maximumBufferedBytes: 100_000 });
    connection.listen();
    const flood = async () => {
      for (;;) await connection.sendNotification(Note, 'x'.repeat(50_000));
    };
    // Above the high-water mark each write waits for the socket, so only concurrent writers can pile up.
    Promise.all([flood(), flood(), flood(), flood()]).catch((error: Error) => gone.resolve(error.message));
  });
  const socket = await dial(url);
  socket.pause();
  expect(await gone.promise).toMatch(/does not read|closed/);
});

test('a lost connection is dialled again, with growing waits and jitter', async () => {
  const opened: number[] = [];
  const waits: number[] = [];
  const twice = Promise.withResolvers<void>();
  const { url } = await listen((socket) => socket.close(1001));
  const client = new ReconnectingSocket({
    url,
    key: async () => 'key',
    maximumMessageBytes: 1000,
    baseMs: 4,
    chance: () => 0.5,
    onOpen: () => {
      opened.push(1);
      if (opened.length === 3) twice.resolve();
    },
    onDown: (_reason, retryMs) => waits.push(retryMs),
    onRefused: () => {},
  });
  cleanups.push(() => client.close());
  client.start();
  await twice.promise;
  expect(waits.slice(0, 2)).toEqual([2, 4]);
});

test('waits double up to the largest', async () => {
  const waits: number[] = [];
  const enough = Promise.withResolvers<void>();
  const { server, url } = await listen(() => {});
  server.close();
  await once(server, 'close');
  const client = new ReconnectingSocket({
    url,
    key: async () => 'key',
    maximumMessageBytes: 1000,
    baseMs: 2,
    maximumMs: 16,
    chance: () => 1,
    onOpen: () => {},
    onDown: (_reason, retryMs) => {
      waits.push(retryMs);
      if (waits.length === 6) enough.resolve();
    },
    onRefused: () => {},
  });
  cleanups.push(() => client.close());
  client.start();
  await enough.promise;
  expect(waits).toEqual([2, 4, 8, 16, 16, 16]);
});

test('a refused key is not tried again until it is asked for', async () => {
  const refusals: string[] = [];
  let good = false;
  const { url } = await listen(
    () => {},
    0,
    () => good,
  );
  const refused = Promise.withResolvers<void>();
  const open = Promise.withResolvers<void>();
  const client = new ReconnectingSocket({
    url,
    key: async () => 'key',
    maximumMessageBytes: 1000,
    onOpen: () => open.resolve(),
    onDown: () => {},
    onRefused: (reason) => {
      refusals.push(reason);
      refused.resolve();
    },
  });
  cleanups.push(() => client.close());
  client.start();
  await refused.promise;
  good = true;
  client.retryNow();
  await open.promise;
  expect(refusals).toEqual(['the server answered 401: Unauthorized']);
});

test('a server that asks for a pause gets it', async () => {
  const down = Promise.withResolvers<[reason: string, retryMs: number]>();
  const busy = createServer();
  busy.on('upgrade', (_request, socket) =>
    socket.end('HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 6\r\nConnection: close\r\n\r\nsoon\r\n'),
  );
  busy.listen(0, '127.0.0.1');
  await once(busy, 'listening');
  cleanups.push(() => busy.close());
  const client = new ReconnectingSocket({
    url: `ws://127.0.0.1:${(busy.address() as AddressInfo).port}`,
    key: async () => 'key',
    maximumMessageBytes: 1000,
    onOpen: () => {},
    onDown: (...loss) => down.resolve(loss),
    onRefused: () => {},
  });
  cleanups.push(() => client.close());
  client.start();
  expect(await down.promise).toEqual(['the server answered 503: soon', 7000]);
});

const BAD_KEYS: [name: string, key: () => Promise<string | undefined>, outcome: RegExp][] = [
  ['a keychain that fails', () => Promise.reject(new Error('locked')), /^down: the key cannot be used: locked$/],
  ['a key that no header can carry', async () => 'line\nbreak', /^down: the key cannot be used/],
  ['no key', async () => undefined, /^refused: no key$/],
];

test.each(BAD_KEYS)('%s is told, not thrown', async (_name, key, outcome) => {
  const told = Promise.withResolvers<string>();
  const client = new ReconnectingSocket({
    url: 'ws://127.0.0.1:9',
    key,
    maximumMessageBytes: 1000,
    onOpen: () => {},
    onDown: (reason) => told.resolve(`down: ${reason}`),
    onRefused: (reason) => told.resolve(`refused: ${reason}`),
  });
  cleanups.push(() => client.close());
  client.start();
  expect(await told.promise).toMatch(outcome);
});

test('the wait is anywhere between nothing and the bound', () => {
  const bounds = { baseMs: 250, maximumMs: 30_000 };
  expect(backoffDelay(0, { ...bounds, chance: () => 0 })).toBe(0);
  expect(backoffDelay(1000, { ...bounds, chance: () => 0.999 })).toBe(29_970);
});

const ADDRESSES: [server: string, expected: string | undefined][] = [
  ['http://127.0.0.1:7070', 'ws://127.0.0.1:7070/ide'],
  ['https://sf.example/live/', 'wss://sf.example/live/ide'],
  ['ws://[::1]:7070', 'ws://[::1]:7070/ide'],
  ['wss://sf.example', 'wss://sf.example/ide'],
  ['ftp://sf.example', undefined],
  ['localhost:7070', undefined],
  ['', undefined],
];

test.each(ADDRESSES)('the address "%s"', (server, expected) => {
  const result = endpointUrl(server, '/ide');
  expect('url' in result ? result.url : undefined).toBe(expected);
});

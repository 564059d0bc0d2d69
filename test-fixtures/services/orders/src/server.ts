/** A small shop over HTTP: `POST /orders` with a cart, `GET /health`. Prints its address when it listens. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Cart, checkout, isSuspicious } from './orders.ts';

const MAX_BODY = 100_000;

const server = createServer((request, response) => {
  handle(request, response).catch((error: unknown) => {
    const message = error instanceof Error ? error.message : String(error);
    answer(response, 400, { error: message });
  });
});

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method === 'GET' && request.url === '/health') return answer(response, 200, { status: 'ok' });
  if (request.method !== 'POST' || request.url !== '/orders') return answer(response, 404, { error: 'not found' });
  const cart = JSON.parse(await readBody(request)) as Cart;
  const order = await checkout(cart);
  const { id, total } = order;
  answer(response, 201, { id, total, suspicious: isSuspicious(order) });
}

async function readBody(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) {
    body += String(chunk);
    if (body.length > MAX_BODY) throw new Error('The cart is too large');
  }
  return body;
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

server.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  console.log(`orders listens on http://127.0.0.1:${port}`);
});
process.on('SIGTERM', () => server.close(() => process.exit(0)));

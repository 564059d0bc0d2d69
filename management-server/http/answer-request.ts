/** Plain HTTP: health, readiness and metrics. Nothing here needs a key, nothing here says anything about captures. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Metrics } from './metrics.ts';
import { pathOf } from './path-of.ts';

export interface HttpOptions {
  metrics: Metrics;
  /** Why the server cannot serve now; undefined when it can. */
  notReady: () => Promise<string | undefined>;
}

export async function answerRequest(
  request: IncomingMessage,
  response: ServerResponse,
  { metrics, notReady }: HttpOptions,
): Promise<void> {
  const path = pathOf(request);
  if (request.method !== 'GET' && request.method !== 'HEAD') return answer(response, 405, 'Use GET\n');
  switch (path) {
    case '/healthz':
      return answer(response, 200, 'ok\n');
    case '/readyz': {
      const reason = await notReady();
      return reason === undefined ? answer(response, 200, 'ready\n') : answer(response, 503, `${reason}\n`);
    }
    case '/metrics':
      return answer(response, 200, await metrics.registry.metrics(), metrics.registry.contentType);
    case '/':
      return answer(
        response,
        200,
        'Stillframe management server. /healthz /readyz /metrics; agents: /agent, editors: /ide\n',
      );
    case '/agent':
    case '/ide':
      return answer(response, 426, 'Connect with a WebSocket\n');
    default:
      return answer(response, 404, 'Not found\n');
  }
}

function answer(response: ServerResponse, status: number, body: string, type = 'text/plain; charset=utf-8'): void {
  response.writeHead(status, {
    'content-type': type,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(body);
}

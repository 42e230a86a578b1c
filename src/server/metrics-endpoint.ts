import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { healthPaths, type Health } from './health.js';
import { listenOn } from './listen.js';

/** What the endpoint tells. */
export interface MetricsSource {
  health: Health;
  /** In Prometheus' text format, version 0.0.4. */
  render: () => Promise<string>;
}

/** Serves `GET` of `/metrics`, `/healthz` and `/readyz` over plain HTTP, to everybody. `close` ends connections too. */
export async function startMetricsEndpoint(
  address: { host: string; port: number },
  source: MetricsSource,
): Promise<{ address: AddressInfo; close: () => Promise<void> }> {
  const server = createServer(
    { requestTimeout: 10_000, headersTimeout: 10_000 },
    (request, response) => {
      void answer(request, response, source);
    },
  );
  server.maxConnections = 64;
  return { address: await listenOn(server, address), close: () => closeHttp(server) };
}

async function answer(
  { method, url = '/' }: IncomingMessage,
  response: ServerResponse,
  { health, render }: MetricsSource,
): Promise<void> {
  const path = url.replace(/\?.*/, '');
  const isRead = method === 'GET' || method === 'HEAD';
  if (isRead && path === '/metrics') {
    finish(response, 200, await render());
  } else if (isRead && healthPaths.has(path)) {
    const { status, text } = await health.answer(path);
    finish(response, status, text);
  } else {
    finish(response, 404, 'The metrics are at /metrics, and /healthz and /readyz say how it is.\n');
  }
}

function finish(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, {
    'content-type': 'text/plain; version=0.0.4; charset=utf-8',
    'cache-control': 'no-store',
  });
  response.end(text);
}

function closeHttp(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
    server.closeAllConnections();
  });
}

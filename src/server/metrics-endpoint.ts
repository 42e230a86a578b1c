import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { listenOn } from './listen.js';

/** Serves `GET /metrics` over plain HTTP. `close` ends connections too. */
export async function startMetricsEndpoint(
  address: { host: string; port: number },
  render: () => string,
): Promise<{ address: AddressInfo; close: () => Promise<void> }> {
  const server = createServer(
    { requestTimeout: 10_000, headersTimeout: 10_000 },
    (request, response) => {
      const isFound = request.method === 'GET' && request.url === '/metrics';
      response.writeHead(isFound ? 200 : 404, {
        'content-type': 'text/plain; version=0.0.4; charset=utf-8',
      });
      response.end(isFound ? render() : 'The metrics are at /metrics.\n');
    },
  );
  server.maxConnections = 64;
  return { address: await listenOn(server, address), close: () => closeHttp(server) };
}

function closeHttp(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
    server.closeAllConnections();
  });
}

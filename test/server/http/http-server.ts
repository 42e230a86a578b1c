import { randomBytes } from 'node:crypto';
import { writeFile, mkdtemp, rm } from 'node:fs/promises';
import { request, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { EmbeddedEngine, EmbeddedEngineOptions } from '../../../src/engine/index.js';
import type { ServeOptions } from '../../../src/server/index.js';
import { openEmbeddedEngine } from '../../engine/open-engine.js';
import { serveEngine, type TestServer } from '../test-server.js';

/** A real engine behind ClickHouse's HTTP interface. */
export interface HttpServer {
  engine: EmbeddedEngine;
  served: TestServer;
  url: string;
  port: number;
  token: string;
  tokenFile: string;
  stop(): Promise<void>;
}

/** What came back. */
export interface Reply {
  status: number;
  headers: IncomingHttpHeaders;
  bytes: Buffer;
  text: string;
}

/** Serves an engine on a new folder, which may know roles. */
export async function startHttp(
  options: Partial<Omit<ServeOptions, 'log'>> = {},
  rights: EmbeddedEngineOptions['rights'] = [],
): Promise<HttpServer> {
  const folder = await mkdtemp(path.join(tmpdir(), 'theflash-http-'));
  const engine = await openEmbeddedEngine(path.join(folder, 'data'), { rights });
  const token = randomBytes(16).toString('hex');
  const tokenFile = path.join(folder, 'token');
  await writeFile(tokenFile, token);
  const http = { host: '127.0.0.1', port: 0, isOpen: false };
  const served = await serveEngine(engine, { tokenFile, http, ...options });
  const url = served.server.httpUrl ?? '';
  return {
    ...{ engine, served, url, port: Number(new URL(url).port), token, tokenFile },
    async stop(): Promise<void> {
      await served.stop();
      await engine.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Sends a request with the token, unless headers say otherwise; the body by POST, nothing by GET. */
export async function send(
  { port, token }: Pick<HttpServer, 'port' | 'token'>,
  query: string,
  options: { body?: string | Buffer; headers?: OutgoingHttpHeaders; method?: string } = {},
): Promise<Reply> {
  const { body, headers = {} } = options;
  const method = options.method ?? (body === undefined ? 'GET' : 'POST');
  return await new Promise((resolve, reject) => {
    const sent = request(
      {
        ...{ host: '127.0.0.1', port, method, path: query, agent: false },
        headers: Object.fromEntries(
          Object.entries({ 'x-clickhouse-key': token, ...headers }).filter(
            ([, value]) => value !== undefined,
          ),
        ),
      },
      (response) => {
        const pieces: Buffer[] = [];
        response.on('data', (piece: Buffer) => pieces.push(piece));
        response.on('error', reject);
        response.on('end', () => {
          const bytes = Buffer.concat(pieces);
          const { statusCode: status = 0, headers: got } = response;
          resolve({ status, headers: got, bytes, text: bytes.toString('utf8') });
        });
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

/** A statement by POST: its text where it succeeds. */
export async function run(server: HttpServer, sql: string, query = '/'): Promise<string> {
  const reply = await send(server, query, { body: sql });
  if (reply.status !== 200) throw new Error(reply.text);
  return reply.text;
}

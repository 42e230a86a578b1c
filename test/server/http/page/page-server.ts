import { readEngineStatus, statusWarnings } from '../../../../src/cli/index.js';
import type { FollowedSource } from '../../../../src/protocol/index.js';
import type { ServeOptions } from '../../../../src/server/index.js';
import { startHttp, type HttpServer } from '../http-server.js';

/** A real engine with the page over it, as `theflash serve --http` has it, and whatever sources a test names. */
export async function startPage(
  options: Partial<Omit<ServeOptions, 'log' | 'readStatus'>> & {
    sources?: readonly FollowedSource[];
  } = {},
): Promise<HttpServer> {
  const { sources = [], ...rest } = options;
  const started: { server?: HttpServer } = {};
  const server = await startHttp({
    ...rest,
    listSources: () => sources,
    readStatus: async () => {
      if (started.server === undefined) throw new Error('The engine is not there yet');
      const status = await readEngineStatus(started.server.engine, null);
      return { status, warnings: statusWarnings(status) };
    },
  });
  started.server = server;
  return server;
}

/** What a browser says of itself, and the login of a user who typed the token. */
export function browserHeaders({
  token,
}: Pick<HttpServer, 'token'>): Record<string, string | undefined> {
  return {
    'x-clickhouse-key': undefined,
    accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8',
    authorization: `Basic ${Buffer.from(`me:${token}`).toString('base64')}`,
  };
}

import type { ExecutionContext } from 'ava';
import { openSource, type LiveOptions } from '../../../src/source/index.js';
import type { Source } from '../../../src/protocol/index.js';
import { startServerOfKind, type Server, type ServerKind } from '../../servers/index.js';

/** The servers that the live source is tested on. */
export const liveKinds: readonly ServerKind[] = ['mysql-5.7', 'mysql-9.7', 'mariadb'];

/** A server that is stopped when the test ends. */
export async function startLive(
  t: ExecutionContext,
  kind: ServerKind,
  args: readonly string[] = [],
): Promise<Server> {
  const server = await startServerOfKind(kind, { args });
  t.teardown(server.stop);
  return server;
}

/** The URL of a server, or of a proxy before it. */
export function urlOf({ port }: { port: number }, login = 'root'): string {
  return `mysql://${login}@127.0.0.1:${port}/`;
}

/** Opens a server as a source, which is closed when the test ends. */
export async function openLive(
  t: ExecutionContext,
  url: string,
  live: Partial<LiveOptions> = {},
): Promise<Source> {
  const { signal, ...rest } = live;
  const source = await openSource([url], {
    stdin: process.stdin,
    live: { follow: false, ...rest },
    ...(signal === undefined ? {} : { signal }),
  });
  t.teardown(() => source.close?.());
  return source;
}

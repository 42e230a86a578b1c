// A shop on a real server, and its copy in a served engine: what the tools of others are let loose on.
import { runCli } from '../../e2e/cli.js';
import { startServerOfKind, type Server, type ServerKind } from '../../servers/index.js';
import { serveNewEngine, type ServedEngine } from '../served-engine.js';

/** Both ends. */
export interface CopiedShop {
  source: Server;
  served: ServedEngine;
  /** Brings the copy up to where the source's log ends now. */
  catchUp: () => Promise<void>;
  /** Rows of the source's own SELECT, every value as its text. */
  select: (sql: string) => Promise<(string | null)[][]>;
}

/** Starts both, and copies `ddl`, which makes the database `shop`, with all that it holds. */
export async function copyShop(
  t: { teardown(clean: () => Promise<void>): void },
  kind: ServerKind,
  ddl: string,
): Promise<CopiedShop> {
  const source = await startServerOfKind(kind);
  t.teardown(source.stop);
  await source.query(ddl);
  const served = await serveNewEngine(t);
  const url = `mysql://root@127.0.0.1:${source.port}/`;
  const shop = {
    ...{ source, served },
    catchUp: async (): Promise<void> => {
      const { code, stderr } = await runCli(
        ['write', '--binlog', url, '--until', 'now', '--engine', served.address],
        { env: { THEFLASH_TOKEN_FILE: served.tokenFile } },
      );
      if (code !== 0) throw new Error(`write ended with ${code ?? 'a signal'}: ${stderr}`);
    },
    select: async (sql: string) => textsOf(await source.query(sql)),
  };
  await shop.catchUp();
  return shop;
}

/** Rows of a server as `ServedEngine.query` gives them. */
export function textsOf(rows: readonly Record<string, unknown>[]): (string | null)[][] {
  const textOf = (value: unknown): string => {
    return typeof value === 'string' ? value : JSON.stringify(value);
  };
  return rows.map((row) =>
    Object.values(row).map((value) => (value === null ? null : textOf(value))),
  );
}

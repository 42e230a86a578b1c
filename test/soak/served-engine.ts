// `theflash serve` on a folder of its own, for clients that are programs of others.
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { startCli, temporaryFolder, type CliRun } from '../e2e/cli.js';

/** A server whose user is `default`, with the token for a password. */
export interface ServedEngine {
  /** The test's own, empty; the engine lies elsewhere. */
  work: string;
  token: string;
  tokenFile: string;
  httpPort: number;
  /** For `theflash … --engine`, with THEFLASH_TOKEN_FILE. */
  address: string;
  /** An SQL statement over HTTP; gives its rows, every value as its text. Errors: with the server's text. */
  query(sql: string): Promise<(string | null)[][]>;
  /** Ends it in order. Errors: where it was no success. */
  stop(): Promise<void>;
}

/** Serves a new engine until the test ends; `args` are more flags. */
export async function serveNewEngine(
  t: { teardown(clean: () => Promise<void>): void },
  args: readonly string[] = [],
): Promise<ServedEngine> {
  const folder = temporaryFolder(t);
  const work = path.join(folder, 'work');
  await mkdir(work);
  const token = randomBytes(16).toString('hex');
  const tokenFile = path.join(folder, 'token');
  await writeFile(tokenFile, token, { mode: 0o600 });
  const server = startCli([
    ...['serve', '--engine', path.join(folder, 'data'), '--token-file', tokenFile],
    ...['--listen', '127.0.0.1:0', '--http', '127.0.0.1:0', ...args],
  ]);
  const { http, tcp } = await readPorts(server);
  return {
    ...{ work, token, tokenFile, httpPort: http, address: `tcp://127.0.0.1:${tcp}` },
    query: (sql) => query(http, token, sql),
    async stop(): Promise<void> {
      server.child.kill('SIGTERM');
      const { code, stderr } = await server.done;
      if (code !== 0) throw new Error(`serve ended with ${code ?? 'a signal'}: ${stderr}`);
    },
  };
}

/** Waits for the lines that name the doors. */
async function readPorts({ child, done }: CliRun): Promise<{ http: number; tcp: number }> {
  let said = '';
  const lines = new Promise<{ http: number; tcp: number }>((resolve) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      said += chunk.toString('utf8');
      const http = /HTTP at http:\/\/127\.0\.0\.1:(\d+)\s/.exec(said)?.[1];
      const tcp = /Listening on 127\.0\.0\.1:(\d+)\s/.exec(said)?.[1];
      if (http !== undefined && tcp !== undefined) resolve({ http: +http, tcp: +tcp });
    });
  });
  const ended = done.then(({ stderr }) => Promise.reject(new Error(`serve ended: ${stderr}`)));
  return await Promise.race([lines, ended]);
}

async function query(port: number, token: string, sql: string): Promise<(string | null)[][]> {
  // Beside a write it is refused.
  const zeros = sql.startsWith('CREATE') ? '' : 'output_format_decimal_trailing_zeros=1';
  const url = `http://127.0.0.1:${port}/?default_format=JSONCompactStringsEachRow&${zeros}`;
  const headers = { 'X-ClickHouse-Key': token };
  const response = await fetch(url, { method: 'POST', body: sql, headers });
  const text = await response.text();
  if (!response.ok) throw new Error(text);
  const lines = text.split('\n').filter((line) => line !== '');
  const rows = lines.map((line) => JSON.parse(line) as string[]);
  return rows.map((row) => row.map((value) => (value === nullText ? null : value)));
}

/** As ClickHouse writes NULL in this format. */
const nullText = 'ᴺᵁᴸᴸ';

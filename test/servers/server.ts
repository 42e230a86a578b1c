import { copyFileSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import mysql, { type Pool, type RowDataPacket } from 'mysql2/promise';
import { type ServerChild, spawnServer } from './child.js';
import { copyFolder, makeDataFolder } from './data-folder.js';
import type { ServerKind, ServerProgram } from './program.js';

export interface ServerOptions {
  /** More mysqld options, as `--binlog-row-metadata=FULL`; they win over the ones set here. */
  args?: readonly string[];
  /** Closed binary logs that the server shall have as its own, to give them to its clients. */
  binlogs?: readonly string[];
  /** A server that was shut down: this one begins with its data and its logs. */
  continues?: Pick<Server, 'folder' | 'binlogFiles'>;
}

/** A real server on 127.0.0.1 with row-format binary logs, user root and no password. */
export interface Server {
  kind: ServerKind;
  port: number;
  /** Path of the Unix socket. */
  socket: string;
  /** Its temporary folder: `data/`, `server.log` and the binary logs. */
  folder: string;
  /** Numbers over 2^53, decimals and dates come as strings; sessions are in UTC. */
  connection: Pool;
  /** Runs one or several statements and gives the rows of the last one that has any. */
  query(sql: string): Promise<Record<string, unknown>[]>;
  /** Closes the current binary log file and opens the next. */
  flushLogs(): Promise<void>;
  /** Paths of the closed binary log files, oldest first: all but the one being written. */
  binlogFiles(): string[];
  /** Ends the server in order and leaves its files, which then are all closed, until `stop`. */
  shutdown: () => Promise<void>;
  /** Ends the server at once and removes its folder. May be called twice. */
  stop: () => Promise<void>;
}

const startTimeoutMs = 180_000;
const pollMs = 25;
const portTriesMax = 5;

/**
 * Starts a server and waits until it answers.
 *
 * Owns: the caller stops it, best by `t.teardown(server.stop)`; it also ends with this process.
 */
export async function startServer(
  program: ServerProgram,
  options: ServerOptions = {},
): Promise<Server> {
  for (let tries = 1; ; tries += 1) {
    const folder = mkdtempSync(path.join(tmpdir(), `theflash-${program.kind}-`));
    const data = path.join(folder, 'data');
    const { continues } = options;
    if (continues === undefined) makeDataFolder(program, data);
    else copyFolder(path.join(continues.folder, 'data'), data);
    takeBinlogs(folder, options.binlogs ?? continues?.binlogFiles() ?? []);
    const port = await freePort();
    const socket = path.join(folder, 's.sock');
    const args = [...runArgs({ folder, data, port, socket }), ...(options.args ?? [])];
    const child = spawnServer(program, args, folder);
    try {
      await waitUntilReady(program, child, socket);
      return openServer(program, child, port, socket);
    } catch (error) {
      const portTaken = /address already in use/i.test(child.log());
      await child.destroy();
      if (!portTaken || tries === portTriesMax) throw error;
    }
  }
}

function runArgs(at: { folder: string; data: string; port: number; socket: string }): string[] {
  return [
    `--datadir=${at.data}`,
    `--tmpdir=${at.folder}`,
    `--socket=${at.socket}`,
    `--pid-file=${path.join(at.folder, 'pid')}`,
    `--port=${String(at.port)}`,
    '--bind-address=127.0.0.1',
    '--skip-name-resolve',
    '--server-id=1',
    `--log-bin=${path.join(at.folder, 'binlog')}`,
    '--binlog-format=ROW',
    '--binlog-row-image=FULL',
    '--max-binlog-size=1G',
    '--character-set-server=utf8mb4',
    '--default-time-zone=+00:00',
    '--max-allowed-packet=64M',
    '--innodb-buffer-pool-size=128M',
    // Takes most of the processor time of a start of 5.6, a third of the others'.
    '--performance-schema=OFF',
    // Nothing here has to live through a power cut.
    '--sync-binlog=0',
    '--innodb-flush-log-at-trx-commit=0',
  ];
}

function takeBinlogs(folder: string, files: readonly string[]): void {
  const names = files.map((file) => path.join(folder, path.basename(file)));
  for (const [index, name] of names.entries()) copyFileSync(files[index] ?? '', name);
  if (names.length > 0) writeFileSync(path.join(folder, 'binlog.index'), `${names.join('\n')}\n`);
}

async function freePort(): Promise<number> {
  const listener = createServer();
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const address = listener.address();
  await new Promise((resolve) => listener.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no TCP port to be had');
  return address.port;
}

async function waitUntilReady(
  program: ServerProgram,
  child: ServerChild,
  socket: string,
): Promise<void> {
  const deadline = Date.now() + startTimeoutMs;
  for (;;) {
    try {
      const connection = await mysql.createConnection({ socketPath: socket, user: 'root' });
      await allowTcp(connection);
      await connection.end();
      return;
    } catch (error) {
      const gone = child.exitCode() !== undefined;
      if (!gone && Date.now() < deadline && isNotListening(error)) await delay(pollMs);
      else
        throw new Error(`${program.kind} did not start: ${child.log().slice(-3000)}`, {
          cause: error,
        });
    }
  }
}

function isNotListening(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'PROTOCOL_CONNECTION_LOST';
}

/** A fresh server lets root in by the socket only. Kept out of the binary log. */
async function allowTcp(connection: mysql.Connection): Promise<void> {
  const [rows] = await connection.query<RowDataPacket[]>(
    "SELECT 1 FROM mysql.user WHERE User = 'root' AND Host = '127.0.0.1'",
  );
  if (rows.length > 0) return;
  await connection.query('SET sql_log_bin = 0');
  await connection.query("CREATE USER 'root'@'127.0.0.1'");
  await connection.query("GRANT ALL ON *.* TO 'root'@'127.0.0.1' WITH GRANT OPTION");
}

function openServer(
  program: ServerProgram,
  child: ServerChild,
  port: number,
  socket: string,
): Server {
  const connection = mysql.createPool({
    host: '127.0.0.1',
    port,
    user: 'root',
    charset: 'UTF8MB4_GENERAL_CI',
    timezone: 'Z',
    dateStrings: true,
    supportBigNumbers: true,
    bigNumberStrings: true,
    multipleStatements: true,
    connectionLimit: 8,
  });
  const query = async (sql: string): Promise<Record<string, unknown>[]> => {
    const [result] = await connection.query(sql);
    return lastRows(result);
  };
  const close = async (end: () => Promise<void>): Promise<void> => {
    await connection.end().catch(() => undefined);
    await end();
  };
  let stopped: Promise<void> | undefined;
  return {
    kind: program.kind,
    port,
    socket,
    folder: child.folder,
    connection,
    query,
    flushLogs: async () => {
      await query('FLUSH BINARY LOGS');
    },
    binlogFiles: () =>
      logFiles(child.folder).slice(0, child.exitCode() === undefined ? -1 : undefined),
    shutdown: () => close(child.shutdown),
    stop: () => (stopped ??= close(child.destroy)),
  };
}

/** Of several statements mysql2 gives an array of results; rows are arrays, the rest is objects. */
function lastRows(result: unknown): Record<string, unknown>[] {
  if (!Array.isArray(result)) return [];
  const sets = result.filter((item): item is Record<string, unknown>[] => Array.isArray(item));
  return sets.at(-1) ?? result.filter((item): item is Record<string, unknown> => !isHeader(item));
}

function isHeader(item: unknown): boolean {
  return item !== null && typeof item === 'object' && 'affectedRows' in item;
}

function logFiles(folder: string): string[] {
  const lines = readFileSync(path.join(folder, 'binlog.index'), 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => path.join(folder, path.basename(line)));
}

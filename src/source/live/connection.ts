import { readFile } from 'node:fs/promises';
import { Socket } from 'node:net';
import type { Connection, SslOptions } from 'mysql2';
import { fileError } from '../file-log.js';
import type { ServerAddress } from './address.js';

export type Row = Readonly<Record<string, unknown>>;

/** A session at a source. */
export interface SourceConnection {
  /** Runs one statement that gives rows. */
  query(sql: string): Promise<readonly Row[]>;
  /**
   * Gives the bare connection, encrypted or not, for commands that are written by hand.
   * Owns: nothing else reads from it from then on; `close` still ends it.
   */
  takeSocket(): Socket;
  /** Ends the session at once. May be called twice. */
  close(): void;
}

/**
 * Logs in at a source.
 *
 * Errors: those of the network, of TLS and of the server, as they come; `describeFailure` reads them.
 */
export async function logIn(address: ServerAddress): Promise<SourceConnection> {
  const { mode } = address.tls;
  if (mode === 'DISABLED') return connect(address, undefined);
  const ssl = await tlsOptions(address);
  if (mode !== 'PREFERRED') return connect(address, ssl);
  return connect(address, ssl).catch((error: unknown) => {
    // As MySQL's own clients do: without TLS, where the server has none.
    if (errorCodeOf(error) !== 'HANDSHAKE_NO_SSL_SUPPORT') throw error;
    return connect(address, undefined);
  });
}

/** The code of an error of the network, of TLS or of the protocol; undefined where it has none. */
export function errorCodeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

async function tlsOptions({ tls }: ServerAddress): Promise<SslOptions> {
  const isVerified = tls.mode === 'VERIFY_CA' || tls.mode === 'VERIFY_IDENTITY';
  const [ca, cert, key] = await Promise.all([tls.ca, tls.cert, tls.key].map(readPem));
  return {
    rejectUnauthorized: isVerified,
    verifyIdentity: tls.mode === 'VERIFY_IDENTITY',
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}

async function readPem(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  return readFile(path, 'utf8').catch((error: unknown) => {
    throw fileError(error, path);
  });
}

async function connect(
  address: ServerAddress,
  ssl: SslOptions | undefined,
): Promise<SourceConnection> {
  const { host, port, user, password, connectTimeoutMs } = address;
  // Loaded late: nobody who reads files waits for it.
  // A bundle gives CommonJS as the default alone.
  const { createConnection } = (await import('mysql2')).default;
  const connection = createConnection({
    ...{ host, port, user, connectTimeout: connectTimeoutMs, charset: 'UTF8MB4_GENERAL_CI' },
    ...{ dateStrings: true, supportBigNumbers: true, bigNumberStrings: true },
    // With it each query would carry parameters, which those that are written by hand do not have.
    flags: ['-CLIENT_QUERY_ATTRIBUTES'],
    ...(password === undefined ? {} : { password }),
    ...(ssl === undefined ? {} : { ssl }),
  });
  await new Promise<void>((resolve, reject) => {
    connection.once('error', reject);
    connection.connect((error) => {
      if (error === null) resolve();
      else reject(error);
    });
  }).catch((error: unknown) => {
    connection.destroy();
    throw error;
  });
  // What breaks later is told by the query or the read that was under way.
  connection.on('error', () => undefined);
  return {
    query: (sql) => runQuery(connection, sql),
    takeSocket: () => takeSocket(connection),
    close: () => {
      connection.destroy();
    },
  };
}

function runQuery(connection: Connection, sql: string): Promise<readonly Row[]> {
  return new Promise((resolve, reject) => {
    connection.query(sql, (error: Error | null, result: unknown) => {
      if (error !== null) reject(error);
      else resolve(Array.isArray(result) ? result.filter(isRow) : []);
    });
  });
}

function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null;
}

function takeSocket(connection: Connection): Socket {
  const stream: unknown = Reflect.get(connection, 'stream');
  if (!(stream instanceof Socket)) throw new Error('mysql2 gives no socket');
  stream.removeAllListeners('data');
  stream.pause();
  return stream;
}

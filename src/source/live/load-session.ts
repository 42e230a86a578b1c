import type { Socket } from 'node:net';
import type { ServerAddress } from './address.js';
import { logIn, type SourceConnection } from './connection.js';
import { readTextRow, ResultParser, type RowTaker, type TextRow } from './result-parser.js';

/** A session at a source whose answers are read from the bare socket. One statement at a time. */
export interface LoadSession {
  /**
   * Runs a statement that gives few rows, or none.
   *
   * Errors: those of the network; of the server, with its `errno`.
   */
  query(sql: string): Promise<TextRow[]>;
  /**
   * Runs a statement that gives many rows. `pause` is called after each piece of the answer, and the
   * next one is read when its promise has ended: the server waits meanwhile.
   */
  read(sql: string, taker: RowTaker, pause: () => Promise<void> | undefined): Promise<void>;
  /** Ends the session at once. May be called twice. */
  close(): void;
}

/** A connection on which an answer is awaited and that says nothing for so long is dead. */
const silentMaxMs = 300_000;

/** COM_QUERY. */
const queryCommandByte = 0x03;

/** Settings that hold for whoever reads tables: nothing changes values, and nobody ends the session. */
const settings = [
  "SET SESSION time_zone = '+00:00', sql_mode = '', sql_quote_show_create = 1, net_write_timeout = 3600, net_read_timeout = 3600, wait_timeout = 86400",
  'SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ',
];

/** Settings that only some servers have. */
const someSettings = [
  'SET SESSION max_execution_time = 0',
  'SET SESSION max_statement_time = 0',
  'SET SESSION idle_transaction_timeout = 0',
  'SET SESSION show_gipk_in_create_table_and_information_schema = ON',
];

/** Logs in and sets the session up. Errors: those of the network, of TLS and of the server, as they come. */
export async function openLoadSession(
  address: ServerAddress,
  signal: AbortSignal | undefined,
): Promise<LoadSession> {
  const connection = await logIn(address);
  try {
    const session = makeSession(connection, connection.takeSocket(), signal);
    for (const statement of settings) await session.query(statement);
    for (const statement of someSettings) await session.query(statement).catch(ignoreUnknown);
    return session;
  } catch (error) {
    connection.close();
    throw error;
  }
}

function makeSession(
  connection: SourceConnection,
  socket: Socket,
  signal: AbortSignal | undefined,
): LoadSession {
  const chunks: AsyncIterator<unknown> = socket[Symbol.asyncIterator]();
  const close = (): void => {
    signal?.removeEventListener('abort', close);
    socket.destroy();
    connection.close();
  };
  signal?.addEventListener('abort', close, { once: true });
  if (signal?.aborted === true) close();
  socket.on('timeout', () => {
    socket.destroy(new Error(`the source has said nothing for ${silentMaxMs / 1000} s`));
  });
  const nextChunk = async (): Promise<Buffer> => {
    socket.setTimeout(silentMaxMs);
    const next = await chunks.next();
    socket.setTimeout(0);
    if (next.done !== true && next.value instanceof Buffer) return next.value;
    throw new Error('the source has closed the connection');
  };
  const read: LoadSession['read'] = async (sql, taker, pause) => {
    const parser = new ResultParser(taker);
    socket.write(queryCommand(sql));
    for (;;) {
      if (parser.push(await nextChunk())) break;
      const pausing = pause();
      if (pausing !== undefined) await pausing;
    }
    if (parser.error !== undefined) throw parser.error;
  };
  return {
    read,
    close,
    async query(sql) {
      const rows: TextRow[] = [];
      const taker: RowTaker = {
        onRow: (source, start, end) => {
          rows.push(readTextRow(source, start, end));
        },
        takeRows: () => undefined,
      };
      await read(sql, taker, () => undefined);
      return rows;
    },
  };
}

function queryCommand(sql: string): Buffer {
  const text = Buffer.from(sql, 'utf8');
  const packet = Buffer.alloc(5 + text.length);
  packet.writeUIntLE(1 + text.length, 0, 3);
  packet[4] = queryCommandByte;
  text.copy(packet, 5);
  return packet;
}

/** ER_UNKNOWN_SYSTEM_VARIABLE; and MySQL 9.7 wants a right for some that are at their default anyway. */
function ignoreUnknown(error: unknown): void {
  const errno = error instanceof Error && 'errno' in error ? Number(error.errno) : 0;
  if (errno !== 1193 && errno !== 1227) throw error;
}

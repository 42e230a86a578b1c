import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { ServerAddress } from './address.js';
import { logIn, type SourceConnection } from './connection.js';
import { DumpParser, type DumpItem } from './dump-parser.js';

export interface DumpRequest {
  address: ServerAddress;
  isMariadb: boolean;
  /** Empty for the first log that the server has. */
  file: string;
  /** Where an event begins. */
  offset: number;
  /**
   * What the reader is called among the source's replicas, and then the server waits for what comes
   * next. Undefined: it ends when it has no more, and the reader has no name that could clash.
   */
  serverId: number | undefined;
  signal: AbortSignal | undefined;
}

/** A dump that is under way. */
export interface DumpStream {
  readonly parser: DumpParser;
  /**
   * What comes next. Undefined when the connection was ended by `close`.
   *
   * Errors: those of the network; PROTOCOL for bytes that are not a dump.
   */
  next(): Promise<readonly DumpItem[] | undefined>;
  /** Ends it at once. May be called twice. */
  close(): void;
}

/** The server says each so often that it is there, while it has no events. */
const heartbeatSeconds = 5;

/** A connection that says nothing for so long is dead. */
const silentMaxMs = 4 * heartbeatSeconds * 1000;

/**
 * A server sends each transaction by itself. Of many small ones, those of some milliseconds are read together: what a
 * chunk costs, whatever its size, was half of the time of a reader of a thousand transactions a second.
 */
const gather = { pauseMs: 5, smallBytes: 16_384 };

/** COM_BINLOG_DUMP. */
const dumpCommandByte = 0x12;

/** BINLOG_DUMP_NON_BLOCK, and MariaDB's BINLOG_SEND_ANNOTATE_ROWS_EVENT. */
const dumpFlags = { nonBlock: 1, annotateRows: 2 };

/**
 * Asks a server for its logs from a place on: COM_BINLOG_DUMP, by file and offset.
 *
 * Guarantee: bytes are read from the socket only when `next` is called, so that a slow reader holds up
 * the server and not this process's memory: about 200 kB a connection are held.
 * Errors: those of the network and the login, as they come. What the server says of the request itself
 * comes as an item.
 * Source: MySQL 9.7 sql/rpl_source.cc, com_binlog_dump; facts measured on 5.7, 9.7 and MariaDB 10.11.
 */
export async function openDump(request: DumpRequest): Promise<DumpStream> {
  const connection = await logIn(request.address);
  try {
    for (const statement of sessionStatements(request)) await connection.query(statement);
    const socket = connection.takeSocket();
    socket.write(dumpCommand(request));
    return readDump(connection, socket, request);
  } catch (error) {
    connection.close();
    throw error;
  }
}

function sessionStatements({ isMariadb }: DumpRequest): string[] {
  const periodNs = heartbeatSeconds * 1e9;
  return [
    'SET @master_binlog_checksum = @@global.binlog_checksum, @source_binlog_checksum = @@global.binlog_checksum',
    `SET @master_heartbeat_period = ${periodNs}, @source_heartbeat_period = ${periodNs}`,
    // A reader that is held up must not be taken for a dead one.
    'SET SESSION net_write_timeout = 3600',
    ...(isMariadb ? ['SET @mariadb_slave_capability = 4'] : []),
  ];
}

function dumpCommand({ file, offset, serverId, isMariadb }: DumpRequest): Buffer {
  const name = Buffer.from(file, 'utf8');
  const payload = Buffer.alloc(11 + name.length);
  payload[0] = dumpCommandByte;
  payload.writeUInt32LE(offset, 1);
  const flags =
    (serverId === undefined ? dumpFlags.nonBlock : 0) | (isMariadb ? dumpFlags.annotateRows : 0);
  payload.writeUInt16LE(flags, 5);
  payload.writeUInt32LE(serverId ?? 0, 7);
  name.copy(payload, 11);
  return packetOf(payload);
}

function packetOf(payload: Buffer): Buffer {
  const header = Buffer.alloc(4);
  header.writeUIntLE(payload.length, 0, 3);
  return Buffer.concat([header, payload]);
}

function readDump(
  connection: SourceConnection,
  socket: Socket,
  { offset, signal }: DumpRequest,
): DumpStream {
  const parser = new DumpParser(offset);
  const chunks: AsyncIterator<unknown> = socket[Symbol.asyncIterator]();
  let waitingSinceMs: number | undefined;
  let isClosed = false;
  let last = { atMs: -Infinity, bytes: 0 };
  const watch = setInterval(() => {
    if (waitingSinceMs === undefined || performance.now() - waitingSinceMs < silentMaxMs) return;
    socket.destroy(new Error(`the source has said nothing for ${silentMaxMs / 1000} s`));
  }, 1000);
  watch.unref();
  const close = (): void => {
    isClosed = true;
    clearInterval(watch);
    signal?.removeEventListener('abort', close);
    socket.destroy();
    connection.close();
  };
  signal?.addEventListener('abort', close, { once: true });
  if (signal?.aborted === true) close();
  return {
    parser,
    close,
    async next() {
      const pauseMs =
        last.bytes < gather.smallBytes ? last.atMs + gather.pauseMs - performance.now() : 0;
      if (pauseMs > 0) await delay(pauseMs);
      waitingSinceMs = performance.now();
      try {
        const next = await chunks.next();
        if (isClosed) return undefined;
        if (next.done !== true && next.value instanceof Buffer) {
          last = { atMs: performance.now(), bytes: next.value.length };
          return parser.push(next.value);
        }
        throw new Error('the source has closed the connection');
      } catch (error) {
        if (isClosed) return undefined;
        throw error;
      } finally {
        waitingSinceMs = undefined;
      }
    },
  };
}

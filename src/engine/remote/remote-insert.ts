import { randomUUID } from 'node:crypto';
import { FlashError, tableName, type TableRef } from '../../protocol/index.js';
import { type InsertMessage } from '../../protocol/wire/index.js';
import { type ClientConnection } from './client-connection.js';
import { type ConnectionPool, pause } from './connection-pool.js';
import { checkStreamSize } from './remote-batch.js';

/**
 * Inserts a stream of rows by a server. When the answer is lost it asks again under the same id, on
 * another connection, until it is known or `untilKnownMs` is over.
 *
 * Errors: those of the insert; CONNECTION where it is not known whether it was applied.
 */
export async function insertRemote(
  pool: ConnectionPool,
  table: TableRef,
  stream: Uint8Array,
  untilKnownMs: number,
): Promise<number> {
  const batchId = randomUUID();
  const untilMs = Date.now() + untilKnownMs;
  let serverId: string | undefined;
  for (let pauseMs = 20; ; pauseMs = Math.min(pauseMs * 2, 1_000)) {
    let connection: ClientConnection | undefined;
    try {
      connection = await pool.take();
      checkStreamSize(connection, table, stream);
      // From here on it may be applied by this server, and by no other.
      serverId ??= connection.hello.serverId;
      return await insertOnce(connection, { type: 'INSERT', batchId, serverId, ...table }, stream);
    } catch (error) {
      const isLost = connection === undefined || connection.isBroken;
      if (serverId === undefined || (!isLost && !isBusy(error))) throw error;
      if (Date.now() + pauseMs > untilMs) throw unknownOutcome(table, error);
    } finally {
      if (connection !== undefined) pool.give(connection);
    }
    await pause(pauseMs);
  }
}

async function insertOnce(
  connection: ClientConnection,
  message: InsertMessage,
  stream: Uint8Array,
): Promise<number> {
  await connection.begin(message, stream);
  const answer = (await connection.receive()).message;
  connection.finish();
  if (answer.type === 'INSERT_OK') return answer.rows;
  const error = new FlashError(
    'PROTOCOL',
    `${connection.endpoint.location} answers INSERT with ${answer.type}`,
  );
  connection.fail(error);
  throw error;
}

function isBusy(error: unknown): boolean {
  return error instanceof FlashError && error.code === 'BUSY';
}

function unknownOutcome(table: TableRef, cause: unknown): FlashError {
  return new FlashError(
    'CONNECTION',
    `Not known whether rows of ${tableName(table)} were inserted`,
    {
      hint: 'Look at the table, or fill another one.',
      place: { table: tableName(table) },
      cause,
    },
  );
}

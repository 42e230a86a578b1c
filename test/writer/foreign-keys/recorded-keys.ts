import type { ExecutionContext } from 'ava';
import { queryRows, type Engine } from '../../../src/protocol/index.js';
import type { Server } from '../../servers/index.js';

/** Runs statements in a new database `d`, in one session. */
export async function runIn(server: Server, sql: string): Promise<void> {
  const connection = await server.connection.getConnection();
  try {
    await connection.query(
      `SET foreign_key_checks = 0; DROP DATABASE IF EXISTS d; DROP DATABASE IF EXISTS e;
       SET foreign_key_checks = 1; CREATE DATABASE d; USE d; ${sql}`,
    );
  } finally {
    await connection.query('SET foreign_key_checks = 1');
    connection.release();
  }
}

/** Asserts that tables, of `d` where no database is named, have the rows of the server. */
export async function sameTables(
  t: ExecutionContext,
  server: Server,
  engine: Engine,
  tables: readonly string[],
): Promise<void> {
  for (const table of tables) {
    const sql = `SELECT * FROM ${table.includes('.') ? table : `d.${table}`}`;
    const [expected, found] = [await server.query(sql), await queryRows(engine, sql)].map((rows) =>
      rows.map((row) => JSON.stringify(Object.values(row).map(text))).sort(),
    );
    t.deepEqual(found, expected, table);
  }
}

function text(value: unknown): string | null {
  return value === null || value === undefined ? null : `${value as string | number | bigint}`;
}

import {
  encodeChanges,
  queryRows,
  quoteIdentifier,
  quoteTable,
  type ColumnData,
  type Engine,
  type TableSchema,
} from '../protocol/index.js';
import type { Piece } from './change-buffer.js';
import { createTableSql, EngineTables } from './engine-tables.js';
import { SchemaHistory } from './schema-history.js';

/** The engine's table that holds the schema history, a row for each table and database of the source. */
const storeSchema: TableSchema = {
  database: 'theflash',
  table: 'tables',
  columns: ['source_database', 'source_table', 'definition'].map((name) => ({
    name,
    type: { kind: 'text', charset: 'utf8mb4' },
    nullable: false,
    mysqlType: 'longtext',
  })),
  primaryKey: ['source_database', 'source_table'],
};

/** The engine's table that holds the events of prepared XA transactions which came through a pipe. */
export const preparedSchema: TableSchema = {
  database: 'theflash',
  table: 'prepared',
  columns: [
    {
      name: 'xid',
      type: { kind: 'text', charset: 'utf8mb4' },
      nullable: false,
      mysqlType: 'longtext',
    },
    { name: 'head', type: { kind: 'bytes' }, nullable: false, mysqlType: 'longblob' },
    { name: 'events', type: { kind: 'bytes' }, nullable: false, mysqlType: 'longblob' },
  ],
  primaryKey: ['xid'],
};

/** A table of the writer's own, which each source has under another name. */
export function ownTable(schema: TableSchema, { sourceName }: Engine): TableSchema {
  return sourceName === undefined ? schema : { ...schema, table: `${schema.table}_${sourceName}` };
}

/** Reads the schema history back, and makes the writer's tables where there are none yet. */
export async function loadHistory(engine: Engine): Promise<SchemaHistory> {
  await engine.execute(`CREATE DATABASE IF NOT EXISTS ${quoteIdentifier(storeSchema.database)}`);
  const tables = new EngineTables(engine);
  for (const schema of [preparedSchema, storeSchema].map((each) => ownTable(each, engine))) {
    if (!(await tables.exists(schema))) await engine.execute(createTableSql(schema));
  }
  return loadStoredHistory(engine);
}

/** Reads the schema history back, and changes nothing; an empty one where there is none. */
export async function loadStoredHistory(engine: Engine): Promise<SchemaHistory> {
  const history = new SchemaHistory();
  const store = ownTable(storeSchema, engine);
  if (!(await new EngineTables(engine).exists(store))) return history;
  for (const row of await queryRows(engine, `SELECT * FROM ${quoteTable(store)}`)) {
    const table = { database: String(row['source_database']), table: String(row['source_table']) };
    history.load(table, String(row['definition']));
  }
  return history;
}

/**
 * Gives what has changed in the history as rows of its table, for the batch that carries the
 * checkpoint: so schema and position can't part.
 */
export function historyPieces(history: SchemaHistory, engine: Engine): Piece[] {
  const changes = history.takeChanges();
  if (changes.length === 0) return [];
  const schema = ownTable(storeSchema, engine);
  const { database, table } = schema;
  const encoded = encodeChanges({
    schema,
    rows: changes.length,
    columns: [
      textColumn(changes.map((change) => change.table.database)),
      textColumn(changes.map((change) => change.table.table)),
      textColumn(changes.map((change) => change.text ?? '')),
    ],
    delmarks: Uint8Array.from(changes, (change) => (change.text === undefined ? 1 : 0)),
  });
  return [{ table: { database, table }, changes: encoded, zeroDates: 0 }];
}

function textColumn(texts: readonly string[]): ColumnData {
  return bytesColumn(texts.map((text) => Buffer.from(text, 'utf8')));
}

/** A column of byte strings without NULLs. */
export function bytesColumn(values: readonly Uint8Array[]): ColumnData {
  const offsets = new Int32Array(values.length + 1);
  values.forEach((value, index) => {
    offsets[index + 1] = (offsets[index] ?? 0) + value.length;
  });
  return { validity: undefined, nullCount: 0, offsets, values: Buffer.concat(values) };
}

import { type Data, tableFromIPC } from 'apache-arrow';
import {
  arrowEndOfStream,
  engineColumnType,
  isEngineNullable,
  quoteIdentifier,
  quoteTable,
  type ArrowScan,
  type ChangeColumns,
  type Column,
  type ColumnData,
  type Engine,
  type TableSchema,
} from '../protocol/index.js';
import type { ColumnDefault } from './column-default.js';
import { keyLiteral } from './key-literal.js';
import { keyIndexes, keyReader } from './row-keys.js';

/** Rows of the engine: `chunks[c][i]` holds column i of the schema, where it was asked for. */
export interface CurrentRows {
  chunks: readonly (readonly ColumnData[])[];
  /** Chunk and row of each key that was found, by its text. */
  places: ReadonlyMap<string, { chunk: number; row: number }>;
}

/** A query has at most so many keys and so much text, so that it is parsed quickly. */
const keysMax = 10_000;
const textMax = 128 * 1024;

/**
 * Reads the rows with the keys of `changes`' rows `wanted` from the engine, as what is committed.
 *
 * Shape: columns that are neither in `needed` nor in the key are empty.
 */
export async function readCurrentRows(
  engine: Engine,
  changes: ChangeColumns,
  wanted: readonly number[],
  needed: ReadonlySet<number>,
): Promise<CurrentRows> {
  const { schema } = changes;
  const key = keyIndexes(schema);
  const read = schema.columns.map((_, index) => needed.has(index) || key.includes(index));
  const values = selectList(schema, read);
  const keyColumns = key.map((index) => quoteIdentifier(schema.columns[index]?.name ?? ''));
  const literal = keyLiteral(changes);
  const chunks: ColumnData[][] = [];
  const places = new Map<string, { chunk: number; row: number }>();
  for (let at = 0; at < wanted.length;) {
    const keys: string[] = [];
    for (let size = 0; at < wanted.length && keys.length < keysMax && size < textMax; at += 1) {
      const text = literal(wanted[at] ?? 0);
      size += text.length + 1;
      keys.push(text);
    }
    const sql = `SELECT ${values} FROM ${quoteTable(schema)} WHERE (${keyColumns.join(', ')}) IN (${keys.join(',')}) ${columnsNotAliases}`;
    for (const { columns, rows } of await readColumns(engine, sql, schema, read)) {
      const chunk = chunks.push(columns) - 1;
      const keyOf = keyReader(schema, columns);
      for (let row = 0; row < rows; row += 1) places.set(keyOf(row), { chunk, row });
    }
  }
  return { chunks, places };
}

/** One row of defaults: what columns get that an INSERT does not name. Errors: those of the engine. */
export async function readDefaults(
  engine: Engine,
  schema: TableSchema,
  defaults: ReadonlyMap<number, ColumnDefault>,
): Promise<readonly ColumnData[]> {
  const read = schema.columns.map((_, index) => defaults.has(index));
  const values = schema.columns.flatMap((column, index) => {
    const value = defaults.get(index);
    if (value === undefined) return [];
    const type = engineColumnType(column, schema);
    const sql = value.kind === 'sql' ? value.sql : engineDefault(column, schema);
    return `CAST(${sql} AS ${type}) AS ${quoteIdentifier(column.name)}`;
  });
  const sql = `SELECT ${selectList(schema, read)} FROM (SELECT ${values.join(', ')})`;
  const [first] = await readColumns(engine, sql, schema, read);
  return first?.columns ?? [];
}

function engineDefault(column: Column, schema: TableSchema): string {
  if (isEngineNullable(column, schema) && column.type.kind !== 'vector') return 'NULL';
  return `defaultValueOfTypeName('${engineColumnType(column, schema).replace(/'/g, "\\'")}')`;
}

/** `selectList` names what it makes of a column like the column: a condition is about the column. */
export const columnsNotAliases = 'SETTINGS prefer_column_name_to_alias = 1';

/** Columns in the physical form in which they are written (`arrowWriteType`). */
export function selectList(schema: TableSchema, read: readonly boolean[]): string {
  return schema.columns
    .filter((_, index) => read[index])
    .map((column) => `${writtenForm(column, schema)} AS ${quoteIdentifier(column.name)}`)
    .join(', ');
}

function writtenForm(column: Column, schema: TableSchema): string {
  const name = quoteIdentifier(column.name);
  const isNullable = isEngineNullable(column, schema);
  switch (column.type.kind) {
    case 'time':
      // The engine's times are written as microseconds, and leave it in other units.
      return `toInt64(toDecimal64(${name}, 6) * 1000000)`;
    case 'enum':
      return `CAST(${name} AS ${isNullable ? 'Nullable(String)' : 'String'})`;
    default:
      return name;
  }
}

/** Runs a query whose columns are those of the schema that `read` names. */
export async function readColumns(
  engine: Engine,
  sql: string,
  schema: TableSchema,
  read: readonly boolean[],
): Promise<{ columns: ColumnData[]; rows: number }[]> {
  const found: { columns: ColumnData[]; rows: number }[] = [];
  for await (const batch of scanColumns(await engine.query(sql), schema, read)) found.push(batch);
  return found;
}

/** As `readColumns`, of a query that is under way: batch by batch. Owns: buffers of their own. */
export async function* scanColumns(
  scan: ArrowScan,
  schema: TableSchema,
  read: readonly boolean[],
): AsyncGenerator<{ columns: ColumnData[]; rows: number }> {
  let head: Uint8Array | undefined;
  for await (const message of scan) {
    if (head === undefined) {
      head = message.bytes.slice();
      continue;
    }
    const { batches } = tableFromIPC([head, message.bytes.slice(), arrowEndOfStream]);
    for (const { data, numRows } of batches) {
      let next = 0;
      const columns = schema.columns.map((_, index) => {
        const child = read[index] === true ? data.children[next++] : undefined;
        return child === undefined ? noData : physicalData(child);
      });
      yield { columns, rows: numRows };
    }
  }
}

const noData: ColumnData = {
  validity: undefined,
  nullCount: 0,
  offsets: undefined,
  values: new Uint8Array(0),
};

/** The buffers of an Arrow column, without a value made of them. */
function physicalData(data: Data): ColumnData {
  const isList = data.children.length > 0;
  const values: unknown = isList ? data.children[0]?.values : data.values;
  const offsets: unknown = data.valueOffsets;
  if (data.offset !== 0 || !ArrayBuffer.isView(values)) throw new RangeError('a sliced column');
  return {
    validity: data.nullCount > 0 ? data.nullBitmap : undefined,
    nullCount: data.nullCount,
    offsets: offsets instanceof Int32Array ? offsets : undefined,
    values: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
  };
}

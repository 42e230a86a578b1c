import {
  quoteIdentifier,
  quoteTable,
  type ChangeColumns,
  type ColumnData,
  type Engine,
  type TableSchema,
} from '../../protocol/index.js';
import { columnsNotAliases, readColumns, selectList } from '../current-rows.js';
import { keyLiteral } from '../key-literal.js';
import { columnOfCells, type Cell } from './cells.js';

/** A query has at most so many keys and so much text, so that it is parsed quickly. */
const keysMax = 10_000;
const textMax = 128 * 1024;

/**
 * Reads the rows of a table whose `columns` have one of these values, as what is committed.
 *
 * Shape: one list of columns a record batch, in the order of the schema; those of `unread` are empty.
 */
export async function* readMatchingRows(
  engine: Engine,
  schema: TableSchema,
  columns: readonly number[],
  keys: readonly (readonly Cell[])[],
): AsyncGenerator<{ columns: readonly ColumnData[]; rows: number }> {
  const read = schema.columns.map(() => true);
  const values = selectList(schema, read);
  const names = columns.map((index) => quoteIdentifier(schema.columns[index]?.name ?? ''));
  for (const list of keyLists(schema, columns, keys)) {
    const sql = `SELECT ${values} FROM ${quoteTable(schema)} WHERE (${names.join(', ')}) IN (${list}) ${columnsNotAliases}`;
    yield* await readColumns(engine, sql, schema, read);
  }
}

/** Keys as lists of literals, each short enough for one query. */
export function* keyLists(
  schema: TableSchema,
  columns: readonly number[],
  keys: readonly (readonly Cell[])[],
): Generator<string> {
  const literal = keyLiteral(keyColumns(schema, columns, keys));
  for (let at = 0; at < keys.length;) {
    const list: string[] = [];
    for (let size = 0; at < keys.length && list.length < keysMax && size < textMax; at += 1) {
      const text = literal(at);
      size += text.length + 1;
      list.push(text);
    }
    yield list.join(',');
  }
}

/** Keys as rows of a table that has nothing else. */
function keyColumns(
  schema: TableSchema,
  indexes: readonly number[],
  keys: readonly (readonly Cell[])[],
): ChangeColumns {
  const columns = schema.columns.filter((_, index) => indexes.includes(index));
  const inOrder = indexes.flatMap((index) => {
    const column = schema.columns[index];
    return column === undefined ? [] : [column];
  });
  return {
    schema: { ...schema, columns: inOrder, primaryKey: inOrder.map(({ name }) => name) },
    rows: keys.length,
    columns: inOrder.map((column, part) =>
      columnOfCells(
        column,
        keys.map((key) => key[part] ?? null),
      ),
    ),
    delmarks: new Uint8Array(columns.length),
  };
}

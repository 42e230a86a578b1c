import { tableFromIPC, type Table } from 'apache-arrow';
import { arrowEndOfStream, type Engine, type QueryOptions } from './engine.js';

/**
 * Runs SQL whose result is small (catalogs, counts) and gives its rows, each as an object of column
 * values in apache-arrow's JavaScript form: 64-bit integers as bigint.
 */
export async function queryRows(
  engine: Engine,
  sql: string,
  options: QueryOptions = {},
): Promise<readonly Record<string, unknown>[]> {
  const messages: Uint8Array[] = [];
  for await (const message of await engine.query(sql, options))
    messages.push(message.bytes.slice());
  return tableRows(tableFromIPC([...messages, arrowEndOfStream]));
}

/** Gives the rows of an Arrow table, each as an object of column values in apache-arrow's form. */
export function tableRows(table: Table): readonly Record<string, unknown>[] {
  const columns = table.schema.fields.map((field, index) => ({
    name: field.name,
    vector: table.getChildAt(index),
  }));
  return Array.from({ length: table.numRows }, (_, row) =>
    Object.fromEntries(
      columns.map(({ name, vector }): [string, unknown] => [name, vector?.get(row)]),
    ),
  );
}

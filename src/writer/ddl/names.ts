import type { TableReference } from './statement.js';
import type { TokenReader } from './token-reader.js';

/** Reads `table` or `database.table`; the default database stands in where none is named. */
export function readTableName(reader: TokenReader, defaultDatabase: string): TableReference {
  const first = reader.storedName();
  if (!reader.acceptSymbol('.')) return { database: defaultDatabase, table: first };
  return { database: first, table: reader.storedName() };
}

/** Reads `column`, or `table.column`, and gives the column. */
export function readColumnName(reader: TokenReader): string {
  let name = reader.name();
  while (reader.acceptSymbol('.')) name = reader.name();
  return name;
}

/** Reads `(column [(length)] [ASC | DESC], …)` of a key and gives the columns. */
export function readKeyColumns(reader: TokenReader): string[] {
  const columns: string[] = [];
  reader.expectSymbol('(');
  reader.list(() => {
    columns.push(readColumnName(reader));
    // A key on a prefix of a column: the whole value is the finer, and so also right, identity.
    if (reader.isSymbol('(')) reader.skipParenthesised();
    reader.acceptOneOf('ASC', 'DESC');
  });
  reader.expectSymbol(')');
  return columns;
}

/** Quotes a name for the engine's SQL: `` `order` ``, backslashes and backticks escaped. */
export function quoteIdentifier(name: string): string {
  return `\`${name.replace(/[\\`]/g, '\\$&')}\``;
}

/** Quotes a text as a string literal of the engine's SQL, backslashes and quotes escaped. */
export function quoteString(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}

/** Quotes `database.table` for the engine's SQL. */
export function quoteTable(table: { database: string; table: string }): string {
  return `${quoteIdentifier(table.database)}.${quoteIdentifier(table.table)}`;
}

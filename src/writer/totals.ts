/** What a run has made durable. */
export interface Totals {
  transactions: number;
  rowChanges: number;
  /** DDL statements that changed the copy. */
  statements: number;
  /** Names of the source's tables that got row changes. */
  tables: Set<string>;
  /** Zero and impossible dates that became NULL. */
  zeroDates: number;
}

export function emptyTotals(): Totals {
  return { transactions: 0, rowChanges: 0, statements: 0, tables: new Set(), zeroDates: 0 };
}

/** Adds `part` to `sum` and empties it. */
export function moveTotals(part: Totals, sum: Totals): void {
  sum.transactions += part.transactions;
  sum.rowChanges += part.rowChanges;
  sum.statements += part.statements;
  sum.zeroDates += part.zeroDates;
  for (const table of part.tables) sum.tables.add(table);
  Object.assign(part, emptyTotals());
}

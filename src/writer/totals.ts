import type { RowChanges } from '../protocol/index.js';

/** What a run has made durable. */
export interface Totals {
  transactions: number;
  rowChanges: number;
  /** The same by kind. */
  changes: RowChanges;
  /** DDL statements that changed the copy. */
  statements: number;
  /** Names of the source's tables that got row changes. */
  tables: Set<string>;
  /** Zero and impossible dates that became NULL. */
  zeroDates: number;
}

export const noRowChanges: RowChanges = { insert: 0, update: 0, delete: 0 };

export function addRowChanges(one: RowChanges, other: RowChanges): RowChanges {
  return {
    insert: one.insert + other.insert,
    update: one.update + other.update,
    delete: one.delete + other.delete,
  };
}

export function emptyTotals(): Totals {
  return {
    ...{ transactions: 0, rowChanges: 0, statements: 0, tables: new Set(), zeroDates: 0 },
    changes: noRowChanges,
  };
}

/** Adds `part` to `sum` and empties it. */
export function moveTotals(part: Totals, sum: Totals): void {
  sum.transactions += part.transactions;
  sum.rowChanges += part.rowChanges;
  sum.changes = addRowChanges(sum.changes, part.changes);
  sum.statements += part.statements;
  sum.zeroDates += part.zeroDates;
  for (const table of part.tables) sum.tables.add(table);
  Object.assign(part, emptyTotals());
}

import type { Statement, TableReference } from './ddl/index.js';
import type { SchemaHistory } from './schema-history.js';
import type { TableFilter } from './table-filter.js';

/**
 * Follows the tables that are not copied through DDL: a filter that takes one of them later would
 * find it without its rows.
 */
export function noteLeftOut(
  statement: Statement,
  filter: TableFilter,
  history: SchemaHistory,
): void {
  switch (statement.kind) {
    case 'create-table':
      if (!statement.temporary) note(statement.table, filter, history);
      return;
    case 'drop-table':
      for (const table of statement.tables) history.forgetLeftOut(table);
      return;
    case 'drop-database':
      for (const { table } of history.leftOut()) {
        if (table.database === statement.database) history.forgetLeftOut(table);
      }
      return;
    case 'rename-table':
      for (const { from, to } of statement.renames) {
        history.forgetLeftOut(from);
        note(to, filter, history);
      }
      return;
    case 'alter-table':
      // What can't be read is no matter here: the table is not copied.
      if (!filter.accepts(statement.table)) note(statement.table, filter, history);
      return;
    default:
      return;
  }
}

function note(table: TableReference, filter: TableFilter, history: SchemaHistory): void {
  if (!filter.accepts(table)) history.leaveOut(table);
}

import type { QueryEvent } from '../binlog/index.js';
import type { TableServer } from '../source/index.js';
import {
  dialectOfServer,
  parseStatement,
  SqlSyntaxError,
  type Statement,
} from '../writer/index.js';

interface TableReference {
  database: string;
  table: string;
}

/** What a statement in the log does to rows that were read. */
export type QueryEffect =
  /** Begins or ends a transaction, or has nothing to do with tables. */
  | { kind: 'none'; isWithin: boolean }
  /** Takes changes of the transaction back. */
  | { kind: 'undo'; isWithin: boolean }
  /** `table` may be `*`. */
  | { kind: 'tables'; tables: readonly TableReference[] }
  /** Any table may be changed. */
  | { kind: 'unknown' };

/** Says what a statement does. `isWithin`: the transaction goes on after it. */
export function effectOf(
  { sql, database }: QueryEvent,
  { isMariadb, version }: TableServer,
): QueryEffect {
  // That is what nearly all of them are.
  if (sql === 'BEGIN' || sql === 'COMMIT') return { kind: 'none', isWithin: false };
  const dialect = dialectOfServer(isMariadb ? 'mariadb' : 'mysql', version);
  try {
    return effectOfStatement(parseStatement(sql, database, dialect));
  } catch (error) {
    if (error instanceof SqlSyntaxError) return { kind: 'unknown' };
    throw error;
  }
}

function effectOfStatement(statement: Statement): QueryEffect {
  switch (statement.kind) {
    case 'begin':
    case 'commit':
    case 'xa-start':
    case 'create-database':
    case 'alter-database':
    case 'create-sequence':
    case 'no-effect':
      return { kind: 'none', isWithin: false };
    case 'savepoint':
    case 'release-savepoint':
    case 'xa-end':
      return { kind: 'none', isWithin: true };
    case 'rollback':
      return { kind: 'undo', isWithin: false };
    case 'rollback-to':
      return { kind: 'undo', isWithin: true };
    case 'drop-database':
      return { kind: 'tables', tables: [{ database: statement.database, table: '*' }] };
    case 'create-table':
      return { kind: 'tables', tables: statement.temporary ? [] : [statement.table] };
    case 'drop-table':
      return { kind: 'tables', tables: statement.temporary ? [] : statement.tables };
    case 'truncate-table':
    case 'delete-all':
      return { kind: 'tables', tables: [statement.table] };
    case 'rename-table':
      return { kind: 'tables', tables: statement.renames.flatMap(({ from, to }) => [from, to]) };
    case 'alter-table': {
      const other = statement.actions().flatMap((action) => {
        if (action.kind === 'rename-table') return [action.to];
        return action.kind === 'unsupported' && action.other !== undefined ? [action.other] : [];
      });
      return { kind: 'tables', tables: [statement.table, ...other] };
    }
    case 'row-statement':
      return statement.table === undefined
        ? { kind: 'unknown' }
        : { kind: 'tables', tables: [statement.table] };
    case 'xa-commit':
    case 'xa-rollback':
    case 'unknown':
      return { kind: 'unknown' };
  }
}

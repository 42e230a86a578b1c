import type { QueryEvent } from '../../binlog/index.js';
import { tableName, type Position, type Source } from '../../protocol/index.js';
import {
  dialectOfServer,
  parseStatement,
  SqlSyntaxError,
  type Statement,
} from '../../writer/index.js';
import { eventsBetween } from './log-events.js';

interface TableReference {
  database: string;
  table: string;
}

/** A statement that changed a table while it was read. */
export interface TableChange {
  table: string;
  sql: string;
  position: Position;
}

export interface ChangeSearch {
  /** As of which place the rows are meant to be. */
  from: Position;
  /** How far the log matters. */
  upTo: Position;
  server: { isMariadb: boolean; version: string };
  /** Whether a change of a table at this place may show in what was read. */
  matters: (table: TableReference, at: Position) => boolean;
}

/**
 * Looks in the log for a change of a table's definition or name while its rows were read. A snapshot
 * does not hold these: another table may have come under the name, or a column have gone.
 *
 * Shape: the first one; undefined where there is none.
 * Errors: those of the source and of the framer.
 */
export async function findTableChange(
  source: Source,
  search: ChangeSearch,
): Promise<TableChange | undefined> {
  for await (const event of eventsBetween(source, search.from, search.upTo)) {
    if (event.kind !== 'query') continue;
    const found = readChange(event, { file: event.file, offset: event.offset }, search);
    if (found !== undefined) return found;
  }
  return undefined;
}

function readChange(
  { sql, database }: QueryEvent,
  position: Position,
  { server, matters }: ChangeSearch,
): TableChange | undefined {
  if (!/^\W*(?:CREATE|DROP|ALTER|RENAME|TRUNCATE)\b|^\s*\/\*/i.test(sql)) return undefined;
  const dialect = dialectOfServer(server.isMariadb ? 'mariadb' : 'mysql', server.version);
  let statement: Statement;
  try {
    statement = parseStatement(sql, database, dialect);
  } catch (error) {
    // The stream meets it again, and says so there.
    if (error instanceof SqlSyntaxError) return undefined;
    throw error;
  }
  const table = changedTables(statement).find((each) => matters(each, position));
  return table === undefined ? undefined : { table: tableName(table), sql, position };
}

/** The tables that a statement makes, takes away or gives another form. `*`: all of a database. */
function changedTables(statement: Statement): readonly TableReference[] {
  switch (statement.kind) {
    case 'create-table':
      // IF NOT EXISTS: a table that was there stays; one that was not can't be read in the snapshot.
      if (statement.temporary || (statement.ifNotExists && !statement.orReplace)) return [];
      return [statement.table];
    case 'drop-table':
      return statement.temporary ? [] : statement.tables;
    case 'truncate-table':
    case 'alter-table':
      return [statement.table];
    case 'rename-table':
      return statement.renames.flatMap(({ from, to }) => [from, to]);
    case 'drop-database':
      return [{ database: statement.database, table: '*' }];
    default:
      return [];
  }
}

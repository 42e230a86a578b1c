import type { QueryEvent } from '../binlog/index.js';
import { tableName, type FlashError } from '../protocol/index.js';
import type { Statement, TableReference } from './ddl/index.js';
import { resyncHint, type ResyncPorts } from './resync-hint.js';
import { statementError } from './statement-error.js';
import { isSystemDatabase } from './table-filter.js';

/** A change of rows that the log holds as a statement. */
export type RowStatement = Extract<Statement, { kind: 'row-statement' }>;

/** The error for one that may change rows of the copy. */
export function rowStatementError(
  { table, verb }: RowStatement,
  event: QueryEvent,
  ports: ResyncPorts,
): FlashError {
  const name = table === undefined ? undefined : tableName(table);
  // A view is none, and leaving it out by its name would lose what is changed through it.
  const isKnown = table !== undefined && ports.history.get(table) !== undefined;
  const wayOut = !isKnown
    ? `All before it is applied. ${name === undefined ? '' : `There is no table ${name} in the copy: it may be a view. `}Then take the tables that it changes anew: --resync db.table from a server, else a dump ` +
      'that is taken after it (theflash write --dump t.sql --only db.table --binlog …), and go on with ' +
      `--skip ${event.file}:${event.offset}.`
    : resyncHint(table, ports);
  return statementError(
    event,
    `${verb}${name === undefined ? '' : ` on ${name}`} is logged as a statement, not as rows`,
    {
      ...(name === undefined ? {} : { table: name }),
      hint: `The source ran with binlog_format=STATEMENT or MIXED: set binlog_format=ROW there. ${wayOut}`,
    },
  );
}

/** Tells, once for each table, of statements that are passed over: the log does not show all that they change. */
export class PassedStatements {
  readonly #onWarning: ((line: string) => void) | undefined;
  readonly #told = new Set<string>();

  constructor(onWarning: ((line: string) => void) | undefined) {
    this.#onWarning = onWarning;
  }

  /** `table` is not copied, or was taken anew after the statement. Tables of the server's own have no triggers. */
  note(verb: string, table: TableReference, { file, offset }: QueryEvent): void {
    const name = tableName(table);
    if (this.#told.has(name) || isSystemDatabase(table.database)) return;
    this.#told.add(name);
    this.#onWarning?.(
      `${verb} on ${name} is logged as a statement, not as rows (${file} at offset ${offset}): what its triggers and functions ` +
        'changed in copied tables, if they did, is not in the copy. Set binlog_format=ROW on the source; theflash verify finds such rows.',
    );
  }
}

import type { Beginning, PendingRename } from './checkpoint.js';
import type { EngineTables } from './engine-tables.js';
import type { ForeignKeyActions } from './foreign-keys/index.js';
import type { SchemaHistory } from './schema-history.js';
import type { StatementContext } from './statement-error.js';
import type { TableFilter } from './table-filter.js';

/** A statement of the log with what it needs to be understood. */
export interface DdlContext extends StatementContext {
  /** Charset of the session's collation_server: what a database without its own gets. */
  serverCharset: string | undefined;
  gtid: string | undefined;
}

/** What DDL changes, and how it waits for the rows before it. */
export interface DdlPorts {
  tables: EngineTables;
  history: SchemaHistory;
  filter: TableFilter;
  /** What the copy stands on: whether a table may come without its CREATE TABLE. */
  beginning: () => Beginning | undefined;
  foreignKeys: Pick<ForeignKeyActions, 'checkParents'>;
  /** Makes all before the statement durable, with `renames` as a note in the checkpoint. */
  barrier: (renames?: readonly PendingRename[]) => Promise<void>;
}

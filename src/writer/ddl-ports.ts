import type { Beginning, PendingRename } from './checkpoint.js';
import type { EngineTables } from './engine-tables.js';
import type { ForeignKeyActions } from './foreign-keys/index.js';
import type { SchemaHistory } from './schema-history.js';
import type { StatementContext } from './statement-error.js';
import type { StatementSession } from './statement-session.js';
import type { TableFilter } from './table-filter.js';
import type { TableRebuild } from './table-rebuild.js';

/** A statement of the log with what it needs to be understood. */
export interface DdlContext extends StatementContext {
  gtid: string | undefined;
  session: StatementSession;
}

/** What DDL changes, and how it waits for the rows before it. */
export interface DdlPorts {
  tables: EngineTables;
  rebuild: TableRebuild;
  history: SchemaHistory;
  filter: TableFilter;
  /** Where the logs are those of a running server: its URL. */
  serverUrl: string | undefined;
  /** What the copy stands on: whether a table may come without its CREATE TABLE. */
  beginning: () => Beginning | undefined;
  foreignKeys: Pick<ForeignKeyActions, 'checkParents'>;
  /** Errors: SOURCE_MISMATCH where one of these names of the engine is another source's. */
  checkOwners: (targets: readonly { database: string; table: string }[]) => Promise<void>;
  /** Makes all before the statement durable, with `renames` as a note in the checkpoint. */
  barrier: (renames?: readonly PendingRename[]) => Promise<void>;
}

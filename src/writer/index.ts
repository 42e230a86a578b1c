export type { BeginningOption } from './beginning.js';
export type { Beginning } from './checkpoint.js';
export { parseBaseline, parsePosition, parseUntil, type Until } from './log-reader.js';
export type { BatchLimits } from './limits.js';
export { replay, type ReplayOptions, type ReplayResult } from './replay.js';
export type { SchemaDump } from './schema-dump.js';
export { summarize, summaryLines, type WriteSummary } from './summary.js';
export { addRowChanges, type Totals } from './totals.js';
export { boundTables, unknownForeignKeysLine } from './foreign-keys/index.js';
export { BatchWriter, type BatchFacts } from './batch-writer.js';
export type { Piece } from './change-buffer.js';
export {
  checkpointSource,
  parseCheckpoint,
  type StoredFilters,
  type WriterCheckpoint,
} from './checkpoint.js';
export { compareMoments, type Moment } from './covered.js';
export {
  dialectOfServer,
  parseStatement,
  SqlSyntaxError,
  type SqlDialect,
  type Statement,
} from './ddl/index.js';
export { columnsNotAliases, scanColumns, selectList } from './current-rows.js';
export { keyLiteral } from './key-literal.js';
export { EngineTables } from './engine-tables.js';
export { gatherColumn } from './gather-column.js';
export { GtidSet } from './gtid-set.js';
export { defaultLimits } from './limits.js';
export { leaveOutHint, resyncCommand } from './resync-hint.js';
export { quoteForShell } from './shell-word.js';
export type { KnownTable, SchemaHistory } from './schema-history.js';
export { historyPieces, loadHistory, loadStoredHistory } from './schema-store.js';
export { commandsForSource, listSources, nameSource } from './named-source.js';
export { checkOwners, tablesOfOthers } from './table-owners.js';
export { tableOfDefinition } from './table-definition.js';
export { hasReached } from './until-place.js';
export { makeTableFilter, type TableFilter, type TableFilterOptions } from './table-filter.js';
export { dropSideTables, sideTable, swapTables } from './table-swap.js';
export { findStart } from './start-point.js';
export { checkFilters, storedFilters, type NameOptions } from './filter-change.js';
export { sessionOfDump } from './statement-session.js';
export { copyWarnings, readCopyState, type CopyState } from './copy-state.js';

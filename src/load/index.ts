export type { ServerLoadOptions } from './live/load-options.js';
export { loadServer } from './live/load-server.js';
export { loadDump, type LoadOptions, type LoadResult } from './load-dump.js';
export { loadLines, summarizeLoad } from './load-summary.js';
export { eventsBetween, isBefore } from './live/log-events.js';
export {
  describeTableError,
  listSourceTables,
  readDefinition,
  TablesChanged,
  type TableList,
} from './live/source-tables.js';
export { partColumn, quoteSourceName, quoteSourceTable, selectRows } from './live/table-parts.js';
export { TextRows } from './live/text-rows.js';

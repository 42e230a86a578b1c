export { describeBeginning, type BeginningOption } from './beginning.js';
export type { Beginning } from './checkpoint.js';
export { parseBaseline, parsePosition, parseUntil, type Until } from './log-reader.js';
export type { BatchLimits } from './limits.js';
export { replay, type ReplayOptions, type ReplayResult } from './replay.js';
export type { SchemaDump } from './schema-dump.js';
export { summarize, summaryLines, type WriteSummary } from './summary.js';
export type { Totals } from './totals.js';
export { readUnknownForeignKeys, unknownForeignKeysLine } from './foreign-keys/index.js';

export type { ServerLoadOptions } from './live/load-options.js';
export { loadServer } from './live/load-server.js';
export { loadDump, type LoadOptions, type LoadResult } from './load-dump.js';
export { loadLines, summarizeLoad } from './load-summary.js';

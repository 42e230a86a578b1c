export { loadDump, type LoadOptions, type LoadResult } from './load-dump.js';
export { loadLines, summarizeLoad } from './load-summary.js';

export { addressText, isServerUrl, parseServerUrl, type AddressDefaults } from './address.js';
export { openLiveSource, type LiveOptions } from './live-source.js';
export type { LoadSession } from './load-session.js';
export type { Snapshot } from './open-snapshot.js';
export { readOptionFile, readPasswordFile } from './option-file.js';
export type { RowBytes, RowTaker, TextRow } from './result-parser.js';
export { openTableServer, type TableServer } from './table-server.js';

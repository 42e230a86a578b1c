export { parseLogName, type LogName } from './log-name.js';
export { openLogEnd, readServerEnd, type LogEndReader } from './log-end.js';
export { openDump } from './open-dump.js';
export { openSource, type FilesOptions, type OpenSourceOptions } from './open-source.js';
export { fileError } from './file-log.js';
export {
  addressText,
  isServerUrl,
  openTableServer,
  parseServerUrl,
  readOptionFile,
  readPasswordFile,
  type AddressDefaults,
  type LiveOptions,
  type LoadSession,
  type RowBytes,
  type RowTaker,
  type Snapshot,
  type TableServer,
} from './live/index.js';

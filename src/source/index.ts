export { parseLogName, type LogName } from './log-name.js';
export { openDump } from './open-dump.js';
export { openSource, type OpenSourceOptions } from './open-source.js';
export { fileError } from './file-log.js';
export {
  isServerUrl,
  readOptionFile,
  readPasswordFile,
  type AddressDefaults,
  type LiveOptions,
} from './live/index.js';

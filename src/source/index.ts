export { nextLogName, parseLogName, type LogName } from './log-name.js';
export { openSource, type OpenSourceOptions } from './open-source.js';
export { openPipeLog } from './pipe-log.js';
export { fileError } from './file-log.js';

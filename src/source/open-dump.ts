import type { Readable } from 'node:stream';
import type { LogInput } from '../protocol/index.js';
import { openFileLog } from './file-log.js';
import { openPipeLog } from './pipe-log.js';

/**
 * Gives a dump to read: a file, or `-` for a stream of any size, read once and forward.
 *
 * Errors: NOT_FOUND and DENIED for the file, INVALID_REQUEST for a folder.
 */
export async function openDump(
  path: string,
  stdin: Readable,
  signal: AbortSignal | undefined,
): Promise<LogInput> {
  return path === '-' ? openPipeLog(stdin, undefined, signal) : openFileLog(path);
}

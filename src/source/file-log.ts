import { open, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { FlashError, type LogInput } from '../protocol/index.js';

/** Large enough that events seldom lie in two chunks, small enough to be of no account in memory. */
export const chunkBytes = 1 << 20;

/**
 * Gives a binary log file as a log to read.
 *
 * Errors: NOT_FOUND for a missing file, DENIED for one that can't be read, INVALID_REQUEST for a
 * folder or device.
 */
export async function openFileLog(path: string): Promise<LogInput> {
  const info = await stat(path).catch((error: unknown) => {
    throw fileError(error, path);
  });
  if (!info.isFile()) {
    throw new FlashError('INVALID_REQUEST', `${path} is not a file`, {
      hint: 'Name binary log files, one folder that holds them, or - for stdin.',
      place: { file: path },
    });
  }
  return {
    name: basename(path),
    location: path,
    sizeBytes: info.size,
    canRewind: true,
    chunks: (offset) => readChunks(path, offset),
  };
}

async function* readChunks(path: string, offset: number): AsyncGenerator<Uint8Array> {
  const file = await open(path).catch((error: unknown) => {
    throw fileError(error, path);
  });
  try {
    let at = offset;
    for (;;) {
      const chunk = Buffer.allocUnsafeSlow(chunkBytes);
      const { bytesRead } = await file.read(chunk, 0, chunkBytes, at);
      if (bytesRead === 0) return;
      at += bytesRead;
      yield chunk.subarray(0, bytesRead);
    }
  } catch (error) {
    throw fileError(error, path);
  } finally {
    await file.close();
  }
}

/** Maps what the file system says to the error that a user sees. */
export function fileError(error: unknown, path: string): unknown {
  if (error instanceof FlashError || !(error instanceof Error) || !('code' in error)) return error;
  const options = { place: { file: path }, cause: error };
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') {
    return new FlashError('NOT_FOUND', `No such file: ${path}`, {
      ...options,
      hint: 'Check the path; SHOW BINARY LOGS on the source lists the logs that it has.',
    });
  }
  return new FlashError('DENIED', `${path} can't be read: ${error.message}`, {
    ...options,
    hint: 'Binary logs belong to the server: read them as its user, or copy them.',
  });
}

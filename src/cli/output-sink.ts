import {
  access,
  constants,
  open,
  realpath,
  rename,
  rm,
  stat,
  type FileHandle,
} from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { FlashError, type ErrorCode } from '../protocol/index.js';

/** Where the bytes of a result go. */
export interface OutputSink {
  /** Resolves once the chunk is out and its memory may be used again. */
  write(chunk: Uint8Array | string): Promise<void>;
  /** Makes what was written final. */
  finish(): Promise<void>;
  /** Drops what was written, as far as that can be; does nothing after `finish`. */
  discard(): Promise<void>;
}

/** Writes to a stream such as stdout, as fast as its reader takes it. Rejects with EPIPE when it leaves. */
export function openStreamSink(stream: NodeJS.WritableStream): OutputSink {
  return {
    write: (chunk) =>
      new Promise((resolve, reject) => {
        stream.write(chunk, (error) => {
          if (error) reject(error);
          else resolve();
        });
      }),
    finish: () => Promise.resolve(),
    discard: () => Promise.resolve(),
  };
}

/**
 * Writes to a file that appears under its name whole and durable, or not at all: into a temporary
 * file beside it, which is synced and renamed. A file that is there is replaced where it may be written, and
 * keeps its mode; a link, the file that it leads to. A device or pipe of that name is written directly.
 *
 * Errors: DENIED, NOT_FOUND, DISK_FULL.
 */
export async function openFileSink(path: string): Promise<OutputSink> {
  try {
    const found = await findFile(path);
    if (found?.isFile === false) return directSink(path, await open(path, 'w'));
    const target = found?.path ?? path;
    const temporary = join(dirname(target), `.${basename(target)}.${process.pid}.tmp`);
    const file = await open(temporary, 'wx', found?.mode);
    // The umask has taken some of it.
    if (found !== undefined) await file.chmod(found.mode);
    return renamingSink(target, temporary, file);
  } catch (error) {
    throw outputError(path, error);
  }
}

function directSink(path: string, file: FileHandle): OutputSink {
  return {
    write: (chunk) => writeAll(path, file, chunk),
    finish: () => file.close(),
    discard: () => file.close(),
  };
}

function renamingSink(path: string, temporary: string, file: FileHandle): OutputSink {
  let isDone = false;
  return {
    write: (chunk) => writeAll(path, file, chunk),
    async finish(): Promise<void> {
      try {
        await file.sync();
        await file.close();
        await rename(temporary, path);
        isDone = true;
        await syncFolder(dirname(path));
      } catch (error) {
        throw outputError(path, error);
      }
    },
    async discard(): Promise<void> {
      if (isDone) return;
      isDone = true;
      await file.close();
      await rm(temporary, { force: true });
    },
  };
}

async function writeAll(path: string, file: FileHandle, chunk: Uint8Array | string): Promise<void> {
  try {
    await file.appendFile(chunk);
  } catch (error) {
    throw outputError(path, error);
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

interface FoundFile {
  /** Without links. */
  path: string;
  /** Permission bits. */
  mode: number;
  isFile: boolean;
}

/** What is under a name; undefined for nothing. Errors: INVALID_REQUEST for a folder; those of the system. */
async function findFile(path: string): Promise<FoundFile | undefined> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) {
      throw new FlashError('INVALID_REQUEST', `${path} is a folder`, {
        hint: 'Give --output the name of a file.',
        place: { file: path },
      });
    }
    await access(path, constants.W_OK);
    return { path: await realpath(path), mode: found.mode & 0o7777, isFile: found.isFile() };
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

const outputErrors: Readonly<Record<string, { code: ErrorCode; hint: string }>> = {
  EACCES: { code: 'DENIED', hint: 'Choose a folder that you may write to.' },
  EPERM: { code: 'DENIED', hint: 'Choose a folder that you may write to.' },
  EROFS: { code: 'DENIED', hint: 'The disk is mounted read-only: choose another one.' },
  ENOENT: { code: 'NOT_FOUND', hint: 'Make the folder first.' },
  ENOTDIR: { code: 'NOT_FOUND', hint: 'A part of the path is no folder.' },
  ENOSPC: { code: 'DISK_FULL', hint: 'Free space, then run the command again.' },
  EPIPE: {
    code: 'CANCELLED',
    hint: 'Its reader has left before the end: start one that reads all.',
  },
  EFBIG: {
    code: 'DISK_FULL',
    hint: 'The file may not be larger here: look at ulimit -f, and at what the file system takes.',
  },
  EDQUOT: { code: 'DISK_FULL', hint: 'Your quota is used up: free space, then run again.' },
};

/** What is known of an error of the system in writing to `path`; others are given back as they are. */
export function outputError(path: string, error: unknown): unknown {
  const known = outputErrors[errorCode(error) ?? ''];
  if (known === undefined || !(error instanceof Error)) return error;
  return new FlashError(known.code, `Can't write ${path}: ${error.message}`, {
    hint: known.hint,
    place: { file: path },
    cause: error,
  });
}

function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { FlashError, type LogInput, type Source } from '../protocol/index.js';
import { fileError, openFileLog } from './file-log.js';
import { findLogs } from './folder.js';
import { followFolder } from './followed-folder.js';
import { isServerUrl, openLiveSource, type LiveOptions } from './live/index.js';
import { nextLogName, parseLogName } from './log-name.js';
import { openPipeLog } from './pipe-log.js';

export interface OpenSourceOptions {
  /** Read for `-`. Default: the process's. */
  stdin?: Readable;
  /** Base name of the log that comes through stdin, where the user told it. */
  stdinName?: string;
  /** Ends the reading of stdin, and of a server. */
  signal?: AbortSignal;
  /** How a server is read, where a URL names one. Without it, up to where its logs end now. */
  live?: Omit<LiveOptions, 'signal'>;
  /** How far files and folders are read. Without it, up to where they end when they are read. */
  files?: FilesOptions;
}

export interface FilesOptions {
  /** Wait for what comes: of one folder only. */
  follow: boolean;
  /** End where the last log ends now, if that is inside an event before it. */
  untilNow: boolean;
  /** Called with lines for people. */
  onNote?: (line: string) => void;
}

/**
 * Opens what `--binlog` names: files in the server's order, one folder of them, `-` for stdin, or the URL
 * of a running server.
 *
 * Owns: the caller closes it, where it can be closed.
 * Errors: NOT_FOUND, DENIED for paths; INVALID_REQUEST for a mix, an unknown kind or a wrong order;
 * SOURCE_MISMATCH where a log is missing between two of them; those of a server.
 */
export async function openSource(
  specs: readonly string[],
  options: OpenSourceOptions = {},
): Promise<Source> {
  const location = specs.join(' ');
  const { stdin = process.stdin, files = { follow: false, untilNow: false } } = options;
  if (specs.includes('-')) {
    if (specs.length > 1)
      throw usageError('- (stdin) stands for one log, and takes no other beside it');
    if (files.follow) throw followError('stdin');
    return { location, logs: [openPipeLog(stdin, options.stdinName, options.signal)] };
  }
  const { live = { follow: false }, signal } = options;
  if (specs.some(isServerUrl)) {
    if (specs.length > 1) throw usageError('the URL of a server takes no other beside it');
    return openLiveSource(specs[0] ?? '', { ...live, ...(signal === undefined ? {} : { signal }) });
  }
  const url = specs.find((spec) => /^[a-z][a-z0-9+]*:\/\//i.test(spec));
  if (url !== undefined) {
    throw usageError(`${url.replace(/:\/\/.*/s, '://…')} is not a source that this build can read`);
  }
  const paths = await expandFolders(specs);
  const logs: LogInput[] = [];
  for (const path of paths) logs.push(await openFileLog(path));
  checkSequence(logs);
  if (!files.follow) return { location, logs: files.untilNow ? endNow(logs) : logs };
  const [folder, ...others] = specs;
  if (folder === undefined || others.length > 0 || paths[0] === folder) throw followError(location);
  files.onNote?.(`${folder}: ${logs.length} logs, followed until SIGTERM or Ctrl-C.`);
  return followFolder(folder, logs, { signal, onNote: files.onNote });
}

/** The last log is read up to its size of now. */
function endNow(logs: readonly LogInput[]): LogInput[] {
  const last = logs.at(-1);
  const { sizeBytes } = last ?? {};
  if (last === undefined || sizeBytes === undefined) return [...logs];
  const chunks = async function* (offset: number): AsyncGenerator<Uint8Array> {
    let left = sizeBytes - offset;
    for await (const chunk of last.chunks(offset)) {
      if (left > 0) yield chunk.subarray(0, left);
      left -= chunk.length;
      if (left <= 0) return;
    }
  };
  return [...logs.slice(0, -1), { ...last, isGrowing: true, chunks }];
}

function followError(location: string): FlashError {
  return new FlashError('INVALID_REQUEST', `${location} can't be followed: it is not one folder`, {
    hint: 'Give --follow with --binlog DIR, the folder of the logs, or with mysql://user@host/. A pipe is read until its writer ends.',
  });
}

async function expandFolders(specs: readonly string[]): Promise<string[]> {
  const paths: string[] = [];
  for (const spec of specs) {
    const info = await stat(spec).catch((error: unknown) => {
      throw fileError(error, spec);
    });
    paths.push(...(info.isDirectory() ? await findLogs(spec) : [spec]));
  }
  return paths;
}

/** Where names carry numbers, each must follow the one before it. */
function checkSequence(logs: readonly LogInput[]): void {
  logs.forEach((log, index) => {
    const before = logs[index - 1];
    const here = parseLogName(log.name ?? '');
    const previous = parseLogName(before?.name ?? '');
    if (before === undefined || here === undefined || previous === undefined) return;
    if (here.base === previous.base && here.number <= previous.number) {
      throw usageError(
        `${log.location} is given behind ${before.location}, and was written before it`,
      );
    }
    const expected = nextLogName(previous);
    if (log.name === expected) return;
    throw new FlashError(
      'SOURCE_MISMATCH',
      `${expected} is missing: ${before.location} is followed by ${log.location}`,
      {
        hint: 'Give every log, in order; without the missing one its changes would be lost.',
        place: { file: log.location },
      },
    );
  });
}

function usageError(message: string): FlashError {
  return new FlashError('INVALID_REQUEST', message, {
    hint: 'Name binary log files in order, one folder that holds them, - for stdin, or mysql://user@host/.',
  });
}

import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { FlashError } from '../protocol/index.js';
import { fileError } from './file-log.js';
import { parseLogName } from './log-name.js';

/** A server adds and removes logs and lines of its index one after the other. */
const tries = { max: 3, pauseMs: 100 };

/**
 * Finds the binary logs of a folder: those that its index file names, in its order; without an
 * index file, those with a number after the last dot, in order of the numbers.
 *
 * Errors: NOT_FOUND for a folder without logs or with a log of the index missing; INVALID_REQUEST
 * where logs of several servers lie in it.
 */
export async function findLogs(folder: string): Promise<string[]> {
  for (let count = 1; ; count += 1) {
    try {
      return await listLogs(folder);
    } catch (error) {
      const mayPass = error instanceof FlashError && error.code === 'NOT_FOUND';
      if (!mayPass || count === tries.max) throw error;
      await delay(tries.pauseMs);
    }
  }
}

async function listLogs(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    throw fileError(error, folder);
  });
  const listed = await readIndex(folder, names);
  if (listed !== undefined) return listed;
  const logs = names
    .map((name) => ({ name, parts: parseLogName(name) }))
    .filter((log) => log.parts !== undefined && !log.parts.base.includes('relay'))
    .sort((a, b) => (a.parts?.number ?? 0) - (b.parts?.number ?? 0));
  if (logs.length === 0) {
    throw new FlashError('NOT_FOUND', `No binary logs in ${folder}`, {
      hint: 'Logs have names as binlog.000001. SHOW VARIABLES LIKE "log_bin_basename" says where a server keeps them.',
      place: { file: folder },
    });
  }
  const bases = [...new Set(logs.map((log) => log.parts?.base ?? ''))];
  if (bases.length > 1) {
    throw new FlashError(
      'INVALID_REQUEST',
      `${folder} holds logs of several names: ${bases.join(', ')}`,
      {
        hint: severalNamesHint(folder, bases),
        place: { file: folder },
      },
    );
  }
  return logs.map((log) => join(folder, log.name));
}

function severalNamesHint(folder: string, bases: readonly string[]): string {
  // `binlog.000066.20260101`: the server's name with something after it.
  const suffixed = bases.find((base) => parseLogName(base) !== undefined);
  if (suffixed !== undefined) {
    return `Give the logs the names that their server gave them, as ${suffixed}: those say which one follows.`;
  }
  return `Name the files of one server: --binlog ${join(folder, bases[0] ?? '')}.*`;
}

/** The paths of an index file lie where the server runs: only their last parts count here. */
async function readIndex(folder: string, names: readonly string[]): Promise<string[] | undefined> {
  const indexes = names.filter((name) => name.endsWith('.index') && !name.includes('relay'));
  const [index] = indexes;
  if (index === undefined || indexes.length > 1) return undefined;
  const text = await readFile(join(folder, index), 'utf8').catch((error: unknown) => {
    throw fileError(error, join(folder, index));
  });
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const logs = lines.map((line) => basename(line.trim().replaceAll('\\', '/')));
  if (logs.length === 0) return undefined;
  const missing = logs.filter((log) => !names.includes(log));
  if (missing.length > 0) {
    throw new FlashError(
      'NOT_FOUND',
      `${join(folder, index)} names ${missing[0] ?? ''}, which is not in the folder`,
      {
        hint: 'Copy all logs that the index names, or remove the index file to take the files as they are.',
        place: { file: join(folder, index) },
      },
    );
  }
  return logs.map((log) => join(folder, log));
}

import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Position } from '../protocol/index.js';
import { findLogs } from './folder.js';
import {
  isServerUrl,
  openTableServer,
  type AddressDefaults,
  type TableServer,
} from './live/index.js';

/** Where the logs of a source end. */
export interface LogEnd {
  position: Position;
  /** Bytes of the logs after the place of a copy. */
  bytes: number;
  /** Size of the log that holds that place. */
  logBytes: number;
}

/** Tells where the logs of a source end, again and again. */
export interface LogEndReader {
  /** Undefined where the source has no log of the copy's place. Errors: those of the source. */
  read(copy: Position): Promise<LogEnd | undefined>;
  close(): void;
}

/**
 * Opens a server, or a folder of logs, to be asked where its logs end.
 *
 * Owns: the caller closes it.
 * Errors: as `openTableServer`.
 */
export async function openLogEnd(
  source: string,
  defaults: AddressDefaults,
  signal: AbortSignal,
): Promise<LogEndReader> {
  if (!isServerUrl(source)) {
    return { read: (copy) => readFolderEnd(source, copy), close: () => undefined };
  }
  const server = await openTableServer(source, { defaults, signal });
  return {
    read: (copy) => readServerEnd(server, copy),
    close: () => {
      server.close();
    },
  };
}

/** Where the log of a server ends, beside the place of a copy. Errors: those of the server. */
export async function readServerEnd(
  server: TableServer,
  copy: Position,
): Promise<LogEnd | undefined> {
  const position = await server.position();
  // The list makes the server look at each file.
  if (position.file === copy.file) {
    const { offset: logBytes } = position;
    return { position, bytes: Math.max(0, logBytes - copy.offset), logBytes };
  }
  const logs = await server.query('SHOW BINARY LOGS');
  const sizes = logs.map(([name = '', size]) => ({ name, bytes: Number(size) }));
  return logEnd(sizes, position, copy);
}

async function readFolderEnd(folder: string, copy: Position): Promise<LogEnd | undefined> {
  const sizes = await Promise.all(
    (await findLogs(folder)).map(async (path) => ({
      ...{ name: basename(path), bytes: (await stat(path)).size },
    })),
  );
  const last = sizes.at(-1);
  if (last === undefined) return undefined;
  return logEnd(sizes, { file: last.name, offset: last.bytes }, copy);
}

function logEnd(
  logs: readonly { name: string; bytes: number }[],
  position: Position,
  copy: Position,
): LogEnd | undefined {
  const first = logs.findIndex(({ name }) => name === copy.file);
  const last = logs.findIndex(({ name }) => name === position.file);
  if (first < 0 || last < first) return undefined;
  const whole = logs.slice(first, last).reduce((sum, { bytes }) => sum + bytes, 0);
  const logBytes = first === last ? position.offset : (logs[first]?.bytes ?? 0);
  return { position, bytes: Math.max(0, whole + position.offset - copy.offset), logBytes };
}

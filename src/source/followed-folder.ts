import { basename, join } from 'node:path';
import { FlashError, type LogInput, type Source } from '../protocol/index.js';
import { openFileLog } from './file-log.js';
import { nextLogName, parseLogName } from './log-name.js';
import { FileTail, type TailPorts } from './file-tail.js';

/** How a folder of logs is followed. */
export interface FollowFolderOptions {
  /** Ends the following. */
  signal?: AbortSignal | undefined;
  /** Called with lines for people. */
  onNote?: ((line: string) => void) | undefined;
}

const missingHint =
  'Put that log back into the folder, from a backup or by mysqlbinlog --raw --read-from-server. After a failover or an upgrade: theflash write --source-moved --binlog …, proven by GTIDs. ' +
  'Else bring the database in anew, with --dump in another engine folder.';

/**
 * Follows a folder of logs that grow: as a server writes them, or `mysqlbinlog --raw --stop-never` fetches them.
 *
 * Owns: the caller closes it, which ends all reading.
 * Errors: INVALID_REQUEST where the logs have no numbers that say which one follows.
 */
export function followFolder(
  folder: string,
  logs: readonly LogInput[],
  options: FollowFolderOptions,
): Source {
  const unnumbered = logs.find(({ name }) => parseLogName(name ?? '') === undefined);
  if (unnumbered !== undefined) {
    throw new FlashError(
      'INVALID_REQUEST',
      `${unnumbered.location} does not say which log follows it`,
      {
        hint: 'Give the logs the names that their server gave them, as binlog.000001.',
        place: { file: folder },
      },
    );
  }
  return new FollowedFolder(folder, logs, options);
}

class FollowedFolder implements Source {
  readonly location: string;
  readonly logs: LogInput[];
  readonly missingHint = missingHint;
  /** The log after the named one, which may not be there yet: its reader waits for it. */
  readonly next = (name: string): LogInput | undefined => {
    if (this.#ports.signal.aborted) return undefined;
    const index = this.logs.findIndex((log) => log.name === name);
    const known = this.logs[index + 1];
    if (index < 0 || known !== undefined) return known;
    const coming = this.#followed(comingLog(join(this.#ports.folder, nameAfter(name))));
    this.logs.push(coming);
    return coming;
  };
  readonly #ports: TailPorts;
  readonly #closing = new AbortController();

  constructor(folder: string, logs: readonly LogInput[], { signal, onNote }: FollowFolderOptions) {
    this.location = folder;
    const signals = signal === undefined ? [] : [signal];
    this.#ports = {
      folder,
      signal: AbortSignal.any([this.#closing.signal, ...signals]),
      onNote: onNote ?? (() => undefined),
    };
    this.logs = logs.map((log) => this.#followed(log));
  }

  close(): void {
    this.#closing.abort();
  }

  #followed(log: LogInput): LogInput {
    const { sizeBytes: foundBytes, ...rest } = log;
    const names = { name: log.name ?? '', next: nameAfter(log.name ?? '') };
    const read = { toBytes: 0 };
    const ports = this.#ports;
    return {
      ...rest,
      get sizeBytes() {
        return foundBytes === undefined ? undefined : Math.max(foundBytes, read.toBytes);
      },
      async *follow(offset, wholeUpTo = () => 0) {
        let at = offset;
        for await (const chunk of new FileTail(ports, names, offset, wholeUpTo).read()) {
          at += chunk.length;
          read.toBytes = Math.max(read.toBytes, at);
          yield chunk;
        }
      },
    };
  }
}

function nameAfter(name: string): string {
  const parts = parseLogName(name);
  if (parts === undefined) throw new FlashError('INTERNAL', `${name} has no number`);
  return nextLogName(parts);
}

/** A log that is not there yet. */
function comingLog(path: string): LogInput {
  return {
    name: basename(path),
    location: path,
    sizeBytes: undefined,
    canRewind: true,
    async *chunks(offset) {
      yield* (await openFileLog(path)).chunks(offset);
    },
  };
}

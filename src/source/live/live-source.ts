import type { LogInput, Source } from '../../protocol/index.js';
import { addressText, parseServerUrl, urlText, type AddressDefaults } from './address.js';
import { logIn } from './connection.js';
import { describeFailure, purgedHint } from './failure.js';
import { LogFollower, type FollowedLog, type LogReading, type NextLog } from './follow-log.js';
import { examineSource } from './preflight.js';

export interface LiveOptions {
  /** What an option file, the environment and flags say; the URL wins. */
  defaults?: AddressDefaults;
  /** Wait for what the server writes next; else reading ends where its logs ended at the start. */
  follow: boolean;
  serverId?: number;
  signal?: AbortSignal;
  /** Called with lines for people. */
  onNote?: (line: string) => void;
  /** Called with false when the connection is lost, and with true when it is back. */
  onLink?: (isUp: boolean) => void;
}

/**
 * Opens a running MySQL or MariaDB as a source: its logs are read over the network, and give the bytes
 * of their files.
 *
 * Owns: the caller closes it.
 * Errors: INVALID_REQUEST for the URL; CONNECTION; AUTH; UNSUPPORTED with one list of what is wrong.
 */
export async function openLiveSource(url: string, options: LiveOptions): Promise<Source> {
  const address = parseServerUrl(url, options.defaults);
  const location = addressText(address);
  const { signal, onNote = () => undefined, onLink = () => undefined } = options;
  try {
    const connection = await logIn(address);
    try {
      const facts = await examineSource(connection, address, options.serverId);
      const { isMariadb, serverId, logs, version, notes } = facts;
      const who = options.follow ? `, as server id ${serverId}` : '';
      onNote(`${location}: ${isMariadb ? 'MariaDB' : 'MySQL'} ${version}${who}.`);
      for (const note of notes) onNote(note);
      const reading = { address, isMariadb, reconnects: options.follow, signal, onNote, onLink };
      return new LiveSource(location, { ...reading, serverId: undefined }, serverId, logs);
    } finally {
      connection.close();
    }
  } catch (error) {
    throw describeFailure(error, location).error;
  }
}

/** A log of a live source, as far as it is known. */
interface KnownLog extends FollowedLog {
  sizeBytes: number;
}

class LiveSource implements Source {
  readonly location: string;
  readonly logs: LogInput[];
  readonly missingHint = purgedHint;
  readonly serverUrl: string;
  readonly next: Source['next'];
  readonly #reading: LogReading;
  readonly #serverId: number;
  /** A connection that has come to the start of a log which is not read yet, and its reader's id. */
  #next: (NextLog & { serverId: number | undefined }) | undefined;

  constructor(
    location: string,
    reading: LogReading,
    serverId: number,
    logs: readonly Omit<KnownLog, 'description'>[],
  ) {
    this.location = location;
    this.serverUrl = urlText(reading.address);
    this.#reading = reading;
    this.#serverId = serverId;
    this.logs = logs.map((log) => this.#input({ ...log, description: {} }));
    this.next = reading.reconnects
      ? (name) => this.logs[this.logs.findIndex((log) => log.name === name) + 1]
      : undefined;
  }

  close(): void {
    this.#next?.stream.close();
    this.#next = undefined;
  }

  #input(log: KnownLog): LogInput {
    const { name } = log;
    const follow = (offset: number): AsyncIterable<Uint8Array> =>
      this.#read(log, offset, Infinity, this.#serverId);
    return {
      name,
      location: `${name} of ${this.location}`,
      get sizeBytes() {
        return log.sizeBytes;
      },
      canRewind: true,
      startsAtEvents: true,
      // Others of these logs may be read meanwhile, which must not be taken for this reader.
      chunks: (offset) => this.#read(log, offset, this.#endOf(log), undefined),
      ...(this.#reading.reconnects ? { follow } : {}),
    };
  }

  /** The server itself says where a log ends, but for the last one, which grows. */
  #endOf({ name, sizeBytes }: KnownLog): number {
    return this.logs.at(-1)?.name === name ? sizeBytes : Infinity;
  }

  async *#read(
    log: KnownLog,
    offset: number,
    endOffset: number,
    serverId: number | undefined,
  ): AsyncGenerator<Uint8Array> {
    const reading = { ...this.#reading, serverId };
    const follower = new LogFollower(reading, log, offset, this.#takeStream(log, offset, serverId));
    let at = offset;
    const bytes = follower.read(offset, endOffset);
    try {
      for (;;) {
        const step = await bytes.next();
        if (step.done === true) {
          if (step.value !== undefined) this.#goOnTo({ ...step.value, serverId });
          return;
        }
        at += step.value.length;
        log.sizeBytes = Math.max(log.sizeBytes, at);
        yield step.value;
      }
    } finally {
      await bytes.return(undefined);
    }
  }

  #takeStream(
    { name }: KnownLog,
    offset: number,
    serverId: number | undefined,
  ): NextLog['stream'] | undefined {
    const next = this.#next;
    if (next?.file !== name || offset !== 0 || next.serverId !== serverId) return undefined;
    this.#next = undefined;
    return next.stream;
  }

  #goOnTo(next: NextLog & { serverId: number | undefined }): void {
    this.#next?.stream.close();
    this.#next = next;
    if (this.logs.some(({ name }) => name === next.file)) return;
    this.logs.push(this.#input({ name: next.file, sizeBytes: 0, description: {} }));
  }
}

import { open, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { FlashError } from '../protocol/index.js';
import { chunkBytes, fileError } from './file-log.js';
import { findLogs } from './folder.js';
import { isSameStart } from './same-start.js';

/** How often a log that has no more is looked at. */
const pollMs = 50;
/** How often the whole folder is. */
const listMs = 1_000;
/**
 * How long a folder may be found in disorder before that is told: an index is written anew in place,
 * and a copied log comes under a name of its own first.
 */
const graceMs = 2_000;
/** After how long people are told that a log is waited for. */
const noteMs = 2_000;

/** What holds for all logs of a followed folder. */
export interface TailPorts {
  folder: string;
  signal: AbortSignal;
  /** Called with a line for people. */
  onNote: (line: string) => void;
}

/** What is wrong with the log or its folder, as far as it stays so. */
type Trouble = FlashError | undefined;

/**
 * Reads one log of a folder while its server, or a copying program, still writes it.
 *
 * Guarantee: gives the bytes of the file, once each and in order. It ends where the next log is there and
 * this one has no more, or when the signal comes.
 */
export class FileTail {
  readonly #ports: TailPorts;
  readonly #name: string;
  readonly #nextName: string;
  readonly #path: string;
  #file: FileHandle | undefined;
  #at: number;
  /** Up to where no event may be taken back. */
  readonly #wholeUpTo: () => number;
  /** Where the file was cut to, as a server does to its log after a crash. */
  #cutTo: number | undefined;
  #listedMs = 0;
  #trouble: { error: FlashError; sinceMs: number } | undefined;

  constructor(
    ports: TailPorts,
    names: { name: string; next: string },
    offset: number,
    wholeUpTo: () => number,
  ) {
    this.#ports = ports;
    this.#name = names.name;
    this.#nextName = names.next;
    this.#path = join(ports.folder, names.name);
    this.#at = offset;
    this.#wholeUpTo = wholeUpTo;
  }

  /**
   * Gives the log from the offset on, as it comes.
   *
   * Errors: SOURCE_MISMATCH where the log was cut, or is another one now, or a log of the folder is missing;
   * NOT_FOUND where it is gone; DENIED.
   */
  async *read(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      this.#file = await this.#openOnceThere();
      while (!this.#isEnded) {
        const chunk = await this.#readChunk();
        if (chunk !== undefined) {
          this.#trouble = undefined;
          yield chunk;
          continue;
        }
        const hasNext = await isThere(join(this.#ports.folder, this.#nextName));
        const trouble = (await this.#checkFile(hasNext)) ?? (await this.#checkFolder(hasNext));
        this.#tell(trouble);
        // What was written between the last look and the start of the next log comes first.
        if (trouble === undefined && hasNext && !(await this.#hasMore())) return;
        if (!hasNext || trouble !== undefined) await this.#pause();
      }
    } catch (error) {
      throw fileError(error, this.#path);
    } finally {
      await this.#file?.close();
    }
  }

  get #isEnded(): boolean {
    return this.#ports.signal.aborted;
  }

  /** A log that comes next may not be there yet. */
  async #openOnceThere(): Promise<FileHandle | undefined> {
    let noteAtMs = Date.now() + noteMs;
    while (!this.#isEnded) {
      if (await isThere(this.#path)) return open(this.#path);
      this.#tell(await this.#checkFolder(false));
      if (Date.now() >= noteAtMs) {
        this.#ports.onNote(`${this.#path} is not there yet: waiting for it.`);
        noteAtMs = Infinity;
      }
      await this.#pause();
    }
    return undefined;
  }

  async #readChunk(): Promise<Uint8Array | undefined> {
    // Bytes after a cut stand where others were read.
    if (this.#file === undefined || this.#cutTo !== undefined) return undefined;
    const chunk = Buffer.allocUnsafeSlow(chunkBytes);
    const { bytesRead } = await this.#file.read(chunk, 0, chunkBytes, this.#at);
    if (bytesRead === 0) return undefined;
    this.#at += bytesRead;
    return chunk.subarray(0, bytesRead);
  }

  async #hasMore(): Promise<boolean> {
    if (this.#file === undefined || this.#cutTo !== undefined) return false;
    return (await this.#file.stat()).size > this.#at;
  }

  /** Looks whether the log is still the one that was read, and as long. */
  async #checkFile(hasNext: boolean): Promise<Trouble> {
    const file = this.#file;
    if (file === undefined) return undefined;
    const info = await stat(this.#path).catch(() => undefined);
    // One that was purged when the next had begun has been read to its end.
    if (info === undefined) return hasNext ? undefined : this.#goneError();
    const held = await file.stat();
    if (info.ino !== held.ino || info.dev !== held.dev) return this.#changeFile(file);
    if (this.#cutTo !== undefined) {
      return info.size > this.#cutTo ? this.#cutError(this.#cutTo) : undefined;
    }
    if (info.size >= this.#at) return undefined;
    if (info.size < this.#wholeUpTo()) return this.#cutError(info.size);
    this.#cutTo = info.size;
    return undefined;
  }

  /** Programs that copy put a new file in the place of the old one: the same log, and longer. */
  async #changeFile(file: FileHandle): Promise<Trouble> {
    const other = await open(this.#path).catch((error: unknown) => {
      if (isMissing(error)) return undefined;
      throw error;
    });
    if (other === undefined) return this.#goneError();
    if (await isSameStart(file, other, this.#at)) {
      this.#file = other;
      await file.close();
      return undefined;
    }
    await other.close();
    return this.#error(
      'SOURCE_MISMATCH',
      `${this.#path} is another file now than the one that was read up to offset ${this.#at}: the source has begun its logs anew, or another log was put in its place`,
      'Put the log back that the copy has read, and run it again. After a failover or RESET: theflash write --source-moved --binlog …, proven by GTIDs. Else bring the database in anew, with --dump in another engine folder.',
    );
  }

  /** Looks now and then whether the next log can still come. */
  async #checkFolder(hasNext: boolean): Promise<Trouble> {
    if (hasNext) return undefined;
    const nowMs = Date.now();
    if (this.#trouble === undefined && nowMs - this.#listedMs < listMs) return undefined;
    this.#listedMs = nowMs;
    try {
      const names = await findLogs(this.#ports.folder);
      return names.some((path) => isAfter(path, this.#path)) ? this.#missingError() : undefined;
    } catch (error) {
      if (error instanceof FlashError) return error;
      throw error;
    }
  }

  /** Errors: what is wrong, once it has been so for long enough. */
  #tell(error: Trouble): void {
    if (error === undefined) {
      this.#trouble = undefined;
      return;
    }
    const sinceMs = this.#trouble?.sinceMs ?? Date.now();
    this.#trouble = { error, sinceMs };
    if (Date.now() - sinceMs >= graceMs) throw error;
  }

  async #pause(): Promise<void> {
    await delay(pollMs, undefined, { signal: this.#ports.signal }).catch(() => undefined);
  }

  #goneError(): FlashError {
    return this.#error(
      'NOT_FOUND',
      `${this.#path} is gone, read up to offset ${this.#at}, and ${this.#nextName} is not there`,
      `Put it back, or the logs after it, and run it again: the copy goes on there. ${anewHint}`,
    );
  }

  #missingError(): FlashError {
    return this.#error(
      'SOURCE_MISMATCH',
      `${this.#nextName} is missing: ${this.#path} was read up to offset ${this.#at}, and later logs are there`,
      `Put it back from a backup, or fetch it from the source by mysqlbinlog --raw --read-from-server, and run it again. ${anewHint}`,
    );
  }

  #cutError(sizeBytes: number): FlashError {
    return this.#error(
      'SOURCE_MISMATCH',
      `${this.#path} was cut to ${sizeBytes} bytes, and was read up to offset ${this.#at}`,
      `Where it is fetched anew, as mysqlbinlog --raw does when it is started again, run this again once it is as long as before: the copy goes on at its place. A source that has lost the end of its log in a crash (sync_binlog is not 1) may lack what the copy holds. ${anewHint}`,
    );
  }

  #error(code: 'NOT_FOUND' | 'SOURCE_MISMATCH', message: string, hint: string): FlashError {
    return new FlashError(code, message, {
      hint: `All before it is applied. ${hint}`,
      place: { file: this.#name, offset: this.#at },
    });
  }
}

const anewHint =
  'If that can’t be, bring the database in anew, with --dump in another engine folder.';

function isAfter(path: string, other: string): boolean {
  return path.length === other.length ? path > other : path.length > other.length;
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

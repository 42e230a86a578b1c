import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { EventFramer, type RawEvent } from '../binlog/index.js';
import type { LogBytes } from './log-bytes.js';
import { FlashError, type LogInput, type Position } from '../protocol/index.js';

/**
 * What a log begins with: its FORMAT_DESCRIPTION and the events after it, up to the first one that no other log of its
 * server can have at that place.
 */
export interface LogOpening {
  /** Where the last of these events ends. */
  offset: number;
  /** SHA-256 of the events, each with the hash of those before it; in hex, its first half. */
  hash: string;
  /** The last of these events tells the log from all others. Without it, too little of the log was read. */
  tells?: true;
}

/**
 * What tells a log from another one of the same name: its first event, and the bytes before the place
 * up to which it was read.
 */
export interface LogMark {
  file: string;
  /** Up to where it was read. */
  offset: number;
  /** Its FORMAT_DESCRIPTION: when it was opened, by which server. */
  header: string;
  /**
   * How many bytes before `offset` `tailHash` is of: SHA-256 in hex, its first half. A CRC32 would not
   * tell: over bytes that end in their own CRC32, as events do, it is always the same.
   */
  tailBytes: number;
  tailHash: string;
  /**
   * The event that ends at `offset`: where it begins, and the hash of it, or of its last 4 KiB. Of a
   * server, bytes can be had from the start of an event only. Missing in marks of earlier versions.
   */
  event?: { offset: number; hash: string };
  /** When it was closed, by the ROTATE that names the next one; seconds since 1970, UTC. */
  closedSeconds?: number;
  /** What tells it under any name, as far as it was read. Missing in marks of earlier versions, and of relay logs. */
  opening?: LogOpening;
}

/** Holds the last transactions of a log, unless they are large. */
export const tailBytesMax = 4096;

/** The magic and the header of the first event, which a server changes when it closes the log. */
const changingBytes = 4 + 19;

/** `created` in FORMAT_DESCRIPTION: a server sends 0 there where a client begins inside the log. */
const createdStart = 52;
const createdEnd = 56;

/**
 * When the server was started that wrote a FORMAT_DESCRIPTION, in seconds since 1970; 0 of all logs but the first that
 * it wrote since.
 */
export function createdSeconds({ body }: RawEvent): number {
  return new DataView(body.buffer, body.byteOffset).getUint32(createdStart, true);
}

/** Gives the mark of a FORMAT_DESCRIPTION event. */
export function headerMark({ header, body }: RawEvent): string {
  const sum = crc32(body.subarray(createdEnd), crc32(body.subarray(0, createdStart)));
  return `${header.timeSeconds}-${sum.toString(16).padStart(8, '0')}`;
}

/** The size and the hash of the bytes before a place, as far as they are kept, and of the event there. */
export function tailOf(
  bytes: LogBytes,
  { offset, endOffset }: { offset: number; endOffset: number },
): Pick<LogMark, 'tailBytes' | 'tailHash' | 'event'> {
  const tail = bytes.slice(Math.max(changingBytes, endOffset - tailBytesMax), endOffset);
  const size = Math.min(endOffset - offset, tailBytesMax);
  const hasEvent = tail.length >= size;
  return {
    tailBytes: tail.length,
    tailHash: hashOf(tail),
    ...(hasEvent ? { event: { offset, hash: hashOf(tail.subarray(-size)) } } : {}),
  };
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 32);
}

/**
 * Holds a log against what the copy has seen of it: its first event, and the bytes before the place up
 * to which it was read.
 *
 * Errors: SOURCE_MISMATCH where they differ: the log was written anew under an old name.
 */
export async function checkLog(input: LogInput, mark: LogMark): Promise<void> {
  if (mark.header !== '') checkHeader(input.location, mark, await readHeader(input, mark.file));
  const { offset, tailBytes, event } = mark;
  if (input.startsAtEvents === true) {
    if (event === undefined) return;
    const found = await readBytes(input, event.offset, offset - event.offset);
    if (
      event.offset + found.length === offset &&
      hashOf(found.subarray(-tailBytesMax)) === event.hash
    )
      return;
    throw otherLogError(input.location, mark, 'other bytes');
  }
  checkTail(input.location, mark, await readBytes(input, offset - tailBytes, tailBytes));
}

/** Errors: SOURCE_MISMATCH where the bytes before the place up to which a log was read are others. */
export function checkTail(location: string, mark: LogMark, tail: Uint8Array): void {
  if (tail.length === mark.tailBytes && hashOf(tail) === mark.tailHash) return;
  throw otherLogError(location, mark, 'other bytes');
}

/** True where a log is the one that the copy has read. */
export async function isSameLog(input: LogInput, mark: LogMark): Promise<boolean> {
  try {
    await checkLog(input, mark);
    return true;
  } catch (error) {
    if (error instanceof FlashError && error.code === 'SOURCE_MISMATCH') return false;
    throw error;
  }
}

async function readHeader(input: LogInput, name: string): Promise<string> {
  const framer = new EventFramer(name);
  for await (const chunk of input.chunks(0)) {
    for (const raw of framer.push(chunk)) return headerMark(raw);
  }
  return '';
}

/** Errors: SOURCE_MISMATCH where a log's first event is not the one of the log that was read. */
export function checkHeader(location: string, mark: LogMark, header: string): void {
  if (header !== mark.header) throw otherLogError(location, mark, 'another header');
}

/** A log that is too short gives fewer bytes. */
async function readBytes(input: LogInput, offset: number, length: number): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let have = 0;
  for await (const chunk of input.chunks(offset)) {
    parts.push(chunk);
    have += chunk.length;
    if (have >= length) break;
  }
  return Buffer.concat(parts).subarray(0, length);
}

function otherLogError(location: string, { file, offset }: LogMark, what: string): FlashError {
  return new FlashError(
    'SOURCE_MISMATCH',
    `${location} has ${what} than the ${file} that the copy has read up to offset ${offset}: the source has begun its logs anew, or this is another source`,
    {
      hint: `${movedHint} Else bring the database in anew: mysqldump --single-transaction --source-data=2 --databases … > dump.sql; theflash write --dump dump.sql --engine NEW_FOLDER.`,
      place: { file: location, offset },
    },
  );
}

/** How to go on where logs have new names or come from another server. */
export const movedHint =
  'After a failover, an upgrade or a migration: theflash write --source-moved --binlog …, proven by GTIDs, or with --from FILE:OFFSET where you know that nothing is missing.';

/** `FILE:OFFSET`. */
export function positionText({ file, offset }: Position): string {
  return `${file}:${offset}`;
}

import { crc32 } from 'node:zlib';
import type { FlashError } from '../../protocol/index.js';
import { formatError, type EventPlace } from '../event-error.js';
import { eventTypes } from '../event-types.js';
import {
  carriesChecksum,
  decodeFormatDescription,
  inUseFlag,
  readServerVersion,
  relayLogFlag,
} from '../events/format-description.js';
import { eventSizeMaxBytes } from './event-size.js';
import { checkMagic, isLogStart, magicBytes } from './magic.js';
import { PendingBytes } from './pending-bytes.js';
import {
  checksumBytes,
  headerBytes,
  readEventSize,
  readHeader,
  readNextPosition,
  type RawEvent,
} from './raw-event.js';

export interface EventFramerOptions {
  /** Offset of the first event to give. The format description at the file's start is given all the same. */
  startOffset?: number;
  /** A CRC32 that is faster than zlib's, where there is one. */
  crc32?: Crc32;
}

type Crc32 = (bytes: Uint8Array) => number;

/** What `finish` found after the last whole event. */
export interface LogEnd {
  /** The log was not closed: its server is writing it now, or crashed. */
  inUse: boolean;
  /** Bytes of an event whose rest is not in the file; only a log in use may have them. */
  unfinishedBytes: number;
}

/**
 * Cuts one log file into events and checks them.
 *
 * Feed it with `push`, from the file's start, in chunks of any size; each must begin at
 * `nextOffset`, which jumps once when `startOffset` lies ahead. Then call `finish`.
 * Owns: an event's body is a view of the chunk when it lies inside one, else of memory that the
 * framer uses again: it is valid until the next event is asked for.
 * Errors: `BINLOG_FORMAT` for what is no binary log, is cut short, fails its CRC32, or has an event elsewhere than the
 * server says it is, so that bytes are missing or twice before it; `UNSUPPORTED` for encrypted logs. Memory is bounded by the bytes pushed for one event.
 */
export class EventFramer {
  readonly file: string;
  /** Offset in the file of the first byte that the next chunk must have. */
  nextOffset = 0;
  private readonly startOffset: number;
  private readonly crc32: Crc32;
  /** What is being collected, where it starts in the file, and its size as far as it is known. */
  private unit: 'magic' | 'header' | 'event' = 'magic';
  private unitOffset = 0;
  private wanted = magicBytes;
  private readonly pending = new PendingBytes();
  private checksum: 'none' | 'crc32' = 'none';
  private format: 'unseen' | 'in-use' | 'closed' = 'unseen';
  /** A replica's copy of events, which bear their places in the source's logs. */
  private isRelayLog = false;

  constructor(file: string, options: EventFramerOptions = {}) {
    this.file = file;
    this.startOffset = options.startOffset ?? 0;
    this.crc32 = options.crc32 ?? crc32;
  }

  /** The events that end in `chunk`. Take them all before pushing on. */
  *push(chunk: Uint8Array): Generator<RawEvent, void, undefined> {
    const chunkView = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    this.nextOffset += chunk.length;
    let at = 0;
    for (;;) {
      const split = this.pending.length > 0;
      if (split) at += this.pending.fillTo(this.wanted, chunk, at);
      const have = split ? this.pending.length : chunk.length - at;
      if (have < this.wanted) {
        if (!split) this.pending.fillTo(have, chunk, at);
        return;
      }
      const bytes = split ? this.pending.bytes : chunk;
      const start = split ? 0 : at;
      if (this.unit === 'header') {
        const view = split ? this.pending.view : chunkView;
        this.refuseSecondLog(bytes, view, start);
        this.wanted = this.checkSize(readEventSize(view, start));
        this.unit = 'event';
        continue;
      }
      if (this.unit === 'magic') checkMagic(bytes.subarray(start, start + magicBytes), this.file);
      else yield this.open(bytes, split ? this.pending.view : chunkView, start);
      if (!split) at += this.wanted;
      at += this.nextUnit();
      if (at > chunk.length) {
        this.nextOffset = this.unitOffset;
        return;
      }
    }
  }

  /**
   * Ends the file. `isGrowing`: the rest of its last event, if the first one of all, may come later.
   *
   * Errors: `BINLOG_FORMAT` when the file ends inside an event, unless the log is in use or growing.
   */
  finish({ isGrowing = false }: { isGrowing?: boolean } = {}): LogEnd {
    const unfinishedBytes = this.pending.length;
    const inUse = this.format === 'in-use' || isGrowing;
    const place = { file: this.file, offset: this.unitOffset };
    if (this.format === 'unseen' && !isGrowing) {
      throw formatError(place, `the file ends after ${unfinishedBytes} bytes of its first event`);
    }
    if (unfinishedBytes > 0 && !inUse) {
      throw formatError(
        place,
        `the file ends inside an event, after ${unfinishedBytes} of its bytes`,
      );
    }
    if (this.startOffset > this.nextOffset) {
      throw formatError(place, `the file is shorter than ${this.startOffset} bytes`);
    }
    return { inUse, unfinishedBytes };
  }

  /** As `cat log.000001 log.000002` gives. */
  private refuseSecondLog(bytes: Uint8Array, view: DataView, start: number): void {
    if (!isLogStart(bytes, view, start)) return;
    throw anotherLog({ file: this.file, offset: this.unitOffset });
  }

  private checkSize(size: number): number {
    const smallest = headerBytes + (this.checksum === 'crc32' ? checksumBytes : 0);
    if (size >= smallest && size <= eventSizeMaxBytes) return size;
    throw formatError({ file: this.file, offset: this.unitOffset }, `an event of ${size} bytes`);
  }

  /** Goes after the unit that was collected; gives how far the next one is from there. */
  private nextUnit(): number {
    const end = this.unitOffset + this.wanted;
    const skips = this.unit === 'event' && this.startOffset > end && this.unitOffset === magicBytes;
    this.pending.clear();
    this.unit = 'header';
    this.wanted = headerBytes;
    this.unitOffset = skips ? this.startOffset : end;
    return this.unitOffset - end;
  }

  /** Checks the event at `start` and takes header and checksum off. */
  private open(bytes: Uint8Array, view: DataView, start: number): RawEvent {
    const header = readHeader(view, start, this.file, this.unitOffset);
    const event =
      header.type === eventTypes.formatDescription
        ? this.openFormat(header, bytes.subarray(start, start + this.wanted))
        : this.openOther(header, bytes, view, start);
    if (!this.isRelayLog) checkPlace(header, readNextPosition(view, start));
    return event;
  }

  private openFormat(header: RawEvent['header'], frame: Uint8Array): RawEvent {
    const { event, checksum, inUse } = openFormat(header, frame);
    this.checksum = checksum;
    if (this.format === 'unseen') {
      this.format = inUse ? 'in-use' : 'closed';
      this.isRelayLog = (header.flags & relayLogFlag) !== 0;
    } else if (!this.isRelayLog) {
      throw anotherLog(header);
    }
    return event;
  }

  private openOther(
    header: RawEvent['header'],
    bytes: Uint8Array,
    view: DataView,
    start: number,
  ): RawEvent {
    const end = start + this.wanted;
    if (this.format === 'unseen' && header.type !== eventTypes.startV3) {
      throw formatError(header, `the first event has type ${header.type}, not FORMAT_DESCRIPTION`);
    }
    if (this.checksum === 'none') return { header, body: bytes.subarray(start + headerBytes, end) };
    const bodyEnd = end - checksumBytes;
    const found = this.crc32(bytes.subarray(start, bodyEnd));
    checkCrc(header, found, view.getUint32(bodyEnd, true));
    return { header, body: bytes.subarray(start + headerBytes, bodyEnd) };
  }
}

/** Offsets in the header of an event are kept in 32 bits. */
const offsetModulus = 2 ** 32;

function anotherLog(place: EventPlace): FlashError {
  return formatError(
    place,
    'another log begins here',
    'Give each log as a file of its own, whole and under the name that the server gave it: theflash write --binlog FILE FILE …. ' +
      'What came before it is applied.',
  );
}

/** A server writes into each event where it ends: elsewhere, bytes before it are missing, or are there twice. */
function checkPlace(header: RawEvent['header'], nextPosition: number): void {
  if (nextPosition === 0 || nextPosition === header.endOffset % offsetModulus) return;
  // The nearest place to this one that is the same modulo 4 GiB.
  const shift = (nextPosition - header.endOffset) | 0;
  const problem =
    shift > 0 ? `${shift} bytes before it are missing` : `${-shift} bytes too many come before it`;
  throw formatError(
    header,
    `the server wrote this event (type ${header.type}) at offset ${header.offset + shift}: ${problem}`,
    'This copy of the log is not whole: copy it from the source once more, compare its size with SHOW BINARY LOGS, and run again.',
  );
}

function openFormat(
  header: RawEvent['header'],
  frame: Uint8Array,
): { event: RawEvent; checksum: 'none' | 'crc32'; inUse: boolean } {
  const whole = frame.subarray(headerBytes);
  const hasCrc = carriesChecksum(readServerVersion(whole, header));
  const body = hasCrc ? whole.subarray(0, Math.max(0, whole.length - checksumBytes)) : whole;
  const { checksum } = decodeFormatDescription(header, body);
  if (checksum === 'crc32') {
    // The server sets the in-use flag after it has summed, so it is taken off here as well.
    const summed = frame.slice(0, frame.length - checksumBytes);
    summed[17] = (summed[17] ?? 0) & ~inUseFlag;
    const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
    checkCrc(header, crc32(summed), view.getUint32(summed.length, true));
  }
  return { event: { header, body }, checksum, inUse: (header.flags & inUseFlag) !== 0 };
}

function checkCrc(header: RawEvent['header'], found: number, expected: number): void {
  if (found === expected) return;
  throw formatError(
    header,
    `the CRC32 of the event (type ${header.type}) does not match its bytes`,
  );
}

import { crc32 } from 'node:zlib';
import { FlashError } from '../../protocol/index.js';
import { makeFiller } from './filler-event.js';

/** What a server sends of its logs after COM_BINLOG_DUMP. */
export type DumpItem =
  /** The next bytes of the log, as they stand in its file. */
  | { kind: 'bytes'; bytes: Uint8Array }
  /** The log from which the next bytes are, and the offset of the first of them. */
  | { kind: 'log'; file: string; offset: number }
  /** The FORMAT_DESCRIPTION of the log. It is also the log's first event, where that was asked for. */
  | { kind: 'description'; event: Uint8Array }
  /** The server has no more, and was asked not to wait. */
  | { kind: 'end' }
  | { kind: 'error'; errno: number; message: string };

/** Offset of a log's first event: the magic lies before it. */
export const firstEventOffset = 4;

const packetHeaderBytes = 4;
const packetMaxBytes = 0xffffff;
const eventHeaderBytes = 19;
const checksumBytes = 4;
/** A ROTATE holds the offset in the next log, and its name. */
const rotateOffsetBytes = 8;

const types = { rotate: 4, description: 15, heartbeat: 27, heartbeatV2: 41, startEncryption: 164 };

/** LOG_EVENT_ARTIFICIAL_F: made for this connection, and in no file. */
const artificialFlag = 0x20;

/** Events that are read as a whole are small: a description, a file's name. */
const collectedMaxBytes = 1 << 20;

type Part = 'status' | 'event-header' | 'event' | 'collected' | 'message';

/**
 * Takes the packets of a dump apart into the bytes of log files.
 *
 *     packet   3 bytes length │ 1 sequence number │ payload
 *     payload  1 byte status (0 event, 0xff error, 0xfe end) │ event
 *
 * A payload of 16 MiB - 1 goes on in the next packet, without a status.
 * Events that a server makes for the connection alone are taken out. An ignorable one takes the place of
 * those that it leaves out, and of START_ENCRYPTION: offsets stay those of the file.
 * Source: MySQL 9.7 sql/rpl_binlog_sender.cc; MariaDB 10.11 sql/sql_repl.cc.
 */
export class DumpParser {
  /** Offset in the log of the next byte to be given. */
  #offset: number;
  /** Where the event begins of which bytes were given last. */
  #eventOffset: number;
  #hasChecksums = false;

  readonly #packetHeader = new Pieces(packetHeaderBytes);
  #packetLeft = 0;
  #goesOn = false;
  #sequence = 1;
  #part: Part = 'status';
  #status = 0;
  readonly #eventHeader = new Pieces(eventHeaderBytes);
  #eventLeft = 0;
  #collected: Buffer[] = [];
  #collectedBytes = 0;
  #out = new Output(0);
  #items: DumpItem[] = [];

  /** `offset`: where the dump was asked to begin. */
  constructor(offset: number) {
    this.#offset = offset;
    this.#eventOffset = offset;
  }

  /** Offset in the log after the last byte that was given. */
  get offset(): number {
    return this.#offset;
  }

  /** Offset of the event of which bytes were given last. */
  get eventOffset(): number {
    return this.#eventOffset;
  }

  /**
   * What is in the next bytes from the socket.
   *
   * Owns: the bytes that it gives are copies.
   * Errors: PROTOCOL where the bytes are not packets of a dump, or do not go on where the last ones ended.
   */
  push(chunk: Buffer): readonly DumpItem[] {
    this.#items = [];
    this.#out = new Output(chunk.length + eventHeaderBytes);
    for (let at = 0; at < chunk.length;) {
      if (this.#packetLeft > 0) {
        const end = Math.min(chunk.length, at + this.#packetLeft);
        this.#packetLeft -= end - at;
        this.#takePayload(chunk, at, end);
        at = end;
      } else {
        at += this.#packetHeader.fill(chunk, at, chunk.length);
        if (!this.#packetHeader.isFull) break;
        this.#openPacket();
      }
      if (this.#packetLeft === 0 && !this.#goesOn) this.#endPayload();
    }
    this.#flush();
    return this.#items;
  }

  #openPacket(): void {
    const header = this.#packetHeader.take();
    const length = header.readUIntLE(0, 3);
    if (header[3] !== this.#sequence) {
      throw protocolError(`a packet has number ${header[3] ?? 0} and not ${this.#sequence}`);
    }
    this.#sequence = (this.#sequence + 1) & 0xff;
    this.#packetLeft = length;
    this.#goesOn = length === packetMaxBytes;
  }

  #takePayload(chunk: Buffer, start: number, end: number): void {
    let at = start;
    while (at < end) {
      switch (this.#part) {
        case 'status':
          this.#status = chunk[at] ?? 0;
          this.#part = this.#status === 0 ? 'event-header' : 'message';
          at += 1;
          break;
        case 'event-header':
          at += this.#eventHeader.fill(chunk, at, end);
          if (this.#eventHeader.isFull) this.#openEvent(this.#eventHeader.take());
          break;
        case 'event':
        case 'collected':
          at = this.#takeEvent(chunk, at, end);
          break;
        case 'message':
          this.#collect(chunk, at, end);
          at = end;
          break;
      }
    }
  }

  #openEvent(header: Buffer): void {
    const type = header[4] ?? 0;
    const size = header.readUInt32LE(9);
    if (size < eventHeaderBytes) throw protocolError(`an event of ${size} bytes`);
    this.#eventLeft = size - eventHeaderBytes;
    const isArtificial = (header.readUInt16LE(17) & artificialFlag) !== 0;
    if (
      type === types.description ||
      type === types.heartbeat ||
      type === types.heartbeatV2 ||
      type === types.startEncryption ||
      isArtificial
    ) {
      this.#part = 'collected';
      this.#collect(header, 0, header.length);
      return;
    }
    this.#fillGap(header.readUInt32LE(13), size);
    this.#part = 'event';
    this.#eventOffset = this.#offset;
    this.#give(header, 0, header.length);
  }

  /**
   * An event says where it ends in its file; MariaDB from 11.4 says 0 inside a transaction. Offsets are
   * kept modulo 4 GiB.
   */
  #fillGap(endOffset: number, size: number): void {
    if (endOffset === 0) return;
    const gap = (endOffset - size - this.#offset) | 0;
    if (gap === 0) return;
    if (gap < eventHeaderBytes + checksumBytes || gap > collectedMaxBytes) {
      throw protocolError(
        `the event after offset ${this.#offset} ends at ${endOffset} and has ${size} bytes`,
      );
    }
    this.#giveFiller(gap);
  }

  #giveFiller(size: number): void {
    this.#flush();
    const endOffset = this.#offset + size;
    this.#items.push({ kind: 'bytes', bytes: makeFiller(size, endOffset, this.#hasChecksums) });
    this.#eventOffset = this.#offset;
    this.#offset = endOffset;
  }

  #takeEvent(chunk: Buffer, start: number, end: number): number {
    const stop = Math.min(end, start + this.#eventLeft);
    if (start === stop) throw protocolError('a packet is longer than its event');
    this.#eventLeft -= stop - start;
    if (this.#part === 'event') this.#give(chunk, start, stop);
    else this.#collect(chunk, start, stop);
    return stop;
  }

  #collect(bytes: Buffer, start: number, end: number): void {
    this.#collectedBytes += end - start;
    if (this.#collectedBytes > collectedMaxBytes) throw protocolError('a message without an end');
    this.#collected.push(Buffer.from(bytes.subarray(start, end)));
  }

  #give(bytes: Buffer, start: number, end: number): void {
    this.#out.add(bytes, start, end);
    this.#offset += end - start;
  }

  #flush(): void {
    const bytes = this.#out.take();
    if (bytes.length > 0) this.#items.push({ kind: 'bytes', bytes });
  }

  #endPayload(): void {
    const part = this.#part;
    this.#part = 'status';
    if (part === 'message') {
      this.#flush();
      this.#items.push(readMessage(this.#status, this.#takeCollected()));
      return;
    }
    if (part === 'status' || part === 'event-header' || this.#eventLeft > 0) {
      throw protocolError('a packet ends inside an event');
    }
    if (part === 'collected') this.#endCollected(this.#takeCollected());
  }

  #takeCollected(): Buffer {
    const whole = Buffer.concat(this.#collected);
    this.#collected = [];
    this.#collectedBytes = 0;
    return whole;
  }

  #endCollected(event: Buffer): void {
    const type = event[4] ?? 0;
    if (type === types.description) this.#describe(event);
    // MariaDB says that what follows in the file is encrypted, and sends it decrypted. It also says so at
    // the start of a dump that begins inside the file.
    const isHere = event.readUInt32LE(13) === (this.#offset + event.length) % 2 ** 32;
    if (type === types.startEncryption && isHere) this.#giveFiller(event.length);
    if (type !== types.rotate) return;
    this.#flush();
    if (event.length < eventHeaderBytes + rotateOffsetBytes) {
      throw protocolError(`a ROTATE of ${event.length} bytes`);
    }
    const end = hasChecksum(event) ? event.length - checksumBytes : event.length;
    const file = event.toString('utf8', eventHeaderBytes + rotateOffsetBytes, end);
    const offset = Number(event.readBigUInt64LE(eventHeaderBytes));
    this.#offset = offset;
    this.#eventOffset = offset;
    this.#items.push({ kind: 'log', file, offset });
  }

  #describe(event: Buffer): void {
    this.#flush();
    // The algorithm of checksums is the last byte before the checksum that a description always has.
    this.#hasChecksums = event[event.length - checksumBytes - 1] === 1;
    this.#items.push({ kind: 'description', event });
    if (this.#offset !== firstEventOffset) return;
    this.#eventOffset = this.#offset;
    this.#offset += event.length;
    this.#items.push({ kind: 'bytes', bytes: event });
  }
}

function hasChecksum(event: Buffer): boolean {
  const end = event.length - checksumBytes;
  return crc32(event.subarray(0, end)) === event.readUInt32LE(end);
}

/** ERR has a number, a marker, five characters of SQL state and a text. */
function readMessage(status: number, body: Buffer): DumpItem {
  if (status === 0xfe && body.length < 8) return { kind: 'end' };
  if (status !== 0xff || body.length < 2) throw protocolError(`a packet of status ${status}`);
  const text = body.toString('utf8', 2);
  return {
    kind: 'error',
    errno: body.readUInt16LE(0),
    message: text.startsWith('#') ? text.slice(6) : text,
  };
}

/** A header that may come in pieces. */
class Pieces {
  readonly #bytes: Buffer;
  #have = 0;

  constructor(size: number) {
    this.#bytes = Buffer.alloc(size);
  }

  get isFull(): boolean {
    return this.#have === this.#bytes.length;
  }

  /** Takes what is missing from `bytes`, between two offsets; gives how many bytes that were. */
  fill(bytes: Buffer, start: number, end: number): number {
    const count = Math.min(this.#bytes.length - this.#have, end - start);
    bytes.copy(this.#bytes, this.#have, start, start + count);
    this.#have += count;
    return count;
  }

  /** Gives the header and begins anew. Owns: it is valid until the next `fill`. */
  take(): Buffer {
    this.#have = 0;
    return this.#bytes;
  }
}

/** Bytes to be given together: readers take few large chunks better than many small ones. */
class Output {
  readonly #bytes: Buffer;
  #start = 0;
  #end = 0;

  constructor(size: number) {
    this.#bytes = Buffer.allocUnsafeSlow(size);
  }

  add(bytes: Buffer, start: number, end: number): void {
    this.#end += bytes.copy(this.#bytes, this.#end, start, end);
  }

  /** What was added since the last call. */
  take(): Buffer {
    const taken = this.#bytes.subarray(this.#start, this.#end);
    this.#start = this.#end;
    return taken;
  }
}

function protocolError(problem: string): FlashError {
  return new FlashError('PROTOCOL', `the source's stream of events is out of step: ${problem}`, {
    hint: 'Run again: it goes on where it was. If it stays, something between the source and here changes bytes.',
  });
}

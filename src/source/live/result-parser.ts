import { FlashError } from '../../protocol/index.js';

/** Bytes that hold a row, and the same bytes for numbers. */
export interface RowBytes {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

interface HeldBytes extends RowBytes {
  readonly bytes: Buffer;
}

/** Takes one row. */
export type OnRow = (source: RowBytes, start: number, end: number) => void;

/** Takes the rows of an answer. */
export interface RowTaker {
  /** Takes one row, whose fields lie in `[start, end)`. The bytes are valid until the call ends. */
  onRow: OnRow;
  /**
   * Takes rows as long as it can, whole packets from `at` on, the first of which has number `sequence`. Gives
   * how many it took, and where they end: the next packet is the parser's. Undefined where it takes none ever.
   */
  takeRows(
    bytes: Uint8Array,
    at: number,
    sequence: number,
  ): { rows: number; end: number } | undefined;
}

const headerBytes = 4;
const packetMaxBytes = 0xffffff;
/** No server sends a row that is longer: max_allowed_packet ends at 1 GiB. */
const rowMaxBytes = 2 ** 30 + headerBytes;

const marks = { ok: 0x00, null: 0xfb, eof: 0xfe, error: 0xff };

/**
 * Takes the answer to one COM_QUERY apart, in the text protocol and with EOF packets.
 *
 *     packet   3 bytes length │ 1 sequence number │ payload
 *     answer   OK  or  ERR  or  column count, definitions, EOF, rows, EOF or ERR
 *
 * A payload of 16 MiB - 1 goes on in the next packet. No object is made for a row.
 * Source: MySQL 9.7 sql/protocol_classic.cc.
 */
export class ResultParser {
  readonly #taker: RowTaker;
  #held: Buffer[] = [];
  #heldBytes = 0;
  #wantedBytes = headerBytes;
  #sequence = 1;
  #parts: Buffer[] = [];
  #partsBytes = 0;
  #state: 'head' | 'columns' | 'rows' | 'done' = 'head';
  #columnsLeft = 0;
  /** What the server has said instead of the rows, or after some of them. */
  error: (Error & { errno: number }) | undefined;

  constructor(taker: RowTaker) {
    this.#taker = taker;
  }

  /**
   * Takes the next bytes from the socket. True once the answer has ended.
   *
   * Errors: PROTOCOL for bytes that are no answer; those of the row's taker.
   */
  push(chunk: Buffer): boolean {
    this.#held.push(chunk);
    this.#heldBytes += chunk.length;
    if (this.#heldBytes < this.#wantedBytes) return false;
    const bytes = this.#held.length === 1 ? chunk : Buffer.concat(this.#held);
    const source = sourceOf(bytes);
    let at = 0;
    this.#wantedBytes = headerBytes;
    while (bytes.length - at >= headerBytes) {
      at = this.#takeRows(bytes, at);
      if (bytes.length - at < headerBytes) break;
      const length = bytes.readUIntLE(at, 3);
      const end = at + headerBytes + length;
      this.#wantedBytes = headerBytes + length;
      if (end > bytes.length) break;
      this.#checkSequence(bytes[at + 3]);
      this.#takePacket(source, at + headerBytes, end);
      at = end;
      this.#wantedBytes = headerBytes;
    }
    const rest = bytes.subarray(at);
    this.#held = rest.length === 0 ? [] : [rest];
    this.#heldBytes = rest.length;
    if (this.#state !== 'done') return false;
    if (rest.length > 0) throw protocolError('bytes after its end');
    return true;
  }

  /** Lets the taker have what it can; gives where the next packet begins. */
  #takeRows(bytes: Buffer, at: number): number {
    if (this.#state !== 'rows' || this.#parts.length > 0) return at;
    const taken = this.#taker.takeRows(bytes, at, this.#sequence);
    if (taken === undefined) return at;
    this.#sequence = (this.#sequence + taken.rows) & 0xff;
    return taken.end;
  }

  #checkSequence(found: number | undefined): void {
    if (found !== this.#sequence) {
      throw protocolError(`a packet has number ${found ?? 0} and not ${this.#sequence}`);
    }
    this.#sequence = (this.#sequence + 1) & 0xff;
  }

  #takePacket(source: HeldBytes, start: number, end: number): void {
    const goesOn = end - start === packetMaxBytes;
    if (!goesOn && this.#parts.length === 0) {
      this.#takePayload(source, start, end);
      return;
    }
    this.#parts.push(source.bytes.subarray(start, end));
    this.#partsBytes += end - start;
    if (this.#partsBytes > rowMaxBytes) throw protocolError('a row without an end');
    if (goesOn) return;
    const whole = Buffer.concat(this.#parts);
    this.#parts = [];
    this.#partsBytes = 0;
    this.#takePayload(sourceOf(whole), 0, whole.length);
  }

  #takePayload(source: HeldBytes, start: number, end: number): void {
    const { bytes } = source;
    const first = bytes[start] ?? marks.error;
    if (this.#state === 'done') throw protocolError('a packet after its end');
    if (first === marks.error) {
      this.error = readError(bytes.subarray(start, end));
      this.#state = 'done';
      return;
    }
    const isEof = first === marks.eof && end - start < 9;
    if (this.#state === 'rows') {
      if (isEof) this.#state = 'done';
      else this.#taker.onRow(source, start, end);
    } else if (this.#state === 'columns') {
      if (this.#columnsLeft > 0) this.#columnsLeft -= 1;
      else if (isEof) this.#state = 'rows';
      else throw protocolError('columns without an end');
    } else if (first === marks.ok) {
      this.#state = 'done';
    } else if (first >= marks.null && first !== 0xfc) {
      throw protocolError(`a packet that begins with ${first}`);
    } else {
      this.#columnsLeft = first === 0xfc ? bytes.readUInt16LE(start + 1) : first;
      this.#state = 'columns';
    }
  }
}

/** The fields of a row as text, where rows are few; undefined for NULL. */
export function readTextRow({ bytes, view }: RowBytes, start: number, end: number): TextRow {
  const fields: (string | undefined)[] = [];
  for (let at = start; at < end;) {
    const first = bytes[at] ?? 0;
    at += 1;
    if (first === marks.null) {
      fields.push(undefined);
      continue;
    }
    let length = first;
    if (first === 0xfc) length = view.getUint16(at, true);
    if (first === 0xfd) length = view.getUint16(at, true) + view.getUint8(at + 2) * 65_536;
    if (first === 0xfe) length = view.getUint32(at, true);
    if (first >= 0xfc) at += first === 0xfc ? 2 : first === 0xfd ? 3 : 8;
    fields.push(Buffer.from(bytes.subarray(at, at + length)).toString('utf8'));
    at += length;
  }
  return fields;
}

/** The fields of a row, in order. */
export type TextRow = readonly (string | undefined)[];

/** ERR has a number, a marker, five characters of SQL state and a text. */
function readError(payload: Buffer): Error & { errno: number } {
  const text = payload.toString('utf8', 3);
  const message = text.startsWith('#') ? text.slice(6) : text;
  return Object.assign(new Error(message), {
    errno: payload.length < 3 ? 0 : payload.readUInt16LE(1),
  });
}

function sourceOf(bytes: Buffer): HeldBytes {
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
}

function protocolError(problem: string): FlashError {
  return new FlashError('PROTOCOL', `the source's answer to a query is out of step: ${problem}`, {
    hint: 'Run again. If it stays, something between the source and here changes bytes.',
  });
}

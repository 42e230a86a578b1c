import { FlashError } from '../../protocol/index.js';

/** What a binary JSON value is. MySQL 9.7 sql-common/json_binary.cc, JSONB_TYPE_*. */
export const jsonTypes = {
  smallObject: 0x0,
  largeObject: 0x1,
  smallArray: 0x2,
  largeArray: 0x3,
  literal: 0x4,
  int16: 0x5,
  uint16: 0x6,
  int32: 0x7,
  uint32: 0x8,
  int64: 0x9,
  uint64: 0xa,
  double: 0xb,
  string: 0xc,
  opaque: 0xf,
} as const;

/** Containers within containers that MySQL accepts (JSON_DOCUMENT_MAX_DEPTH). */
export const jsonDepthMax = 100;

/** The error for JSON bytes that no server writes. */
export function jsonFormatError(what: string): FlashError {
  return new FlashError('BINLOG_FORMAT', `a binary JSON value is broken: ${what}`, {
    hint: 'Fetch the log from the source again; if it stays so, compare with mysqlbinlog -vv.',
  });
}

export function readUint16(source: Uint8Array, at: number): number {
  return (source[at] ?? 0) | ((source[at + 1] ?? 0) << 8);
}

export function readUint32(source: Uint8Array, at: number): number {
  return readUint16(source, at) + readUint16(source, at + 2) * 0x10000;
}

export function isJsonContainer(type: number): boolean {
  return type <= jsonTypes.largeArray;
}

/**
 * Reads the entries of a binary JSON object or array in place.
 *
 * ```text
 *  start                                                                    start + size
 *  ┌───────┬──────┬─────────────────────────┬───────────────────────┬──────┬────────┐
 *  │ count │ size │ count × key entry       │ count × value entry   │ keys │ values │
 *  │       │      │ (objects only):         │ type 1,               │      │        │
 *  │ 2 | 4 │ 2 | 4│ offset 2 | 4, length 2  │ offset or value 2 | 4 │      │        │
 *  └───────┴──────┴─────────────────────────┴───────────────────────┴──────┴────────┘
 * ```
 * The first width is the small form's, the second the large form's. Offsets count from `start`.
 * A literal or an integer that fits stands in its entry instead of an offset.
 *
 * Shape: `readKey` and `readValue` leave what they found in the `key…` and `value…` fields, so that
 * walking a document makes one object a container and none a value.
 * Errors: `BINLOG_FORMAT` from the constructor and both methods; the same rules as the server's, so
 * a value always starts after its own entry and a walk always ends.
 * Source: MySQL 9.7 sql-common/json_binary.cc, parse_array_or_object, Value::element, Value::key.
 */
export class JsonContainer {
  readonly count: number;
  readonly isObject: boolean;
  keyStart = 0;
  keyEnd = 0;
  valueType = 0;
  valueStart = 0;
  valueEnd = 0;
  private readonly source: Uint8Array;
  private readonly start: number;
  private readonly end: number;
  private readonly large: boolean;
  private readonly keyEntries: number;
  private readonly valueEntries: number;
  private readonly headerEnd: number;

  /** Opens the container that starts at `start` and may reach to `limit`. */
  constructor(source: Uint8Array, type: number, start: number, limit: number) {
    this.source = source;
    this.start = start;
    this.large = (type & 1) === 1;
    this.isObject = type <= jsonTypes.largeObject;
    const width = this.large ? 4 : 2;
    if (limit - start < 2 * width) throw jsonFormatError('a container ends in its header');
    this.count = this.readOffset(start);
    const size = this.readOffset(start + width);
    if (size > limit - start) throw jsonFormatError('a container is longer than its document');
    this.end = start + size;
    this.keyEntries = start + 2 * width;
    this.valueEntries = this.keyEntries + (this.isObject ? this.count * (width + 2) : 0);
    this.headerEnd = this.valueEntries + this.count * (width + 1);
    if (this.headerEnd > this.end) throw jsonFormatError('a container has more entries than bytes');
  }

  /** Finds key `index` of an object: `keyStart` and `keyEnd`. */
  readKey(index: number): void {
    const width = this.large ? 4 : 2;
    const entry = this.keyEntries + index * (width + 2);
    this.keyStart = this.start + this.readOffset(entry);
    this.keyEnd = this.keyStart + readUint16(this.source, entry + width);
    if (this.keyStart < this.headerEnd || this.keyEnd > this.end) {
      throw jsonFormatError('a key lies outside its object');
    }
  }

  /** Finds value `index`: its type, where it starts, and the end that it may not pass. */
  readValue(index: number): void {
    const entrySize = this.large ? 5 : 3;
    const entry = this.valueEntries + index * entrySize;
    const type = this.source[entry] ?? 0;
    this.valueType = type;
    if (isInlined(type, this.large)) {
      this.valueStart = entry + 1;
      this.valueEnd = entry + entrySize;
      return;
    }
    this.valueStart = this.start + this.readOffset(entry + 1);
    this.valueEnd = this.end;
    if (this.valueStart < entry + entrySize || this.valueStart > this.end) {
      throw jsonFormatError('a value lies outside its container');
    }
  }

  private readOffset(at: number): number {
    return this.large ? readUint32(this.source, at) : readUint16(this.source, at);
  }
}

function isInlined(type: number, large: boolean): boolean {
  if (type < jsonTypes.literal) return false;
  return type <= jsonTypes.uint16 || (large && type <= jsonTypes.uint32);
}

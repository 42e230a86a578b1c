import type { ByteSink } from '../columns/byte-sink.js';
import { jsonFormMysql80, type JsonForm } from './json-form.js';
import {
  isJsonContainer,
  JsonContainer,
  jsonDepthMax,
  jsonFormatError,
  jsonTypes,
  readUint16,
  readUint32,
} from './json-layout.js';
import { writeDouble, writeInteger, writeInteger64 } from './json-number.js';
import { writeJsonOpaque } from './json-opaque.js';
import { writeQuoted } from './json-string.js';

/**
 * Text that a document of `size` bytes can have at most. A byte of a string that is escaped gives
 * six; nothing else that a server writes gives as many. Broken offsets that share a value between
 * many entries would give more, without end.
 */
export function jsonTextMax(size: number): number {
  return size * 8 + 64;
}

/**
 * Appends a binary JSON column value as the text that the source's `SELECT` shows, in UTF-8.
 *
 * Shape: keys in stored order, `", "` and `": "` between parts; an empty value is `null`, as the
 * server shows one that IGNORE or a non-strict mode let in.
 * Errors: `BINLOG_FORMAT` for bytes that no server writes: offsets outside the value, unknown types,
 * more than 100 containers in each other. The sink may then hold a part of the text.
 * Guarantee: time and text are bounded by a small multiple of the value's size, whatever its bytes.
 * Source: MySQL 9.7 sql-common/json_binary.cc, parse_binary; json_dom.cc, wrapper_to_string.
 */
export function writeJsonText(
  source: Uint8Array,
  start: number,
  end: number,
  sink: ByteSink,
  form: JsonForm = jsonFormMysql80,
): void {
  if (start === end) {
    sink.writeAscii('null');
    return;
  }
  const writer = new JsonTextWriter(sink, form, jsonTextMax(end - start));
  writer.writeValue(source, source[start] ?? 0, start + 1, end, 0);
}

/** Writes binary JSON values into a sink, up to a bound. */
export class JsonTextWriter {
  readonly sink: ByteSink;
  private readonly form: JsonForm;
  private readonly lengthMax: number;

  constructor(sink: ByteSink, form: JsonForm, textMax: number) {
    this.sink = sink;
    this.form = form;
    this.lengthMax = sink.length + textMax;
  }

  /** Writes the value of type `type` that starts at `start` and may reach to `end`. */
  writeValue(source: Uint8Array, type: number, start: number, end: number, depth: number): void {
    if (isJsonContainer(type)) this.writeContainer(source, type, start, end, depth + 1);
    else this.writeScalar(source, type, start, end);
    this.checkLength(0);
  }

  /** Writes an object's key and its colon. */
  writeKey(source: Uint8Array, start: number, end: number): void {
    this.checkLength(end - start);
    writeQuoted(source, start, end, this.sink);
    this.sink.writeByte(0x3a);
    this.sink.writeByte(0x20);
  }

  writeComma(): void {
    this.sink.writeByte(0x2c);
    this.sink.writeByte(0x20);
  }

  private writeContainer(
    source: Uint8Array,
    type: number,
    start: number,
    end: number,
    depth: number,
  ): void {
    checkJsonDepth(depth);
    const container = new JsonContainer(source, type, start, end);
    const { isObject, count } = container;
    this.sink.writeByte(isObject ? 0x7b : 0x5b);
    for (let index = 0; index < count; index++) {
      if (index > 0) this.writeComma();
      if (isObject) {
        container.readKey(index);
        this.writeKey(source, container.keyStart, container.keyEnd);
      }
      container.readValue(index);
      const { valueType, valueStart, valueEnd } = container;
      this.writeValue(source, valueType, valueStart, valueEnd, depth);
    }
    this.sink.writeByte(isObject ? 0x7d : 0x5d);
  }

  private writeScalar(source: Uint8Array, type: number, start: number, end: number): void {
    if (end - start < scalarSizeMin(type)) throw jsonFormatError('a scalar is cut off');
    switch (type) {
      case jsonTypes.literal:
        this.sink.writeAscii(literalText(source[start] ?? 0));
        return;
      case jsonTypes.int16:
        writeInteger((readUint16(source, start) << 16) >> 16, this.sink);
        return;
      case jsonTypes.uint16:
        writeInteger(readUint16(source, start), this.sink);
        return;
      case jsonTypes.int32:
        writeInteger(readUint32(source, start) | 0, this.sink);
        return;
      case jsonTypes.uint32:
        writeInteger(readUint32(source, start), this.sink);
        return;
      case jsonTypes.int64:
      case jsonTypes.uint64:
        writeInteger64(source, start, type === jsonTypes.int64, this.sink);
        return;
      case jsonTypes.double:
        writeDouble(source, start, this.form, this.sink);
        return;
      default:
        this.writeBytes(source, type, start, end);
    }
  }

  /** Writes a string or opaque value: (opaque: field type,) length in 7-bit groups, bytes. */
  private writeBytes(source: Uint8Array, type: number, start: number, end: number): void {
    const isOpaque = type === jsonTypes.opaque;
    let at = isOpaque ? start + 1 : start;
    let size = 0;
    for (let group = 1; ; group *= 128) {
      if (at >= end || group > 128 ** 4) throw jsonFormatError('a length does not end');
      const byte = source[at++] ?? 0;
      size += (byte & 0x7f) * group;
      if (byte < 0x80) break;
    }
    if (size > end - at) throw jsonFormatError('a string is longer than its document');
    this.checkLength(size);
    if (isOpaque) {
      writeJsonOpaque(source[start] ?? 0, source, at, at + size, this.form, this.sink);
    } else {
      writeQuoted(source, at, at + size, this.sink);
    }
  }

  private checkLength(more: number): void {
    if (this.sink.length + more > this.lengthMax) {
      throw jsonFormatError('its parts overlap');
    }
  }
}

/** Stops at more containers in each other than a server allows. */
export function checkJsonDepth(depth: number): void {
  if (depth > jsonDepthMax) {
    throw jsonFormatError(`more than ${String(jsonDepthMax)} containers in each other`);
  }
}

function scalarSizeMin(type: number): number {
  switch (type) {
    case jsonTypes.literal:
    case jsonTypes.string:
      return 1;
    case jsonTypes.int16:
    case jsonTypes.uint16:
    case jsonTypes.opaque:
      return 2;
    case jsonTypes.int32:
    case jsonTypes.uint32:
      return 4;
    case jsonTypes.int64:
    case jsonTypes.uint64:
    case jsonTypes.double:
      return 8;
    default:
      throw jsonFormatError(`unknown value type ${String(type)}`);
  }
}

function literalText(code: number): string {
  switch (code) {
    case 0:
      return 'null';
    case 1:
      return 'true';
    case 2:
      return 'false';
    default:
      throw jsonFormatError(`unknown literal ${String(code)}`);
  }
}

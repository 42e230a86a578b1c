import type { Column, ColumnType } from '../../protocol/index.js';
import { createTranscoder, isSingleByteCharset } from '../charset/index.js';
import { columnCodes } from '../column-codes.js';
import { ByteSink } from '../columns/byte-sink.js';
import type { TableMapColumn } from '../event.js';
import { decimalGroups } from '../values/decimal-layout.js';
import { unitsPerSecond } from '../values/fraction.js';
import type { JsonForm } from '../values/json-form.js';

/** How the kernel reads a value. Numbers are those of native/src/binlog/column.h. */
const kinds = {
  bytes1: 0,
  bytes2: 1,
  bytes4: 2,
  bytes8: 3,
  int24: 4,
  uint24: 5,
  bytes: 6,
  ascii: 7,
  singleByte: 8,
  fixedBytes: 9,
  enum: 10,
  set: 11,
  decimal: 12,
  date: 13,
  datetime: 14,
  timestamp: 15,
  time: 16,
  bit: 17,
  year: 18,
  json: 19,
  textInt: 20,
  textDecimal: 21,
  textFloat: 22,
  textYear: 23,
  textDate: 24,
  textDatetime: 25,
  textTime: 26,
} as const;

/** A column as the kernel reads it. `aux` holds tables of its own. */
export interface KernelColumn {
  kind: number;
  first: number;
  second: number;
  aux: Uint8Array;
}

export interface KernelColumnOptions {
  jsonForm: JsonForm;
  /** Zero dates become NULL. */
  nullsZeroDates: boolean;
}

/**
 * How the kernel reads a column that `chooseDecoder` has a decoder for; undefined for one that it does
 * not know: old temporal types, compressed columns, vectors, UUID and INET.
 */
export function kernelColumn(
  { type }: Column,
  { typeCode }: TableMapColumn,
  { jsonForm, nullsZeroDates }: KernelColumnOptions,
): KernelColumn | undefined {
  const zeroDate = nullsZeroDates ? 1 : 0;
  switch (type.kind) {
    case 'int':
      return of(integerKind(type));
    case 'float':
      return of(type.bits === 32 ? kinds.bytes4 : kinds.bytes8);
    case 'bit':
      return of(kinds.bit);
    case 'year':
      return of(kinds.year);
    case 'decimal':
      return decimalColumn(type.precision, type.scale);
    case 'date':
      return of(kinds.date, 0, zeroDate);
    case 'datetime':
      if (typeCode !== columnCodes.datetime2) return undefined;
      return of(kinds.datetime, unitsPerSecond(type.fsp), zeroDate);
    case 'timestamp':
      if (typeCode !== columnCodes.timestamp2) return undefined;
      return of(kinds.timestamp, unitsPerSecond(type.fsp), zeroDate);
    case 'time':
      return typeCode === columnCodes.time2 ? of(kinds.time) : undefined;
    case 'text':
      return isCompressed(typeCode) ? undefined : textColumn(type.charset);
    case 'bytes':
      if (isCompressed(typeCode)) return undefined;
      return type.fixedLength === undefined
        ? of(kinds.bytes)
        : of(kinds.fixedBytes, type.fixedLength);
    case 'geometry':
      return of(kinds.bytes);
    case 'enum':
      return membersColumn(kinds.enum, type.members);
    case 'set':
      return membersColumn(kinds.set, type.members);
    case 'json':
      if (typeCode !== columnCodes.json) return of(kinds.bytes);
      return of(kinds.json, jsonForm.pointZero ? 1 : 0);
    case 'vector':
    case 'uuid':
    case 'inet4':
    case 'inet6':
      return undefined;
  }
}

/**
 * How the kernel reads a column of a server's answer in the text protocol, whose text is in `charset`;
 * undefined for one that it does not know: vectors, and text in which ASCII is something else.
 */
export function kernelTextColumn(
  { type }: Column,
  charset: string,
  nullsZeroDates: boolean,
): KernelColumn | undefined {
  const zeroDate = nullsZeroDates ? 1 : 0;
  switch (type.kind) {
    case 'int':
      return of(kinds.textInt, type.bits, type.unsigned ? 1 : 0);
    case 'decimal':
      return of(kinds.textDecimal, type.precision + type.scale * 256, type.precision > 38 ? 8 : 4);
    case 'float':
      return of(kinds.textFloat, type.bits);
    case 'year':
      return of(kinds.textYear);
    case 'date':
      return of(kinds.textDate, 0, zeroDate);
    case 'datetime':
    case 'timestamp':
      return of(kinds.textDatetime, unitsPerSecond(type.fsp), zeroDate);
    case 'time':
      return of(kinds.textTime);
    case 'bit':
      return of(kinds.bit);
    case 'bytes':
      return type.fixedLength === undefined
        ? of(kinds.bytes)
        : of(kinds.fixedBytes, type.fixedLength);
    case 'geometry':
      return of(kinds.bytes);
    case 'text':
    case 'enum':
    case 'set':
    case 'json':
    case 'uuid':
    case 'inet4':
    case 'inet6':
      return textColumn(charset);
    case 'vector':
      return undefined;
  }
}

const noAux = new Uint8Array(0);

function of(kind: number, first = 0, second = 0, aux = noAux): KernelColumn {
  return { kind, first, second, aux };
}

function integerKind({ bits, unsigned }: Extract<ColumnType, { kind: 'int' }>): number {
  switch (bits) {
    case 8:
      return kinds.bytes1;
    case 16:
      return kinds.bytes2;
    case 24:
      return unsigned ? kinds.uint24 : kinds.int24;
    case 32:
      return kinds.bytes4;
    case 64:
      return kinds.bytes8;
  }
}

function isCompressed(typeCode: number): boolean {
  return typeCode === columnCodes.blobCompressed || typeCode === columnCodes.varcharCompressed;
}

/** For each group of digits: its bytes, and 10 to the number of its digits. */
function decimalColumn(precision: number, scale: number): KernelColumn {
  const groups = decimalGroups(precision, scale);
  const aux = Uint32Array.from(groups.flatMap((group) => [group.bytes, group.scale]));
  const words = precision > 38 ? 8 : 4;
  return of(kinds.decimal, groups.length, words, new Uint8Array(aux.buffer));
}

/** Where each member's text starts, where the last one ends, and the texts. */
function membersColumn(kind: number, members: readonly string[]): KernelColumn {
  const texts = members.map((member) => Buffer.from(member, 'utf8'));
  const offsets = new Int32Array(members.length + 1);
  texts.forEach((text, i) => {
    offsets[i + 1] = (offsets[i] ?? 0) + text.length;
  });
  return of(kind, members.length, 0, Buffer.concat([new Uint8Array(offsets.buffer), ...texts]));
}

/** Text whose bytes below 128 are ASCII. For any other charset the kernel is of no use. */
function textColumn(charset: string): KernelColumn | undefined {
  const transcode = createTranscoder(charset);
  if (transcode === 'copy') return of(kinds.bytes);
  const utf8Of = (byte: number): Uint8Array => {
    const sink = new ByteSink(16);
    transcode(Uint8Array.of(byte), 0, 1, sink);
    return sink.bytes.subarray(0, sink.length);
  };
  for (let byte = 0; byte < 128; byte++) {
    const text = utf8Of(byte);
    if (text.length !== 1 || text[0] !== byte) return undefined;
  }
  if (!isSingleByteCharset(charset)) return of(kinds.ascii);
  const high = Uint32Array.from({ length: 128 }, (_, i) =>
    utf8Of(i + 128).reduce((value, byte) => value * 256 + byte, 0),
  );
  return of(kinds.singleByte, 0, 0, new Uint8Array(high.buffer));
}

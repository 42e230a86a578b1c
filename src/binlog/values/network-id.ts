import type { ByteSink } from '../columns/byte-sink.js';
import { badValue, type AppendValue } from './append-value.js';

/**
 * MariaDB's UUID, INET4 and INET6: the log shows them as BINARY(16) and BINARY(4), without trailing
 * zero bytes. They become the text that the server's SELECT shows.
 */

const hexDigits = '0123456789abcdef';
const hyphen = 45;
const dot = 46;
const colon = 58;

/** Where a UUID's 16 bytes lie in a record of MariaDB 10.7 to 10.11, whose log may have that order. */
const recordOrder = [12, 13, 14, 15, 10, 11, 8, 9, 6, 7, 0, 1, 2, 3, 4, 5] as const;

/**
 * Appends UUID as text.
 *
 * Source: MariaDB 11.4 plugin/type_uuid/sql_type_uuid.h, pack and rec_need_swap: the log has the
 * bytes in text order; a version of 8 or more without a variant says that they are in record order.
 */
export const appendUuid: AppendValue = (target, row, source, start, end) => {
  const bytes = padded(source.bytes, start, end, 16);
  const swapped = ((bytes[6] ?? 0) & 0x80) !== 0 && signed(bytes[8]) > 0;
  for (let i = 0; i < 16; i++) {
    if (i === 4 || i === 6 || i === 8 || i === 10) target.data.writeByte(hyphen);
    writeHex(target.data, bytes[swapped ? (recordOrder[i] ?? 0) : i] ?? 0);
  }
  target.endValue(row);
};

/** Appends INET4 as four decimal numbers. */
export const appendInet4: AppendValue = (target, row, source, start, end) => {
  writeInet4(target.data, padded(source.bytes, start, end, 4), 0);
  target.endValue(row);
};

/**
 * Appends INET6 as text: the first longest run of zero groups is left out, and addresses
 * that hold an IPv4 one end with it.
 *
 * Source: MariaDB 10.11 sql/sql_type_inet.cc, Inet6::to_string.
 */
export const appendInet6: AppendValue = (target, row, source, start, end) => {
  const bytes = padded(source.bytes, start, end, 16);
  const groups = Array.from(
    { length: 8 },
    (_, i) => ((bytes[i * 2] ?? 0) << 8) | (bytes[i * 2 + 1] ?? 0),
  );
  writeInet6(target.data, groups, bytes);
  target.endValue(row);
};

function writeInet6(data: ByteSink, groups: readonly number[], bytes: Uint8Array): void {
  const gap = longestZeroRun(groups);
  const holdsInet4 =
    gap.start === 0 && (gap.length === 6 || (gap.length === 5 && groups[5] === 0xffff));
  const groupCount = holdsInet4 ? 6 : 8;
  for (let i = 0; i < groupCount; i++) {
    if (i === gap.start) {
      data.writeByte(colon);
      if (i === 0) data.writeByte(colon);
      i += gap.length - 1;
      continue;
    }
    data.writeAscii((groups[i] ?? 0).toString(16));
    if (i !== 7) data.writeByte(colon);
  }
  if (holdsInet4) writeInet4(data, bytes, 12);
}

function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: -1, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let length = 0;
    while (groups[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
  }
  return best;
}

function writeInet4(data: ByteSink, bytes: Uint8Array, start: number): void {
  for (let i = 0; i < 4; i++) {
    if (i > 0) data.writeByte(dot);
    data.writeAscii(String(bytes[start + i] ?? 0));
  }
}

function writeHex(data: ByteSink, byte: number): void {
  data.writeByte(hexDigits.charCodeAt(byte >> 4));
  data.writeByte(hexDigits.charCodeAt(byte & 15));
}

function padded(source: Uint8Array, start: number, end: number, length: number): Uint8Array {
  if (end - start > length) throw badValue(`${end - start} bytes where ${length} are the most`);
  const bytes = new Uint8Array(length);
  bytes.set(source.subarray(start, end));
  return bytes;
}

function signed(byte: number | undefined): number {
  return ((byte ?? 0) << 24) >> 24;
}

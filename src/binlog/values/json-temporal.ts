import type { ByteSink } from '../columns/byte-sink.js';
import { jsonFormatError, readUint32 } from './json-layout.js';
import { writePadded } from './json-number.js';

const quote = 0x22;
const minus = 0x2d;
const colon = 0x3a;
const point = 0x2e;

/**
 * Appends a date, time or datetime of an opaque JSON value, in quotes; six fraction digits always.
 *
 * ```text
 *  bit 63   62 … 46                45 … 41   40 … 36  35 … 30   29 … 24   23 … 0
 *  ┌──────┬──────────────────────┬─────────┬────────┬─────────┬─────────┬──────────────┐
 *  │ sign │ year × 13 + month    │ day     │ hour   │ minute  │ second  │ microseconds │
 *  └──────┴──────────────────────┴─────────┴────────┴─────────┴─────────┴──────────────┘
 * ```
 * Little-endian, two's complement. A time has no date, and its hour takes 10 bits.
 *
 * Errors: `BINLOG_FORMAT` for parts that can't be, such as minute 60.
 * Source: MySQL 9.7 sql-common/my_time.cc, TIME_from_longlong_packed and my_TIME_to_str.
 */
export function writeJsonTemporal(
  kind: 'date' | 'time' | 'datetime',
  source: Uint8Array,
  at: number,
  sink: ByteSink,
): void {
  let low = readUint32(source, at);
  let high = readUint32(source, at + 4);
  const negative = high >= 0x8000_0000;
  if (negative) {
    high = low === 0 ? 0x1_0000_0000 - high : 0xffff_ffff - high;
    low = low === 0 ? 0 : 0x1_0000_0000 - low;
  }
  const microseconds = low & 0xff_ffff;
  const second = (low >>> 24) & 63;
  const minute = ((low >>> 30) | (high << 2)) & 63;
  const hour = (high >>> 4) & (kind === 'time' ? 0x3ff : 31);
  if (microseconds > 999_999 || second > 59 || minute > 59) throw impossible(kind);

  sink.writeByte(quote);
  if (kind === 'time') {
    if (negative) sink.writeByte(minus);
    writePadded(hour, hour > 99 ? 3 : 2, sink);
  } else {
    if (negative || hour > 23) throw impossible(kind);
    writeDate(high, sink);
    if (kind === 'datetime') {
      sink.writeByte(0x20);
      writePadded(hour, 2, sink);
    }
  }
  if (kind !== 'date') writeMinutes(minute, second, microseconds, sink);
  sink.writeByte(quote);
}

function writeDate(high: number, sink: ByteSink): void {
  const yearMonth = high >>> 14;
  const year = Math.floor(yearMonth / 13);
  if (year > 9999) throw impossible('date');
  writePadded(year, 4, sink);
  sink.writeByte(minus);
  writePadded(yearMonth % 13, 2, sink);
  sink.writeByte(minus);
  writePadded((high >>> 9) & 31, 2, sink);
}

function writeMinutes(minute: number, second: number, microseconds: number, sink: ByteSink): void {
  sink.writeByte(colon);
  writePadded(minute, 2, sink);
  sink.writeByte(colon);
  writePadded(second, 2, sink);
  sink.writeByte(point);
  writePadded(microseconds, 6, sink);
}

function impossible(kind: string): Error {
  return jsonFormatError(`a ${kind} with impossible parts`);
}

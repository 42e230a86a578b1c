import type { ByteSink } from '../columns/byte-sink.js';
import { writeJsonDecimal } from './json-decimal.js';
import type { JsonForm } from './json-form.js';
import { jsonFormatError } from './json-layout.js';
import { writeQuoted } from './json-string.js';
import { writeJsonTemporal } from './json-temporal.js';

/** MySQL column types that opaque values are printed by; every other one is printed in base64. */
const opaqueTypes = {
  timestamp: 7,
  date: 10,
  time: 11,
  datetime: 12,
  newDecimal: 246,
  varString: 253,
} as const;

const base64Digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
/** The server's base64_encode ends a line after 76 digits, which are 57 bytes. */
const base64LineBytes = 57;

/**
 * Appends the payload of an opaque JSON value: a decimal, a date or time, or bytes in base64.
 *
 * Errors: `BINLOG_FORMAT` for a decimal or temporal value that no server writes.
 * Source: MySQL 9.7 sql-common/json_dom.cc, wrapper_to_string and Json_wrapper::type.
 */
export function writeJsonOpaque(
  fieldType: number,
  source: Uint8Array,
  start: number,
  end: number,
  form: JsonForm,
  sink: ByteSink,
): void {
  switch (fieldType) {
    case opaqueTypes.newDecimal:
      writeJsonDecimal(source, start, end, sink);
      return;
    case opaqueTypes.date:
    case opaqueTypes.time:
    case opaqueTypes.datetime:
    case opaqueTypes.timestamp: {
      if (end - start !== 8) throw jsonFormatError('a date or time has not 8 bytes');
      const kind = fieldType === opaqueTypes.date ? 'date' : 'datetime';
      writeJsonTemporal(fieldType === opaqueTypes.time ? 'time' : kind, source, start, sink);
      return;
    }
    default:
      if (fieldType === opaqueTypes.varString && form.plainVarString) {
        writeQuoted(source, start, end, sink);
      } else {
        writeBase64(fieldType, source, start, end, form, sink);
      }
  }
}

function writeBase64(
  fieldType: number,
  source: Uint8Array,
  start: number,
  end: number,
  form: JsonForm,
  sink: ByteSink,
): void {
  sink.writeAscii(`"base64:type${String(fieldType)}:`);
  for (let line = start; line < end; line += base64LineBytes) {
    if (line > start) sink.writeAscii(form.escapedBase64 ? '\\n' : '\n');
    writeBase64Line(source, line, Math.min(line + base64LineBytes, end), sink);
  }
  sink.writeByte(0x22);
}

function writeBase64Line(source: Uint8Array, start: number, end: number, sink: ByteSink): void {
  for (let from = start; from < end; from += 3) {
    const count = Math.min(3, end - from);
    const bits =
      ((source[from] ?? 0) << 16) |
      (count > 1 ? (source[from + 1] ?? 0) << 8 : 0) |
      (count > 2 ? (source[from + 2] ?? 0) : 0);
    for (let digit = 0; digit < 4; digit++) {
      const code = base64Digits.charCodeAt((bits >> (18 - 6 * digit)) & 63);
      sink.writeByte(digit <= count ? code : 0x3d);
    }
  }
}

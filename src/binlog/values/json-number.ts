import type { ByteSink } from '../columns/byte-sink.js';
import type { JsonForm } from './json-form.js';
import { jsonFormatError, readUint32 } from './json-layout.js';

const doubleValue = new Float64Array(1);
const doubleWords = new Uint32Array(doubleValue.buffer);
const isLittleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** Appends an integer of up to 32 bits in decimal. */
export function writeInteger(value: number, sink: ByteSink): void {
  if (value < 0) {
    sink.writeByte(0x2d);
    value = -value;
  }
  let digits = 1;
  for (let bound = 10; value >= bound; bound *= 10) digits++;
  writePadded(value, digits, sink);
}

/** Appends a non-negative integer of up to 32 bits in exactly `digits` decimal digits. */
export function writePadded(value: number, digits: number, sink: ByteSink): void {
  sink.reserve(digits);
  const { bytes, length: start } = sink;
  const end = start + digits;
  let rest = value;
  for (let at = end - 1; at >= start; at--) {
    const next = (rest / 10) >>> 0;
    bytes[at] = 0x30 + rest - next * 10;
    rest = next;
  }
  sink.length = end;
}

/** Appends the 8-byte little-endian integer at `at` in decimal. */
export function writeInteger64(
  source: Uint8Array,
  at: number,
  signed: boolean,
  sink: ByteSink,
): void {
  const low = readUint32(source, at);
  const high = signed ? readUint32(source, at + 4) | 0 : readUint32(source, at + 4);
  const value = high * 0x1_0000_0000 + low;
  if (Number.isSafeInteger(value)) sink.writeAscii(String(value));
  else sink.writeAscii(String((BigInt(high) << 32n) + BigInt(low)));
}

/**
 * Appends the 8-byte little-endian double at `at` as MySQL prints it inside JSON: the shortest digits
 * that give the number back, an exponent below 1e-15 and for integers from 1e15 on, and since MySQL
 * 8.0 a `.0` where nothing else tells a double from an integer.
 *
 * Errors: `BINLOG_FORMAT` for NaN and infinities.
 * Source: MySQL 9.7 strings/dtoa.cc, my_gcvt; sql-common/json_dom.cc, wrapper_to_string.
 */
export function writeDouble(source: Uint8Array, at: number, form: JsonForm, sink: ByteSink): void {
  const low = readUint32(source, at);
  const high = readUint32(source, at + 4);
  doubleWords[isLittleEndian ? 0 : 1] = low;
  doubleWords[isLittleEndian ? 1 : 0] = high;
  const value = doubleValue[0] ?? 0;
  if (!Number.isFinite(value)) throw jsonFormatError('a double that is no number');
  const magnitude = Math.abs(value);
  if (magnitude >= 1e-6 && magnitude < 1e9) {
    const millionths = Math.round(magnitude * 1e6);
    // At most 15 digits: no other decimal as short gives the same double, so these are the shortest.
    if (millionths / 1e6 === magnitude) {
      if (value < 0) sink.writeByte(0x2d);
      writeMillionths(millionths, form, sink);
      return;
    }
  }
  const isInteger = Number.isInteger(value);
  // Here String() writes as MySQL does. It drops the sign of zero, so zero takes the long way.
  if (magnitude >= 1e-6 && (magnitude < 1e15 || !isInteger)) {
    sink.writeAscii(String(value));
    if (form.pointZero && isInteger) sink.writeAscii('.0');
    return;
  }
  if (high >= 0x8000_0000) sink.writeByte(0x2d);
  writeMagnitude(magnitude, form, sink);
}

/** Appends a count of millionths, below 1e15, as a decimal without trailing zeros. */
function writeMillionths(millionths: number, form: JsonForm, sink: ByteSink): void {
  const whole = Math.floor(millionths / 1e6);
  let fraction = millionths - whole * 1e6;
  writeInteger(whole, sink);
  if (fraction === 0) {
    if (form.pointZero) sink.writeAscii('.0');
    return;
  }
  let digits = 6;
  while (fraction % 10 === 0) {
    fraction /= 10;
    digits--;
  }
  sink.writeByte(0x2e);
  writePadded(fraction, digits, sink);
}

function writeMagnitude(magnitude: number, form: JsonForm, sink: ByteSink): void {
  if (magnitude === 0) {
    sink.writeAscii(form.pointZero ? '0.0' : '0');
    return;
  }
  const [mantissa = '', exponentText = '0'] = magnitude.toExponential().split('e');
  const exponent = Number(exponentText);
  if (exponent < -15 || exponent > 14) {
    sink.writeAscii(`${mantissa}e${String(exponent)}`);
    return;
  }
  sink.writeAscii('0.' + '0'.repeat(-exponent - 1) + mantissa.replace('.', ''));
}

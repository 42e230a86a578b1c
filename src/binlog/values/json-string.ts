import type { ByteSink } from '../columns/byte-sink.js';

const quote = 0x22;
const backslash = 0x5c;

/** What stands after the backslash for each byte that needs one; 0 for a byte that needs none. */
const escapes = buildEscapes();
const hexDigits = '0123456789abcdef';

/**
 * Appends UTF-8 bytes as a JSON string, quoted and escaped as MySQL does it: only `"`, `\` and what
 * lies below the space are escaped.
 *
 * Source: MySQL 9.7 sql-common/json_dom.cc, double_quote and escape_character.
 */
export function writeQuoted(source: Uint8Array, start: number, end: number, sink: ByteSink): void {
  sink.reserve(end - start + 2);
  let target = sink.bytes;
  let at = sink.length;
  target[at++] = quote;
  for (let from = start; from < end; from++) {
    const byte = source[from] ?? 0;
    if (escapes[byte] === 0) {
      target[at++] = byte;
      continue;
    }
    sink.length = at;
    writeEscape(byte, sink);
    sink.reserve(end - from);
    target = sink.bytes;
    at = sink.length;
  }
  target[at++] = quote;
  sink.length = at;
}

function writeEscape(byte: number, sink: ByteSink): void {
  const letter = escapes[byte] ?? 0;
  sink.writeByte(backslash);
  sink.writeByte(letter);
  if (letter !== 0x75) return;
  sink.writeAscii('00');
  sink.writeByte(hexDigits.charCodeAt(byte >> 4));
  sink.writeByte(hexDigits.charCodeAt(byte & 15));
}

function buildEscapes(): Uint8Array {
  const table = new Uint8Array(256).fill('u'.charCodeAt(0), 0, 0x20);
  table[0x08] = 'b'.charCodeAt(0);
  table[0x09] = 't'.charCodeAt(0);
  table[0x0a] = 'n'.charCodeAt(0);
  table[0x0c] = 'f'.charCodeAt(0);
  table[0x0d] = 'r'.charCodeAt(0);
  table[quote] = quote;
  table[backslash] = backslash;
  return table;
}

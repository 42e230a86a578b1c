import { tableParts } from './multi-byte.js';
import { unpackTable } from './packed-table.js';
import { gb18030Table } from './tables/gb18030.js';
import type { Transcoder } from './transcoder-type.js';
import { putCodePoint, replacement } from './utf8.js';

/** Four-byte codes are numbered from 81308130; U+10000 to U+10FFFF are 90308130 to E3329A35. */
const supplementaryFirst = 189_000;
const supplementaryCount = 0x10_0000;
/** Stands for bytes that are not a four-byte code. */
const noCode = -1;

/**
 * The transcoder of GB 18030: codes of one, two and four bytes, as MySQL reads them.
 *
 * ```text
 *  two bytes:  ┌─────────┬──────────────┐   four bytes:  ┌─────────┬─────────┬─────────┬─────────┐
 *              │ 81 … FE │ 40 … FE, ≠7F │                │ 81 … FE │ 30 … 39 │ 81 … FE │ 30 … 39 │
 *              └─────────┴──────────────┘                └─────────┴─────────┴─────────┴─────────┘
 * ```
 * Source: MySQL 9.7 strings/ctype-gb18030.cc, my_mb_wc_gb18030.
 */
export function gb18030Transcoder(): Transcoder {
  const table = unpackTable(gb18030Table);
  const doubles = table.subarray(tableParts.double, tableParts.triple);
  const fours = table.subarray(tableParts.triple);
  return (source, start, end, sink) => {
    sink.reserve((end - start) * 3);
    const target = sink.bytes;
    let at = sink.length;
    for (let from = start; from < end;) {
      const first = source[from] ?? 0;
      if (first < 0x80) {
        target[at++] = first;
        from++;
        continue;
      }
      let code =
        from + 1 < end ? (doubles[((first & 0x7f) << 8) + (source[from + 1] ?? 0)] ?? 0) : 0;
      let size = 2;
      if (code === 0) {
        const number = from + 3 < end ? fourByteNumber(source, from) : noCode;
        code = number === noCode ? replacement : codePoint(fours, number);
        size = number === noCode ? 1 : 4;
      }
      at = putCodePoint(target, at, code);
      from += size;
    }
    sink.length = at;
  };
}

/** The number of the four-byte code at `at`. */
function fourByteNumber(source: Uint8Array, at: number): number {
  const first = (source[at] ?? 0) - 0x81;
  const second = (source[at + 1] ?? 0) - 0x30;
  const third = (source[at + 2] ?? 0) - 0x81;
  const fourth = (source[at + 3] ?? 0) - 0x30;
  const isCode =
    isBelow(first, 126) && isBelow(second, 10) && isBelow(third, 126) && isBelow(fourth, 10);
  return isCode ? ((first * 10 + second) * 126 + third) * 10 + fourth : noCode;
}

function isBelow(value: number, bound: number): boolean {
  return value >= 0 && value < bound;
}

function codePoint(fours: Uint16Array, number: number): number {
  const supplementary = number - supplementaryFirst;
  if (supplementary < 0) return fours[number] ?? replacement;
  return supplementary < supplementaryCount ? 0x1_0000 + supplementary : replacement;
}

import { unpackTable } from './packed-table.js';
import { big5Table } from './tables/big5.js';
import { cp932Table } from './tables/cp932.js';
import { eucjpmsTable } from './tables/eucjpms.js';
import { euckrTable } from './tables/euckr.js';
import { gb2312Table } from './tables/gb2312.js';
import { gbkTable } from './tables/gbk.js';
import { sjisTable } from './tables/sjis.js';
import { ujisTable } from './tables/ujis.js';
import type { Transcoder } from './transcoder-type.js';
import { putCodePoint, replacement } from './utf8.js';

/** Where the parts of an unpacked table start: codes of one byte, of two, and 8F and two more. */
export const tableParts = { single: 0, double: 0x100, triple: 0x100 + 0x8000 } as const;

const thirdPlane = 0x8f;

/** The packed tables of the charsets that mix codes of one, two and three bytes. */
export const multiByteTables: Readonly<Record<string, string>> = {
  big5: big5Table,
  cp932: cp932Table,
  eucjpms: eucjpmsTable,
  euckr: euckrTable,
  gb2312: gb2312Table,
  gbk: gbkTable,
  sjis: sjisTable,
  ujis: ujisTable,
};

/** A transcoder for a charset of up to three bytes a character, all of them below U+10000. */
export function multiByteTranscoder(packed: string): Transcoder {
  const table = unpackTable(packed);
  const hasTriples = table.length > tableParts.triple;
  return (source, start, end, sink) => {
    sink.reserve((end - start) * 3);
    const target = sink.bytes;
    let at = sink.length;
    for (let from = start; from < end;) {
      const first = source[from] ?? 0;
      if (first < 0x80) {
        // The lower half is ASCII in all of them, the backslash of sjis and cp932 included.
        target[at++] = first;
        from++;
        continue;
      }
      let code = table[first] ?? 0;
      let size = 1;
      if (code === 0 && from + 1 < end) {
        const second = source[from + 1] ?? 0;
        code = table[tableParts.double + ((first & 0x7f) << 8) + second] ?? 0;
        size = 2;
        if (code === 0 && hasTriples && first === thirdPlane && second >= 0x80 && from + 2 < end) {
          const third = source[from + 2] ?? 0;
          code = table[tableParts.triple + ((second & 0x7f) << 8) + third] ?? 0;
          size = 3;
        }
      }
      if (code === 0) {
        code = replacement;
        size = 1;
      }
      at = putCodePoint(target, at, code);
      from += size;
    }
    sink.length = at;
  };
}

import { columnLayout } from '../binlog/index.js';
import { isBitSet, type ColumnData } from '../protocol/index.js';
import type { Rows } from './rows.js';

const firstHash = 0x2545f491;
/** Stands for NULL, which no bytes stand for. */
const nullWord = 0x6d2b79f5;

/** Hashes of rows by the bytes of some of their columns. Only to find rows: equal hashes prove nothing. */
export function hashRows({ schema, columns, rows }: Rows, indexes: readonly number[]): Int32Array {
  const hashes = new Int32Array(rows).fill(firstHash);
  for (const index of indexes) {
    const column = schema.columns[index];
    const data = columns[index];
    if (column === undefined || data === undefined) throw new RangeError(`no column ${index}`);
    const layout = columnLayout(column.type);
    if (layout.kind === 'fixed') hashFixed(hashes, data, layout.bytes);
    else hashVariable(hashes, data, layout.unitBytes);
  }
  return hashes;
}

function hashFixed(hashes: Int32Array, data: ColumnData, width: number): void {
  const { values, validity } = data;
  const view = new DataView(values.buffer, values.byteOffset, values.byteLength);
  for (let row = 0; row < hashes.length; row += 1) {
    let hash = hashes[row] ?? 0;
    const end = (row + 1) * width;
    let at = row * width;
    if (validity !== undefined && !isBitSet(validity, row)) hash = mix(hash, nullWord);
    else if (width === 1) hash = mix(hash, view.getInt8(at));
    else if (width === 2) hash = mix(hash, view.getInt16(at, true));
    else for (; at < end; at += 4) hash = mix(hash, view.getInt32(at, true));
    hashes[row] = hash;
  }
}

function hashVariable(hashes: Int32Array, data: ColumnData, unitBytes: number): void {
  const { values, validity, offsets } = data;
  const view = new DataView(values.buffer, values.byteOffset, values.byteLength);
  for (let row = 0; row < hashes.length; row += 1) {
    let hash = hashes[row] ?? 0;
    if (validity !== undefined && !isBitSet(validity, row)) {
      hashes[row] = mix(hash, nullWord);
      continue;
    }
    let at = (offsets?.[row] ?? 0) * unitBytes;
    const end = (offsets?.[row + 1] ?? 0) * unitBytes;
    hash = mix(hash, end - at);
    for (; at <= end - 4; at += 4) hash = mix(hash, view.getInt32(at, true));
    for (; at < end; at += 1) hash = mix(hash, view.getUint8(at));
    hashes[row] = hash;
  }
}

/** A round of MurmurHash3, and its last step, which spreads what the low bits have. */
function mix(hash: number, word: number): number {
  let mixed = Math.imul(word, 0xcc9e2d51);
  mixed = Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593) ^ hash;
  mixed = Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  return mixed ^ (mixed >>> 13);
}

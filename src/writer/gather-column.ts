import { columnLayout } from '../binlog/index.js';
import type { Column, ColumnData } from '../protocol/index.js';

/** Where each row of a new column comes from: row `rows[r]` of `sources[from[r]]`. */
export interface Gathering {
  sources: readonly ColumnData[];
  from: Int32Array;
  rows: Int32Array;
}

/** Makes a column of values that lie in several others of the same type. Owns: new buffers. */
export function gatherColumn(column: Column, gathering: Gathering): ColumnData {
  const layout = columnLayout(column.type);
  const { from, rows } = gathering;
  const gathered =
    layout.kind === 'fixed'
      ? { offsets: undefined, values: gatherFixed(gathering, layout.bytes) }
      : gatherVariable(gathering, layout.unitBytes);
  const validity = new Uint8Array((rows.length + 7) >> 3).fill(255);
  let nullCount = 0;
  for (let row = 0; row < rows.length; row += 1) {
    const bits = gathering.sources[from[row] ?? 0]?.validity;
    const at = rows[row] ?? 0;
    if (bits === undefined || ((bits[at >> 3] ?? 0) & (1 << (at & 7))) !== 0) continue;
    validity[row >> 3] = (validity[row >> 3] ?? 0) & ~(1 << (row & 7));
    nullCount += 1;
  }
  return { ...gathered, validity: nullCount > 0 ? validity : undefined, nullCount };
}

function gatherFixed({ sources, from, rows }: Gathering, width: number): Uint8Array {
  const values = new Uint8Array(rows.length * width);
  for (let row = 0; row < rows.length; row += 1) {
    const at = (rows[row] ?? 0) * width;
    const source = sources[from[row] ?? 0]?.values;
    if (source !== undefined) values.set(source.subarray(at, at + width), row * width);
  }
  return values;
}

function gatherVariable(
  { sources, from, rows }: Gathering,
  unitBytes: number,
): { offsets: Int32Array; values: Uint8Array } {
  const offsets = new Int32Array(rows.length + 1);
  const spanOf = (row: number): { source: ColumnData | undefined; start: number; end: number } => {
    const source = sources[from[row] ?? 0];
    const at = rows[row] ?? 0;
    return { source, start: source?.offsets?.[at] ?? 0, end: source?.offsets?.[at + 1] ?? 0 };
  };
  for (let row = 0; row < rows.length; row += 1) {
    const { start, end } = spanOf(row);
    offsets[row + 1] = (offsets[row] ?? 0) + end - start;
  }
  const values = new Uint8Array((offsets[rows.length] ?? 0) * unitBytes);
  for (let row = 0; row < rows.length; row += 1) {
    const { source, start, end } = spanOf(row);
    if (source === undefined || start === end) continue;
    const bytes = source.values.subarray(start * unitBytes, end * unitBytes);
    values.set(bytes, (offsets[row] ?? 0) * unitBytes);
  }
  return { offsets, values };
}

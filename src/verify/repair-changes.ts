import { columnLayout } from '../binlog/index.js';
import type { ChangeColumns } from '../protocol/index.js';
import { gatherRows, type ComparedTable, type RowPlace } from './rows.js';
import type { Suspect } from './suspect.js';

/** What was done to the rows of a table of the copy. */
export interface RepairCounts {
  inserted: number;
  deleted: number;
  changed: number;
}

/** Row changes that make a table of the copy what its source is. */
export interface RepairChanges {
  counts: RepairCounts;
  /** In pieces of about `pieceBytes`. */
  pieces: Iterable<ChangeColumns>;
}

/** A piece is sent as one Arrow stream. */
const pieceBytes = 8 * 1024 * 1024;

/**
 * Gives the changes for rows that differ, as both sides were at one place. Of a table with a key, a row becomes the
 * source's, whatever it was; of one without, only the difference in number is known, and is made.
 */
export function repairChanges(
  table: ComparedTable,
  suspects: readonly Suspect[],
): RepairChanges | undefined {
  const counts = { inserted: 0, deleted: 0, changed: 0 };
  const rows: { place: RowPlace; delmark: 0 | 1; times: number }[] = [];
  for (const { source, copy, sourceCount, copyCount } of suspects) {
    const gap = sourceCount - copyCount;
    const times = Math.max(1, Math.abs(gap));
    const isGone = gap < 0;
    const place = isGone ? (copy ?? source) : source;
    if (place === undefined) throw new RangeError('a row that differs and lies nowhere');
    counts[gap > 0 ? 'inserted' : isGone ? 'deleted' : 'changed'] += times;
    rows.push({ place, delmark: isGone ? 1 : 0, times });
  }
  if (rows.length === 0) return undefined;
  return { counts, pieces: cutPieces(table, rows) };
}

function* cutPieces(
  { schema }: ComparedTable,
  rows: readonly { place: RowPlace; delmark: 0 | 1; times: number }[],
): Generator<ChangeColumns> {
  let places: RowPlace[] = [];
  let delmarks: number[] = [];
  let bytes = 0;
  const take = (): ChangeColumns => {
    const changes = { ...gatherRows(schema, places), delmarks: Uint8Array.from(delmarks) };
    places = [];
    delmarks = [];
    bytes = 0;
    return changes;
  };
  for (const { place, delmark, times } of rows) {
    const size = rowBytes(place);
    for (let time = 0; time < times; time += 1) {
      places.push(place);
      delmarks.push(delmark);
      bytes += size;
      if (bytes >= pieceBytes) yield take();
    }
  }
  if (places.length > 0) yield take();
}

function rowBytes({ rows, row }: RowPlace): number {
  let bytes = 0;
  rows.schema.columns.forEach(({ type }, index) => {
    const layout = columnLayout(type);
    const offsets = rows.columns[index]?.offsets;
    bytes +=
      layout.kind === 'fixed'
        ? layout.bytes
        : ((offsets?.[row + 1] ?? 0) - (offsets?.[row] ?? 0)) * layout.unitBytes;
  });
  return bytes;
}

import type { PlacedIncompleteRows } from '../binlog/index.js';
import type { ChangeColumns } from '../protocol/index.js';
import { keyReader } from './row-keys.js';

/** Where rows that lack values get them from. */
export interface RowOrigins {
  /** For each row: the gap that it belongs to, or -1. */
  gapOf: Int32Array;
  /**
   * For each row of a gap: an earlier row of the same changes, or `fromEngine - i` for the row of
   * the engine that has the key of `wanted[i]`, or `fromDefaults`.
   */
  origin: Int32Array;
  /** Rows whose keys are to be looked up in the engine. */
  wanted: number[];
  /** A gap whose row was taken away by an earlier change, so that there is nothing to complete it from. */
  orphan: PlacedIncompleteRows | undefined;
}

export const fromDefaults = -1;
export const fromEngine = -2;
const takenAway = -1;

/** Finds, change by change, which row is the current one when an incomplete one comes. */
export function findOrigins(
  changes: ChangeColumns,
  gaps: readonly PlacedIncompleteRows[],
): RowOrigins {
  const { rows, delmarks } = changes;
  const gapOf = new Int32Array(rows).fill(-1);
  const origin = new Int32Array(rows);
  // For a row at which a gap's current row is to be looked up: the row to complete, plus one.
  const completedAt = new Int32Array(rows);
  gaps.forEach((gap, index) => {
    gap.rows.forEach((row, i) => {
      gapOf[row] = index;
      if (gap.source === 'default') origin[row] = fromDefaults;
      else completedAt[gap.keyRows[i] ?? row] = row + 1;
    });
  });
  const origins: RowOrigins = { gapOf, origin, wanted: [], orphan: undefined };
  if (changes.schema.primaryKey.length === 0) return origins;
  const keyOf = keyReader(changes.schema, changes.columns);
  const latest = new Map<string, number>();
  for (let row = 0; row < rows; row += 1) {
    const key = keyOf(row);
    const completed = (completedAt[row] ?? 0) - 1;
    if (completed >= 0) {
      const current = latest.get(key);
      if (current === takenAway) return { ...origins, orphan: gaps[gapOf[completed] ?? 0] };
      origin[completed] = current ?? fromEngine - (origins.wanted.push(row) - 1);
    }
    latest.set(key, delmarks[row] === 1 ? takenAway : row);
  }
  return origins;
}

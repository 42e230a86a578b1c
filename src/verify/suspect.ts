import type { Position } from '../protocol/index.js';
import type { ComparedTable, RowPlace } from './rows.js';
import { sameRow } from './same-value.js';

/** A row that source and copy do not hold alike, as they were read. */
export interface Suspect {
  /** As `keyTextReader` gives it. */
  key: string;
  /** The source's row; undefined where it has none. */
  source: RowPlace | undefined;
  /** How many equal rows the source has: 0 or 1 where there is a key. */
  sourceCount: number;
  copy: RowPlace | undefined;
  copyCount: number;
  /** As of which place in the log the copy was read. */
  copyAt: Position;
  /** The log does not say for certain what became of the row since the source was read. */
  isUncertain: boolean;
}

/** Rows that did not agree, by table and key. */
export type SuspectTables = Map<ComparedTable, Map<string, Suspect>>;

/** Whether both sides hold the row alike. */
export function isSettled(table: ComparedTable, suspect: Suspect): boolean {
  const { source, copy, sourceCount, copyCount } = suspect;
  if (sourceCount !== copyCount) return false;
  if (table.isKeyless || source === undefined || copy === undefined) return true;
  return sameRow(
    source,
    copy,
    table.schema.columns.map((_, index) => index),
  );
}

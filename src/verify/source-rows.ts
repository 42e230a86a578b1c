import { describeTableError, TextRows } from '../load/index.js';
import { tableName } from '../protocol/index.js';
import type { LoadSession } from '../source/index.js';
import { hashRows } from './hash-rows.js';
import { gatherRows, type ComparedTable, type RowPlace, type Rows } from './rows.js';

/** Rows are looked at in pieces of so many bytes. */
const pieceBytes = 4 * 1024 * 1024;

/** Which rows of a part of a table are compared, by the hash of their key; undefined for all. */
export type KeepRow = ((hash: number) => boolean) | undefined;

/** What one SELECT has given. */
export interface SourceRows {
  chunks: readonly Rows[];
  /** All that the SELECT gave, and what they hold, kept or not. */
  rows: number;
  bytes: number;
  /** The rows are more than `bytesMax`: `chunks` holds none of them. */
  isTooLarge: boolean;
}

/**
 * Reads rows of the source by the session, and the code, of the first load.
 *
 * Errors: those of the server, with the table; TablesChanged; UNSUPPORTED for a value that no copy holds.
 */
export async function readSourceRows(
  session: LoadSession,
  sql: string,
  table: ComparedTable,
  keep: KeepRow,
  bytesMax: number,
): Promise<SourceRows> {
  // The copy holds no zero date under either policy: here they are NULL always. No kernel: what it has read
  // wrongly is to be found.
  const text = new TextRows(table.known, table.schema, {
    zeroDate: 'null',
    outcome: 'The comparison stops here.',
  });
  const chunks: Rows[] = [];
  let bytes = 0;
  let allBytes = 0;
  const takePiece = (): void => {
    if (text.builder.rows === 0) return;
    const size = text.builder.bytes;
    const taken = text.builder.take();
    allBytes += size;
    // The answer has to be read to its end, kept or not: the session is needed again.
    if (bytes > bytesMax) return;
    const kept = keep === undefined ? taken : keepRows(taken, table, keep);
    bytes += taken.rows === 0 ? 0 : size * (kept.rows / taken.rows);
    if (bytes > bytesMax) chunks.length = 0;
    else if (kept.rows > 0) chunks.push(kept);
  };
  try {
    // Without the savepoint an ALTER would wait for the whole snapshot, and all statements after it.
    await session.query('SAVEPOINT part');
    await session.read(sql, text, () => {
      if (text.builder.bytes >= pieceBytes) takePiece();
      return undefined;
    });
    takePiece();
    await session.query('ROLLBACK TO SAVEPOINT part');
  } catch (error) {
    throw describeTableError(error, tableName(table.known.schema));
  }
  return { chunks, rows: text.rows, bytes: allBytes, isTooLarge: bytes > bytesMax };
}

/** The rows that are compared, in memory of their own. */
export function keepRows(rows: Rows, table: ComparedTable, keep: (hash: number) => boolean): Rows {
  const hashes = hashRows(rows, table.key);
  const places: RowPlace[] = [];
  hashes.forEach((hash, row) => {
    if (keep(hash)) places.push({ rows, row });
  });
  return places.length === rows.rows ? rows : gatherRows(table.schema, places);
}

import {
  arrowEndOfStream,
  chooseTable,
  findSnapshot,
  findTable,
  listColumns,
  parseSortKeys,
  scanSql,
  type ArrowScan,
  type Engine,
  type ScanColumn,
  type ScanRequest,
} from '../../protocol/index.js';
import { checkWhere } from './check-where.js';

/** Which rows of which table a scan gives. */
export interface ScanOptions {
  /** `database.table`; may be left out where the engine holds one table. */
  table?: string;
  /** Read the table as this snapshot keeps it. */
  snapshot?: string;
  /** In this order; all of the table's when absent. */
  columns?: readonly string[];
  /** One expression of the engine's SQL. */
  where?: string;
  /** As `total desc, id`. */
  orderBy?: string;
  /** At most so many rows. */
  limit?: number;
  /** Ends it. */
  signal?: AbortSignal;
}

/** A scan that has begun. Owns: the caller reads `rows` to the end, or closes it. */
export interface TableScan {
  database: string;
  table: string;
  /** All columns of the table, not only those that are given. */
  columns: readonly ScanColumn[];
  rows: ArrowScan;
}

/**
 * Begins to read a table. The rows are those of one moment, whatever is written meanwhile.
 *
 * Errors: NOT_FOUND for the table or the snapshot; INVALID_REQUEST for a column that it has not, and a condition
 * that is not exactly one expression; those of the engine.
 */
export async function openTableScan(engine: Engine, options: ScanOptions = {}): Promise<TableScan> {
  const { columns: names, where, orderBy, limit, signal } = options;
  const sortKeys = orderBy === undefined ? undefined : parseSortKeys(orderBy);
  const { database, table, stored } = await findSource(engine, options);
  const columns = await listColumns(engine, stored ?? { database, table });
  const request: ScanRequest = {
    database,
    table,
    ...(stored === undefined ? {} : { stored }),
    ...(names === undefined ? {} : { columns: names }),
    ...(where === undefined ? {} : { where }),
    ...(sortKeys === undefined ? {} : { orderBy: sortKeys }),
    ...(limit === undefined ? {} : { rowsMax: limit }),
  };
  const sql = scanSql(request, columns);
  if (where !== undefined) await checkWhere(engine, where, sql);
  const rows = await engine.query(sql, signal === undefined ? {} : { signal });
  return { database, table, columns, rows };
}

/**
 * Gives the rows of a table as the bytes of an Arrow IPC stream, piece by piece: what `tableFromIPC` of apache-arrow reads,
 * and pyarrow from a file or a socket.
 *
 * Owns: the pieces are the caller's. Leaving the loop early ends the query.
 * Errors: as `openTableScan`, when the first piece is asked for.
 */
export async function* scan(
  engine: Engine,
  options: ScanOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const { rows } = await openTableScan(engine, options);
  for await (const message of rows) yield message.bytes.slice();
  yield arrowEndOfStream;
}

/** The table that was named, and where a snapshot keeps it. */
async function findSource(
  engine: Engine,
  { table, snapshot }: ScanOptions,
): Promise<Pick<ScanRequest, 'database' | 'table' | 'stored'>> {
  if (snapshot === undefined) return await findTable(engine, table);
  const { tables } = await findSnapshot(engine, snapshot);
  return chooseTable(tables, table, `the snapshot ${snapshot} of ${engine.location}`);
}

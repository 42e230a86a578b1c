import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import {
  changesSql,
  decodeSchemaMessage,
  encodeSchemaMessage,
  FlashError,
  listColumns,
  readTable,
  relabelSchema,
  scanSql,
  tableName,
  type CatalogTable,
  type Engine,
  type ScanColumn,
  type ScanRequest,
  type TableRef,
} from '../protocol/index.js';
import {
  aggregateSql,
  filterSql,
  isFloatType,
  type PlanMessage,
  type PlanOkMessage,
} from '../protocol/wire/index.js';
import { changesRequest, isOfChanges } from './plan-changes.js';
import { snapshotGone, type PlanSource } from './snapshot.js';
import { findSplitBounds } from './split-bounds.js';
import { splitPredicates, type KeyColumn } from './split-predicate.js';
import { signTicket } from './ticket.js';

/** Whose tickets a plan's are. */
export interface TicketIssuer {
  serverId: string;
  key: Uint8Array;
}

/**
 * Plans a scan of `source`: finds the splits and signs a ticket for each.
 *
 * Errors: NOT_FOUND for the table; INVALID_REQUEST for columns and filters that do not fit it.
 */
export async function planScan(
  engine: Engine,
  message: PlanMessage,
  source: PlanSource,
  issuer: TicketIssuer,
): Promise<PlanOkMessage> {
  const { stored, snapshot, expiresAtMs } = source;
  const table = await readTable(engine, stored);
  if (table === undefined) throw tableGone(message, snapshot);
  const columns = await listColumns(engine, stored);
  const filter = message.filter === undefined ? undefined : filterSql(message.filter, columns);
  const { request, mysqlTypes } = scanRequest(message, stored, columns);
  const types = mysqlTypes ?? mysqlTypesOf(columns);
  const changes = isOfChanges(message)
    ? await changesRequest(engine, message, source, columns, table.primaryKey)
    : undefined;
  const sqlOf = (part: Pick<ScanRequest, 'where' | 'rowsMax' | 'threadsMax'>): string =>
    changes === undefined
      ? scanSql({ ...request, ...part }, columns)
      : changesSql({ ...changes, ...part }, columns);
  const schema = await readSchema(engine, sqlOf({ rowsMax: 0 }), types);
  const key = findKey(table, columns);
  const count = countSplits(message, table, key);
  const { rows, bounds } = await findSplitBounds(engine, stored, key, count);
  // The splits are read at once, and more threads than cores only get in each other's way.
  const threadsMax = Math.ceil(availableParallelism() / (bounds.length + 1));
  const splits = splitPredicates(key, bounds).map((range) => {
    const where = [filter, range].filter((part) => part !== undefined).join('\n AND ');
    const part = { threadsMax, ...(where === '' ? {} : { where }) };
    const ticket = {
      serverId: issuer.serverId,
      expiresAtMs,
      ...{ database: message.database, table: message.table },
      ...{ stored, snapshot },
      columnsFingerprint: fingerprintColumns(columns),
      mysqlTypes: mysqlTypes === undefined ? undefined : [...mysqlTypes],
      sql: sqlOf(part),
    };
    return {
      ticket: signTicket(ticket, issuer.key),
      rows: Math.round(rows / (bounds.length + 1)),
    };
  });
  return {
    ...{ type: 'PLAN_OK', snapshot, expiresAtMs },
    schema: Buffer.from(schema).toString('base64'),
    ...{ rows, bytes: table.bytes, splits },
  };
}

/** Gives a text that differs when names, types or order of a table's columns do. */
export function fingerprintColumns(columns: readonly ScanColumn[]): string {
  const text = JSON.stringify(columns.map((each) => [each.name, each.engineType, each.mysqlType]));
  return createHash('sha256').update(text).digest('base64url');
}

/** MySQL types by column name, as `relabelSchema` takes them. */
export function mysqlTypesOf(
  columns: readonly Pick<ScanColumn, 'name' | 'mysqlType'>[],
): ReadonlyMap<string, string> {
  const types = new Map<string, string>();
  for (const { name, mysqlType } of columns)
    if (mysqlType !== undefined) types.set(name, mysqlType);
  return types;
}

function tableGone(message: PlanMessage, snapshot: string | undefined): FlashError {
  if (snapshot !== undefined) return snapshotGone(snapshot);
  return new FlashError('NOT_FOUND', `No table ${tableName(message)}`, {
    hint: 'TABLES (`theflash tables`) lists what there is.',
    place: { table: tableName(message) },
  });
}

/** Shape: `mysqlTypes` of the result's columns, undefined where they are the table's own. */
function scanRequest(
  message: PlanMessage,
  stored: TableRef,
  available: readonly ScanColumn[],
): { request: ScanRequest; mysqlTypes?: ReadonlyMap<string, string> } {
  const { database, table, columns, orderBy, rowsMax, aggregate } = message;
  if (aggregate !== undefined) {
    if (columns !== undefined || orderBy !== undefined || rowsMax !== undefined) {
      throw new FlashError(
        'INVALID_REQUEST',
        'An aggregate has no columns, order and limit of its own',
        { hint: 'Name its columns in groupBy; sort and cut when the splits are combined.' },
      );
    }
    const { items, columns: results } = aggregateSql(aggregate, message, available);
    const grouped = { items, by: aggregate.groupBy };
    return { request: { database, table, stored, grouped }, mysqlTypes: mysqlTypesOf(results) };
  }
  return {
    request: {
      ...{ database, table, stored },
      ...(columns === undefined ? {} : { columns }),
      ...(orderBy === undefined ? {} : { orderBy }),
      ...(rowsMax === undefined ? {} : { rowsMax }),
    },
  };
}

async function readSchema(
  engine: Engine,
  sql: string,
  mysqlTypes: ReadonlyMap<string, string>,
): Promise<Uint8Array> {
  const scan = await engine.query(sql);
  try {
    for await (const message of scan) {
      const given = decodeSchemaMessage(message.bytes.slice());
      return encodeSchemaMessage(relabelSchema(given, mysqlTypes));
    }
  } finally {
    await scan.close();
  }
  throw new FlashError('INTERNAL', 'The engine gave no schema message');
}

/**
 * The key's columns, or none where it holds expressions: such a table is read in one split. Floats
 * and what follows them are left out: ClickHouse's index takes NOT (k < 1) for k >= 1, which passes
 * by the parts of NaN alone, and a split without the part that deletes a row would give the row.
 */
function findKey(table: CatalogTable, columns: readonly ScanColumn[]): readonly KeyColumn[] {
  const byName = new Map(columns.map((column) => [column.name, column]));
  const key: KeyColumn[] = [];
  for (const name of table.primaryKey) {
    const column = byName.get(name);
    if (column === undefined) return [];
    key.push(column);
  }
  const float = key.findIndex((column) => isFloatType(column.engineType));
  return float === -1 ? key : key.slice(0, float);
}

/** An aggregate without groups is one row: the engine's own threads share its work best. */
function countSplits(message: PlanMessage, table: CatalogTable, key: readonly KeyColumn[]): number {
  if (key.length === 0 || message.aggregate?.groupBy.length === 0) return 1;
  const wanted = Math.ceil(table.bytes / message.splitBytes);
  return Math.min(message.splitsMax, Math.max(message.splitsMin, wanted));
}

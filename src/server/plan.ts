import { createHash } from 'node:crypto';
import {
  decodeSchemaMessage,
  encodeSchemaMessage,
  FlashError,
  listColumns,
  listTables,
  relabelSchema,
  scanSql,
  tableName,
  type CatalogTable,
  type Engine,
  type ScanColumn,
  type ScanRequest,
} from '../protocol/index.js';
import { filterSql, type PlanMessage, type PlanOkMessage } from '../protocol/wire/index.js';
import { choosePlanSource } from './snapshot.js';
import { findSplitBounds } from './split-bounds.js';
import { splitPredicates, type KeyColumn } from './split-predicate.js';
import { signTicket } from './ticket.js';

/** Whose tickets a plan's are, and how long they are good. */
export interface TicketIssuer {
  serverId: string;
  key: Uint8Array;
  expiresAtMs: number;
}

/**
 * Plans a scan: finds the splits and signs a ticket for each.
 *
 * Errors: NOT_FOUND for the table; INVALID_REQUEST for columns and filters that do not fit it.
 */
export async function planScan(
  engine: Engine,
  message: PlanMessage,
  issuer: TicketIssuer,
): Promise<PlanOkMessage> {
  const table = await findExactTable(engine, message);
  const source = choosePlanSource(table);
  const columns = await listColumns(engine, source);
  const filter = message.filter === undefined ? undefined : filterSql(message.filter, columns);
  const request = { ...scanRequest(message), database: source.database, table: source.table };
  const schema = await readSchema(engine, scanSql({ ...request, rowsMax: 0 }, columns), columns);
  const key = findKey(table, columns);
  const count = countSplits(message, table, key);
  const { rows, bounds } = await findSplitBounds(engine, source, key, count);
  const splits = splitPredicates(key, bounds).map((range) => {
    const where = [filter, range].filter((part) => part !== undefined).join('\n AND ');
    const sql = scanSql({ ...request, ...(where === '' ? {} : { where }) }, columns);
    return {
      ticket: signTicket(
        {
          serverId: issuer.serverId,
          expiresAtMs: issuer.expiresAtMs,
          database: source.database,
          table: source.table,
          columnsFingerprint: fingerprintColumns(columns),
          sql,
        },
        issuer.key,
      ),
      rows: Math.round(rows / (bounds.length + 1)),
    };
  });
  return {
    type: 'PLAN_OK',
    snapshot: source.snapshot,
    expiresAtMs: issuer.expiresAtMs,
    schema: Buffer.from(schema).toString('base64'),
    rows,
    bytes: table.bytes,
    splits,
  };
}

/** Gives a text that differs when names, types or order of a table's columns do. */
export function fingerprintColumns(columns: readonly ScanColumn[]): string {
  const text = JSON.stringify(columns.map((each) => [each.name, each.engineType, each.mysqlType]));
  return createHash('sha256').update(text).digest('base64url');
}

/** MySQL types by column name, as `relabelSchema` takes them. */
export function mysqlTypesOf(columns: readonly ScanColumn[]): ReadonlyMap<string, string> {
  const types = new Map<string, string>();
  for (const { name, mysqlType } of columns)
    if (mysqlType !== undefined) types.set(name, mysqlType);
  return types;
}

async function findExactTable(engine: Engine, message: PlanMessage): Promise<CatalogTable> {
  const tables = await listTables(engine);
  const found = tables.find(
    (each) => each.database === message.database && each.table === message.table,
  );
  if (found !== undefined) return found;
  throw new FlashError('NOT_FOUND', `No table ${tableName(message)}`, {
    hint: 'TABLES (`theflash tables`) lists what there is.',
    place: { table: tableName(message) },
  });
}

function scanRequest(message: PlanMessage): Omit<ScanRequest, 'database' | 'table'> {
  const { columns, orderBy, rowsMax } = message;
  return {
    ...(columns === undefined ? {} : { columns }),
    ...(orderBy === undefined ? {} : { orderBy }),
    ...(rowsMax === undefined ? {} : { rowsMax }),
  };
}

async function readSchema(
  engine: Engine,
  sql: string,
  columns: readonly ScanColumn[],
): Promise<Uint8Array> {
  const scan = await engine.query(sql);
  try {
    for await (const message of scan) {
      const given = decodeSchemaMessage(message.bytes.slice());
      return encodeSchemaMessage(relabelSchema(given, mysqlTypesOf(columns)));
    }
  } finally {
    await scan.close();
  }
  throw new FlashError('INTERNAL', 'The engine gave no schema message');
}

/** The key's columns, or none where it holds expressions: such a table is read in one split. */
function findKey(table: CatalogTable, columns: readonly ScanColumn[]): readonly KeyColumn[] {
  const byName = new Map(columns.map((column) => [column.name, column]));
  const key: KeyColumn[] = [];
  for (const name of table.primaryKey) {
    const column = byName.get(name);
    if (column === undefined) return [];
    key.push(column);
  }
  return key;
}

function countSplits(message: PlanMessage, table: CatalogTable, key: readonly KeyColumn[]): number {
  if (key.length === 0) return 1;
  const wanted = Math.ceil(table.bytes / message.splitBytes);
  return Math.min(message.splitsMax, Math.max(message.splitsMin, wanted));
}

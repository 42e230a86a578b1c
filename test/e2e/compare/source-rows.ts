import type { Server } from '../../servers/index.js';
import { type ComparedColumn, formOf, type TableRows } from './table-rows.js';

/** Reads a table by the server's own SELECT, which no code of ours has a part in. */
export async function readSourceTable(
  server: Server,
  database: string,
  table: string,
): Promise<TableRows> {
  const columns = await readColumns(server, database, table);
  const primaryKey = await readPrimaryKey(server, database, table);
  const expressions = columns.map(selectExpression).join(', ');
  const connection = await server.connection.getConnection();
  try {
    await connection.query("SET SESSION time_zone = '+00:00'");
    const [raw] = await connection.query<never[]>({
      sql: `SELECT ${expressions} FROM \`${database}\`.\`${table}\``,
      rowsAsArray: true,
      typeCast: (field: { string(): string | null }) => field.string(),
    });
    const rows = raw.map((row: (string | null)[]) =>
      columns.map((column, index) => canonical(column, row[index] ?? null)),
    );
    return { name: table, columns, primaryKey, rows };
  } finally {
    connection.release();
  }
}

/** Names of the tables of `database`. */
export async function sourceTables(server: Server, database: string): Promise<string[]> {
  const rows = await server.query(
    `SELECT TABLE_NAME AS name FROM information_schema.TABLES
     WHERE TABLE_SCHEMA = '${database}' AND TABLE_TYPE = 'BASE TABLE' ORDER BY TABLE_NAME`,
  );
  return rows.map((row) => String(row['name']));
}

async function readColumns(
  server: Server,
  database: string,
  table: string,
): Promise<ComparedColumn[]> {
  const rows = await server.query(
    `SELECT COLUMN_NAME AS name, DATA_TYPE AS type, DATETIME_PRECISION AS fsp
     FROM information_schema.COLUMNS
     WHERE TABLE_SCHEMA = '${database}' AND TABLE_NAME = '${table}' ORDER BY ORDINAL_POSITION`,
  );
  return rows.map((row) => ({
    name: String(row['name']),
    dataType: String(row['type']).toLowerCase(),
    fsp: Number(row['fsp'] ?? 0),
  }));
}

async function readPrimaryKey(server: Server, database: string, table: string): Promise<string[]> {
  const rows = await server.query(
    `SELECT COLUMN_NAME AS name FROM information_schema.KEY_COLUMN_USAGE
     WHERE TABLE_SCHEMA = '${database}' AND TABLE_NAME = '${table}'
       AND CONSTRAINT_NAME = 'PRIMARY' ORDER BY ORDINAL_POSITION`,
  );
  return rows.map((row) => String(row['name']));
}

/** Hex keeps every byte from the connection's charset; `* 1e0` shows all digits of a FLOAT. */
function selectExpression(column: ComparedColumn): string {
  const name = `\`${column.name}\``;
  switch (formOf(column.dataType)) {
    case 'text':
      return `HEX(CONVERT(${name} USING utf8mb4))`;
    case 'json':
      return `HEX(CAST(${name} AS CHAR CHARACTER SET utf8mb4))`;
    case 'bytes':
      return `HEX(${name})`;
    case 'number':
      return column.dataType === 'decimal' ? name : `${name} + 0`;
    case 'float':
      return `${name} * 1e0`;
    case 'date':
    case 'time':
      return `CAST(${name} AS CHAR)`;
  }
}

function canonical(column: ComparedColumn, value: string | null): string | null {
  if (value === null) return null;
  switch (formOf(column.dataType)) {
    case 'text':
    case 'json':
      return Buffer.from(value, 'hex').toString('utf8');
    case 'float':
      return floatText(Number(value));
    case 'date':
      return /^0000|-00/.test(value) ? null : value;
    case 'bytes':
    case 'number':
    case 'time':
      return value;
  }
}

/** Text that tells -0 from 0. */
export function floatText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

import { type Engine } from './engine.js';
import { FlashError } from './errors.js';
import { mysqlTypeFamily } from './mysql-type-text.js';
import { didYouMean } from './nearest.js';
import { queryRows } from './query-rows.js';
import { parseTableName, type ScanColumn } from './scan-request.js';
import { quoteString, quoteTable } from './sql-text.js';
import { tableName } from './table.js';

/** A table or view of the engine, without the databases that are the engine's and TheFlash's own. */
export interface CatalogTable {
  database: string;
  table: string;
  /** Names of the key columns in key order; empty without a key. */
  primaryKey: readonly string[];
  /** Compressed size on disk, 0 for a view. */
  bytes: number;
}

/** Databases that hold no table of the user's. */
export const hiddenDatabases: readonly string[] = [
  'system',
  'information_schema',
  'INFORMATION_SCHEMA',
  'theflash',
  'theflash_staging',
  'theflash_snapshots',
];

/** The hidden columns of mutable tables begin so; no column of the user's may. */
const hiddenPrefix = '_INTERNAL_';

/** Gives all tables, sorted by database and name. */
export async function listTables(engine: Engine): Promise<readonly CatalogTable[]> {
  const hidden = hiddenDatabases.map(quoteString).join(', ');
  return await readTables(engine, `database NOT IN (${hidden}) AND NOT is_temporary`);
}

/** Gives one table, a snapshot's own too, or undefined where it is missing. */
export async function readTable(
  engine: Engine,
  { database, table }: { database: string; table: string },
): Promise<CatalogTable | undefined> {
  const [found] = await readTables(
    engine,
    `database = ${quoteString(database)} AND name = ${quoteString(table)}`,
  );
  return found;
}

async function readTables(engine: Engine, condition: string): Promise<readonly CatalogTable[]> {
  const rows = await queryRows(
    engine,
    `SELECT database, name, primary_key, toUInt64(ifNull(total_bytes, 0)) AS bytes
     FROM system.tables WHERE ${condition} ORDER BY database, name`,
  );
  return rows.map((row) => ({
    database: String(row['database']),
    table: String(row['name']),
    // A mutable table without a key has a hidden one.
    primaryKey: splitKey(String(row['primary_key'])).filter(
      (name) => !name.startsWith(hiddenPrefix),
    ),
    bytes: Number(row['bytes']),
  }));
}

/** Gives a table's columns in table order, hidden ones left out. */
export async function listColumns(
  engine: Engine,
  table: { database: string; table: string },
): Promise<readonly ScanColumn[]> {
  const rows = await queryRows(
    engine,
    `SELECT name, type, comment FROM system.columns
     WHERE database = ${quoteString(table.database)} AND table = ${quoteString(table.table)}
       AND NOT startsWith(name, ${quoteString(hiddenPrefix)})
     ORDER BY position`,
  );
  return rows.map((row) => {
    // The writer keeps the MySQL type in the comment; a user's own comment is no type.
    const comment = String(row['comment']);
    return {
      name: String(row['name']),
      engineType: String(row['type']),
      mysqlType: mysqlTypeFamily(comment) === undefined ? undefined : comment,
    };
  });
}

/** Counts the rows that a reader of the table sees now. */
export async function countRows(
  engine: Engine,
  table: { database: string; table: string },
): Promise<number> {
  const [row] = await queryRows(engine, `SELECT count() AS count FROM ${quoteTable(table)}`);
  return Number(row?.['count']);
}

/**
 * Finds the table that a user named: `database.table`, `table` where one database has it, or
 * nothing where the engine holds one table.
 *
 * Errors: NOT_FOUND where there is none; INVALID_REQUEST where the name fits several.
 */
export async function findTable(engine: Engine, name: string | undefined): Promise<CatalogTable> {
  return chooseTable(await listTables(engine), name, engine.location);
}

/** `findTable` among known tables; `place` says whose they are. */
export function chooseTable<T extends { database: string; table: string }>(
  tables: readonly T[],
  name: string | undefined,
  place: string,
): T {
  const wanted = name === undefined ? undefined : parseTableName(name);
  const found = tables.filter(
    (each) =>
      wanted === undefined ||
      (each.table === wanted.table &&
        (wanted.database === undefined || each.database === wanted.database)),
  );
  const [first, second] = found;
  if (first !== undefined && second === undefined) return first;
  const known = tables.length === 0 ? 'It holds no table yet.' : `It holds ${nameSome(tables)}.`;
  if (first === undefined) {
    throw new FlashError(
      'NOT_FOUND',
      name === undefined ? `No table in ${place}` : `No table ${name} in ${place}`,
      {
        hint: `${suggest(name, tables)}${known} \`theflash tables\` lists them; \`theflash write\` brings more.`,
        ...(name === undefined ? {} : { place: { table: name } }),
      },
    );
  }
  throw new FlashError(
    'INVALID_REQUEST',
    name === undefined
      ? `${place} holds ${tables.length} tables, and none was named`
      : `${name} is in several databases of ${place}`,
    { hint: `Name one as database.table: ${nameSome(found)}.` },
  );
}

function suggest(
  name: string | undefined,
  tables: readonly { database: string; table: string }[],
): string {
  if (name === undefined) return '';
  // A name without a database is compared with such names.
  const isBare = parseTableName(name).database === undefined;
  return didYouMean(
    name,
    tables.flatMap((each) => (isBare ? [each.table, tableName(each)] : [tableName(each)])),
  );
}

const namesMax = 10;

function nameSome(tables: readonly { database: string; table: string }[]): string {
  const names = tables.slice(0, namesMax).map(tableName).join(', ');
  return tables.length > namesMax ? `${names} and ${tables.length - namesMax} more` : names;
}

/** Splits `id, \`a, b\`` as system.tables writes keys into bare names. */
function splitKey(text: string): readonly string[] {
  // A key of one column may stand in parentheses: `ORDER BY (id)`.
  const bare = /^\((.*)\)$/s.exec(text)?.[1] ?? text;
  const parts = bare.match(/(?:`(?:[^`\\]|\\.)*`|\([^)]*\)|[^,])+/g) ?? [];
  return parts
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => (part.startsWith('`') ? part.slice(1, -1).replace(/\\(.)/g, '$1') : part));
}

import { listSourceTables, readDefinition } from '../load/index.js';
import {
  engineColumnType,
  queryRows,
  quoteString,
  tableName,
  wallClockZone,
  type Engine,
} from '../protocol/index.js';
import type { TableServer } from '../source/index.js';
import {
  loadStoredHistory,
  makeTableFilter,
  type KnownTable,
  type StoredFilters,
  type TableFilter,
  type TableFilterOptions,
} from '../writer/index.js';
import type { ComparedTable } from './rows.js';

/** What there is to compare. */
export interface ComparedTables {
  tables: readonly ComparedTable[];
  /** Tables whose rows can't be compared, by the source's name, and why. */
  unlike: ReadonlyMap<string, string>;
  standingStill: readonly string[];
  /** All definitions that are known, for foreign keys. */
  known: readonly KnownTable[];
}

/** Which tables of the source the copy holds. */
export function copiedTables(filters: StoredFilters | undefined): TableFilter {
  return makeTableFilter(filters ?? {});
}

/** The flags by which `write` chooses the tables of the copy, as words of a command line. */
export function filterFlags(filters: StoredFilters | undefined): string[] {
  const { include = [], exclude = [], rename = [] } = filters ?? {};
  return [
    ...include.flatMap((text) => ['--include', text]),
    ...exclude.flatMap((text) => ['--exclude', text]),
    ...rename.flatMap((text) => ['--rename', text]),
    ...(filters?.zeroDate === 'error' ? ['--zero-date', 'error'] : []),
  ];
}

/**
 * Lists the tables of both sides, and holds their definitions against each other. The copy must have come to where
 * the source is.
 *
 * Errors: those of the server and of the engine; UNSUPPORTED for tables that have no snapshot.
 */
export async function listComparedTables(
  server: TableServer,
  engine: Engine,
  copied: TableFilter,
  wanted: TableFilterOptions,
): Promise<ComparedTables> {
  const asked = makeTableFilter(wanted);
  const filter: TableFilter = {
    ...copied,
    accepts: (table) => copied.accepts(table) && asked.accepts(table),
  };
  const list = await listSourceTables(server, filter);
  const history = await loadStoredHistory(engine);
  const inCopy = history.tables().filter(({ schema }) => filter.accepts(schema));
  const columns = await readCopyColumns(engine);
  const tables: ComparedTable[] = [];
  const unlike = new Map<string, string>();
  for (const listed of list.copied) {
    const known = await readDefinition(server, listed, list.charsets.get(listed.database));
    if (known === undefined) continue;
    const schema = { ...known.schema, ...filter.target(known.schema) };
    const why = compareDefinition({ ...known, schema }, columns.get(tableName(schema)));
    if (why === undefined) tables.push(makeTable(known, schema, listed.rows));
    else unlike.set(tableName(listed), why);
  }
  const names = new Set(list.copied.map((each) => tableName(each)));
  for (const { schema } of inCopy) {
    if (!names.has(tableName(schema)))
      unlike.set(tableName(schema), 'the source has no such table, or the user does not see it');
  }
  return {
    ...{ tables, unlike, standingStill: history.standingStill().map(({ table }) => table) },
    known: [...history.tables(), ...tables.map(({ known }) => known)],
  };
}

/** Whether two lists are of the same tables, in the same form. */
export function tableForm({ known, schema }: ComparedTable): string {
  return JSON.stringify([schema, known.memberCharsets]);
}

function makeTable(
  known: KnownTable,
  schema: ComparedTable['schema'],
  rowsEstimate: number,
): ComparedTable {
  const isKeyless = schema.primaryKey.length === 0;
  const key = isKeyless
    ? schema.columns.map((_, index) => index)
    : schema.primaryKey.map((name) => schema.columns.findIndex((each) => each.name === name));
  return { known, schema, key, isKeyless, rowsEstimate };
}

/** A table of the engine: columns as `name type`, and the key as the engine writes it. */
interface CopyColumns {
  columns: string[];
  key: string[];
}

async function readCopyColumns(engine: Engine): Promise<ReadonlyMap<string, CopyColumns>> {
  const rows = await queryRows(
    engine,
    `SELECT database, table, name, type, is_in_primary_key AS in_key FROM system.columns
     WHERE database NOT IN ('system', 'information_schema', 'INFORMATION_SCHEMA', 'theflash')
       AND NOT startsWith(name, ${quoteString('_INTERNAL_')})
     ORDER BY database, table, position`,
  );
  const tables = new Map<string, CopyColumns>();
  for (const row of rows) {
    const name = tableName({ database: String(row['database']), table: String(row['table']) });
    const found = tables.get(name) ?? { columns: [], key: [] };
    tables.set(name, found);
    found.columns.push(`${String(row['name'])} ${String(row['type'])}`);
    if (Number(row['in_key']) === 1) found.key.push(String(row['name']));
  }
  return tables;
}

/** How the copy's table is another one than the source's; undefined where it is the same. */
function compareDefinition(
  { schema }: KnownTable,
  found: CopyColumns | undefined,
): string | undefined {
  if (found === undefined) return 'the copy has no such table';
  const wanted = schema.columns.map((each) => `${each.name} ${engineColumnType(each, schema)}`);
  // Tables that an older version made have the zone of instants in DATETIME columns too.
  const older = wanted.map((text) => text.replace(`'${wallClockZone}'`, "'UTC'"));
  const place = wanted.findIndex(
    (text, index) => found.columns[index] !== text && found.columns[index] !== older[index],
  );
  if (place >= 0 || found.columns.length > wanted.length) {
    const at = place >= 0 ? place : wanted.length;
    return `column ${at + 1} is ${wanted[at] ?? 'missing'} by the source, and ${found.columns[at] ?? 'missing'} in the copy`;
  }
  const key = [...schema.primaryKey].sort().join(', ');
  const foundKey = found.key.sort().join(', ');
  if (key === foundKey) return undefined;
  return `the key is (${key}) by the source, and (${foundKey}) in the copy`;
}

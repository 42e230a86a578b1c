import { listSourceTables, readDefinition } from '../load/index.js';
import {
  engineColumnType,
  hiddenColumns,
  queryRows,
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
import { tablesOfCopyAlone } from './copy-alone.js';
import type { ComparedTable } from './rows.js';
import { unmetPatterns } from './unmet-patterns.js';

/** A table whose rows can't be compared. */
export interface Unlike {
  why: string;
  /** Its name in the source. */
  source: { database: string; table: string };
  /** Where the copy alone has it: its name in the engine. */
  alone: { database: string; table: string; isView: boolean } | undefined;
}

/** What there is to compare. */
export interface ComparedTables {
  tables: readonly ComparedTable[];
  /** By the source's name. */
  unlike: ReadonlyMap<string, Unlike>;
  standingStill: readonly string[];
  /** Patterns of `wanted` that fit no table, with their flags. */
  unmatched: readonly string[];
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
  const met: { database: string; table: string }[] = [];
  const filter: TableFilter = {
    ...copied,
    accepts(table) {
      met.push(table);
      return copied.accepts(table) && asked.accepts(table);
    },
  };
  const list = await listSourceTables(server, filter);
  const history = await loadStoredHistory(engine);
  const known = history.tables().map(({ schema }) => schema);
  const inCopy = known.filter((schema) => filter.accepts(schema));
  const columns = await readCopyColumns(engine);
  const tables: ComparedTable[] = [];
  const unlike = new Map<string, Unlike>();
  const definitions: KnownTable[] = [];
  for (const listed of list.copied) {
    const defined = await readDefinition(server, listed, list.charsets.get(listed.database));
    if (defined === undefined) continue;
    definitions.push(defined);
    const schema = { ...defined.schema, ...filter.target(defined.schema) };
    const why = compareDefinition({ ...defined, schema }, columns.get(tableName(schema)));
    if (why === undefined) tables.push(makeTable(defined, schema, listed.rows));
    else unlike.set(tableName(listed), { why, source: listed, alone: undefined });
  }
  const names = new Set(list.copied.map((each) => tableName(each)));
  for (const { database, table } of inCopy) {
    const source = { database, table };
    const target = filter.target(source);
    // Where somebody has dropped the copy's table as well, neither side has it.
    if (names.has(tableName(source)) || !columns.has(tableName(target))) continue;
    const why = 'the source has no such table, or the user does not see it';
    unlike.set(tableName(source), { why, source, alone: { ...target, isView: false } });
  }
  const there = [...list.copied, ...list.leftOut, ...known];
  const compared = there.filter((table) => copied.accepts(table));
  const isNamed = namesTable(wanted);
  const alone = await tablesOfCopyAlone(engine, { copied, source: compared, history, isNamed });
  for (const { name, target, isView } of alone) {
    if (!asked.accepts(name)) continue;
    const why = `the copy alone has this ${isView ? 'view' : 'table'}, which is not from the source`;
    unlike.set(tableName(name), { why, source: name, alone: { ...target, isView } });
  }
  const unmatched = unmetPatterns(wanted, {
    compared: [...compared, ...alone.map(({ name }) => name)],
    // Those of the server's own, views and sequences too.
    others: met,
  });
  return {
    ...{ tables, unlike, unmatched },
    standingStill: history.standingStill().map(({ table }) => table),
    known: [...history.tables(), ...definitions],
  };
}

/** Whether `--tables` names a table without a wildcard. */
function namesTable({ include = [] }: TableFilterOptions): TableFilter['accepts'] {
  const exact = include.filter((text) => !text.includes('*'));
  const filter = makeTableFilter({ include: exact });
  return (table) => exact.length > 0 && filter.accepts(table);
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
  isMutable: boolean;
}

async function readCopyColumns(engine: Engine): Promise<ReadonlyMap<string, CopyColumns>> {
  const rows = await queryRows(
    engine,
    `SELECT database, table, name, type, is_in_primary_key AS in_key FROM system.columns
     WHERE database NOT IN ('system', 'information_schema', 'INFORMATION_SCHEMA', 'theflash')
     ORDER BY database, table, position`,
  );
  const tables = new Map<string, CopyColumns>();
  for (const row of rows) {
    const name = tableName({ database: String(row['database']), table: String(row['table']) });
    const found = tables.get(name) ?? { columns: [], key: [], isMutable: false };
    tables.set(name, found);
    if (row['name'] === hiddenColumns.version) found.isMutable = true;
    if (String(row['name']).startsWith('_INTERNAL_')) continue;
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
  if (!found.isMutable)
    return 'the copy has a plain table of that name, which no writer can change';
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

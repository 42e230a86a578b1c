import { quoteSourceTable } from '../load/index.js';
import {
  encodeChanges,
  FlashError,
  quoteIdentifier,
  quoteTable,
  tableName,
  type Engine,
  type Position,
  type WriteBatch,
} from '../protocol/index.js';
import type { LoadSession, Snapshot, TableServer } from '../source/index.js';
import {
  checkpointSource,
  columnsNotAliases,
  keyLiteral,
  parseCheckpoint,
  selectList,
  type KnownTable,
  type Moment,
} from '../writer/index.js';
import { tableForm } from './compared-tables.js';
import { RowComparison } from './compare-rows.js';
import type { CopyPlace } from './copy-place.js';
import { openCopyRows } from './copy-rows.js';
import { addLogChanges, type SuspectRows } from './log-changes.js';
import { repairChanges, type RepairCounts } from './repair-changes.js';
import { gatherRows, type ComparedTable, type Rows } from './rows.js';
import { keepRows, readSourceRows } from './source-rows.js';
import { readChanges } from './steady-list.js';
import { isSettled, type Suspect, type SuspectTables } from './suspect.js';
import { keepOf, unitsOfSuspects, type Unit } from './table-units.js';

/** What a repair works with. */
export interface RepairPorts {
  server: TableServer;
  engine: Engine;
  copy: CopyPlace;
  /** All definitions that are known, for foreign keys. */
  known: readonly KnownTable[];
  openSnapshot: (count: number, locked: readonly string[]) => Promise<Snapshot>;
  /** The tables as both sides define them now. */
  listTables: (tables: readonly ComparedTable[]) => Promise<readonly ComparedTable[]>;
}

/** What one batch has repaired: counts by table. */
export interface RepairedBatch {
  /** As of which place in the source's log the rows were put right. */
  at: Moment;
  counts: ReadonlyMap<ComparedTable, RepairCounts>;
}

/** Rows of one table, as they are in the source. */
interface SourceTable {
  table: ComparedTable;
  suspects: ReadonlyMap<string, Suspect>;
  units: readonly Unit[];
  chunks: Rows[];
}

/** Bytes of rows that one batch repairs, at most. */
const repairBytesMax = 512 * 1024 * 1024;
/** Keys of one query, and its text. */
const keysMax = 5_000;
const keyTextMax = 128 * 1024;

/**
 * Puts rows right in one batch, which readers see all at once.
 *
 * The source's rows are read as of a place P. Once the copy is there, the batch is opened: no writer commits and no
 * DDL runs until it ends, so the copy stands still at a place K. What the log did to the rows between P and K makes
 * the source's rows those of K, and they take the place of the copy's. The checkpoint stays as it is: what the log
 * brings after K comes on top, whoever applies it.
 *
 * Guarantee: rows of which the log does not tell what became of them by K are left as they are.
 * Errors: those of the server and the engine; nothing was repaired then.
 */
export async function repairOnce(ports: RepairPorts, rows: SuspectTables): Promise<RepairedBatch> {
  const { engine, copy } = ports;
  const { moment, tables } = await readSource(ports, rows);
  await copy.reach(moment);
  const batch = await engine.openBatch();
  try {
    const stored = await engine.readCheckpoint(checkpointSource);
    if (stored === undefined) throw new FlashError('INVALID_REQUEST', 'the copy is gone');
    const { position, gtidSet } = parseCheckpoint(stored);
    const groups = await compareWithCopy(ports, tables);
    await addLogChanges(ports.server, moment.position, groups, ports.known);
    const counts = await stageChanges(batch, await certainOnes(ports, groups, position));
    if (counts.size > 0) await batch.commit(checkpointSource, stored);
    return { at: { position, gtidSet }, counts };
  } finally {
    await batch.close();
  }
}

async function readSource(
  { openSnapshot }: RepairPorts,
  rows: SuspectTables,
): Promise<{ moment: Moment; tables: SourceTable[] }> {
  const locked = [...rows.keys()].map(({ known }) => quoteSourceTable(known.schema));
  const { sessions, position, gtidSet } = await openSnapshot(1, locked);
  try {
    const tables: SourceTable[] = [];
    const room = { bytes: repairBytesMax };
    for (const [table, suspects] of rows) {
      const units = unitsOfSuspects(table, [...suspects.values()]);
      const chunks: Rows[] = [];
      for (const unit of units) {
        for (const session of sessions) chunks.push(...(await readUnit(session, unit, room)));
      }
      tables.push({ table, suspects, units, chunks });
    }
    return { moment: { position, gtidSet }, tables };
  } finally {
    for (const session of sessions) session.close();
  }
}

async function readUnit(
  session: LoadSession,
  unit: Unit,
  room: { bytes: number },
): Promise<readonly Rows[]> {
  const { table, sourceSql } = unit;
  const source = await readSourceRows(session, sourceSql, table, keepOf(unit), room.bytes);
  for (const { columns } of source.chunks) {
    room.bytes -= columns.reduce((sum, { values }) => sum + values.byteLength, 0);
  }
  if (!source.isTooLarge && room.bytes >= 0) return source.chunks;
  const name = tableName(table.known.schema);
  throw new FlashError(
    'TOO_LARGE',
    `the rows to repair, those of ${name} with them, have more than ${repairBytesMax >> 20} MiB`,
    {
      hint: `Nothing was repaired. Take some tables by themselves (--tables ${name}), or that one anew: theflash write --resync ${name}.`,
      place: { table: name },
    },
  );
}

/** The copy stands still: all of it is read as of one place. */
async function compareWithCopy(
  { engine }: RepairPorts,
  tables: readonly SourceTable[],
): Promise<SuspectRows[]> {
  const groups: SuspectRows[] = [];
  for (const { table, suspects, units, chunks } of tables) {
    const comparison = new RowComparison(table, chunks);
    let position: Position | undefined;
    for (const { sql, keep } of copyQueries(table, suspects, units)) {
      const copy = await openCopyRows(engine, sql, table);
      position = copy.at;
      for await (const chunk of copy.chunks) {
        comparison.add(keep === undefined ? chunk : keepRows(chunk, table, keep));
      }
    }
    if (position === undefined) continue;
    const found = comparison.end(position).filter(({ key }) => suspects.has(key));
    groups.push({ table, rows: new Map(found.map((each) => [each.key, each])) });
  }
  return groups;
}

/** Queries that give the copy's rows of the keys; of a table without one, all of it is read. */
function copyQueries(
  table: ComparedTable,
  suspects: ReadonlyMap<string, Suspect>,
  units: readonly Unit[],
): { sql: string; keep: ReturnType<typeof keepOf> }[] {
  const { schema } = table;
  if (table.isKeyless) return units.map((unit) => ({ sql: unit.copySql, keep: keepOf(unit) }));
  const places = [...suspects.values()].flatMap(({ source, copy }) => source ?? copy ?? []);
  const literal = keyLiteral({ ...gatherRows(schema, places), delmarks: new Uint8Array(0) });
  const list = selectList(
    schema,
    schema.columns.map(() => true),
  );
  const key = table.key.map((index) => quoteIdentifier(schema.columns[index]?.name ?? ''));
  const queries = [];
  for (let at = 0; at < places.length;) {
    const keys: string[] = [];
    for (let size = 0; at < places.length && keys.length < keysMax && size < keyTextMax; at += 1) {
      const text = literal(at);
      size += text.length + 1;
      keys.push(text);
    }
    const sql = `SELECT ${list} FROM ${quoteTable(schema)} WHERE (${key.join(', ')}) IN (${keys.join(',')}) ${columnsNotAliases}`;
    queries.push({ sql, keep: undefined });
  }
  return queries;
}

/**
 * The rows that differ for certain. A statement in the log after K that is of their table may have been applied
 * already, before the checkpoint tells of it: then they are left alone.
 */
async function certainOnes(
  { server, listTables }: RepairPorts,
  groups: readonly SuspectRows[],
  from: Position,
): Promise<{ table: ComparedTable; suspects: Suspect[] }[]> {
  const isChanged = await readChanges(server, from, await server.position());
  const now = await listTables(groups.map(({ table }) => table));
  const forms = new Map(now.map((table) => [tableName(table.known.schema), tableForm(table)]));
  return groups
    .filter(
      ({ table }) =>
        !isChanged(table.known.schema) &&
        forms.get(tableName(table.known.schema)) === tableForm(table),
    )
    .map(({ table, rows }) => ({
      table,
      suspects: [...rows.values()].filter(
        (suspect) => !suspect.isUncertain && !isSettled(table, suspect),
      ),
    }));
}

async function stageChanges(
  batch: WriteBatch,
  tables: readonly { table: ComparedTable; suspects: readonly Suspect[] }[],
): Promise<ReadonlyMap<ComparedTable, RepairCounts>> {
  const counts = new Map<ComparedTable, RepairCounts>();
  for (const { table, suspects } of tables) {
    const changes = repairChanges(table, suspects);
    if (changes === undefined) continue;
    counts.set(table, changes.counts);
    const target = { database: table.schema.database, table: table.schema.table };
    for (const piece of changes.pieces) {
      const encoded = encodeChanges(piece);
      encoded.setVersions(await batch.reserveVersions(encoded.rows));
      await batch.append(target, encoded.stream);
    }
  }
  return counts;
}

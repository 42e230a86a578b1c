import { readValue } from '../binlog/index.js';
import { partColumn, quoteSourceName, quoteSourceTable, selectRows } from '../load/index.js';
import { quoteIdentifier, quoteTable } from '../protocol/index.js';
import type { LoadSession, TableServer } from '../source/index.js';
import { selectList } from '../writer/index.js';
import { hashRows } from './hash-rows.js';
import type { ComparedTable, Rows } from './rows.js';
import type { KeepRow } from './source-rows.js';
import type { Suspect } from './suspect.js';

/** A part of a table that is read from both sides and held in memory. */
export interface Unit {
  table: ComparedTable;
  /** The same condition for both sides, as each quotes it. */
  sourceSql: string;
  copySql: string;
  keep: KeepRow;
  /** The values of the key's first column that the condition gives; undefined where it is another condition. */
  range: KeyRange | undefined;
  /** Of the rows that the condition gives, those whose hash leaves `part` when divided by `parts`. */
  part: number;
  parts: number;
  /** The rows that are read again; undefined where it is the first time. */
  again: ReadonlySet<string> | undefined;
}

/** Values from `from` up to `to`, that one not included; without an end where it is undefined. */
interface KeyRange {
  from: bigint | undefined;
  to: bigint | undefined;
}

/** Rows that a part is to have, about. */
const unitRows = 100_000;
/** Parts by their rows differ in bytes: so much smaller than need be they are cut. */
const rangeRoom = 1.5;
/** More parts of a table would only cost round trips. */
const unitsMax = 5_000;
/** Rows of a part of a table that is not read by ranges, about: each part is a reading of the whole. */
const hashedRows = 500_000;
/** A part is not halved further: what it holds are equal rows, or very long ones. */
const partsMax = 1_024;
/** Values in one condition. */
const valuesMax = 5_000;

/**
 * The parts of a table that together hold each row of both sides once: ranges of its key, where that begins with a
 * whole number, else all of it.
 */
export async function tableUnits(server: TableServer, table: ComparedTable): Promise<Unit[]> {
  const column = partColumn(table.known.schema);
  if (column === undefined) return hashedUnits(table);
  const quoted = quoteSourceName(column);
  const [row] = await server.query(
    `SELECT MIN(${quoted}), MAX(${quoted}) FROM ${quoteSourceTable(table.known.schema)}`,
  );
  const [first, last] = row ?? [];
  if (first === undefined || last === undefined) return [makeUnit(table, undefined)];
  const span = BigInt(last) - BigInt(first) + 1n;
  const wanted = BigInt(Math.min(unitsMax, Math.max(1, Math.ceil(table.rowsEstimate / unitRows))));
  const count = wanted < span ? wanted : span;
  // The first part has no lower end and the last one no upper: rows there are compared as well.
  const ends = Array.from(
    { length: Number(count) - 1 },
    (_, index) => BigInt(first) + (span * BigInt(index + 1)) / count,
  );
  return rangesBetween({ from: undefined, to: undefined }, ends).map((range) =>
    makeRange(table, range),
  );
}

/** The ranges that a range is cut into. `ends` lie within it, and grow. */
function rangesBetween({ from, to }: KeyRange, ends: readonly bigint[]): KeyRange[] {
  return [from, ...ends].map((start, index) => ({ from: start, to: ends[index] ?? to }));
}

function makeRange(table: ComparedTable, range: KeyRange): Unit {
  const { from, to } = range;
  const unit = makeUnit(table, (name) =>
    [
      ...(from === undefined ? [] : [`${name} >= ${from}`]),
      ...(to === undefined ? [] : [`${name} < ${to}`]),
    ].join(' AND '),
  );
  return { ...unit, range };
}

function hashedUnits(table: ComparedTable): Unit[] {
  const wanted = Math.max(1, table.rowsEstimate / hashedRows);
  const parts = Math.min(partsMax, 2 ** Math.ceil(Math.log2(wanted)));
  const unit = makeUnit(table, undefined);
  return Array.from({ length: parts }, (_, part) => ({ ...unit, part, parts }));
}

/** The parts of a table that hold these rows. */
export function unitsOfSuspects(table: ComparedTable, suspects: readonly Suspect[]): Unit[] {
  const column = partColumn(table.known.schema);
  const again = new Set(suspects.map(({ key }) => key));
  const hashes = hashesOf(suspects, table);
  const rows = { again, keep: (hash: number) => hashes.has(hash) };
  if (column === undefined) return [{ ...makeUnit(table, undefined), ...rows }];
  const index = table.schema.columns.findIndex(({ name }) => name === column);
  const values = [...new Set(suspects.map((suspect) => String(valueOf(suspect, index))))];
  const units: Unit[] = [];
  for (let at = 0; at < values.length; at += valuesMax) {
    const list = values.slice(at, at + valuesMax).join(', ');
    units.push({ ...makeUnit(table, (name) => `${name} IN (${list})`), ...rows });
  }
  return units;
}

/** Whether a part can be made smaller. */
export function canSplit({ parts }: Unit): boolean {
  return parts < partsMax;
}

/**
 * Smaller parts, for one that had so many rows and bytes: ranges of its key of about equal rows, however its values lie.
 * Where that can't be, two of half the size by the hash of the key: each is read by itself, and the other's rows are
 * passed over.
 */
export async function splitUnit(
  session: LoadSession,
  unit: Unit,
  had: { rows: number; bytes: number },
  bytesMax: number,
): Promise<Unit[]> {
  const { part, parts, range, table } = unit;
  const count = Math.min(unitsMax, Math.ceil((had.bytes * rangeRoom) / bytesMax));
  if (range !== undefined && parts === 1 && count > 1) {
    // As with rows: a lock on the table's form that nobody holds for long.
    await session.query('SAVEPOINT part');
    const ends = await endsWithin(session, unit, Math.ceil(had.rows / count), count);
    await session.query('ROLLBACK TO SAVEPOINT part');
    if (ends.length > 0) return rangesBetween(range, ends).map((each) => makeRange(table, each));
  }
  return [
    { ...unit, part, parts: parts * 2 },
    { ...unit, part: part + parts, parts: parts * 2 },
  ];
}

/** Values of the key's first column that each have about so many rows between them; none where all rows have one. */
async function endsWithin(
  session: LoadSession,
  { table, range }: Unit,
  rows: number,
  count: number,
): Promise<bigint[]> {
  const column = quoteSourceName(partColumn(table.known.schema) ?? '');
  const ends: bigint[] = [];
  let from = range?.from;
  for (let index = 1; index < count; index += 1) {
    const conditions = [
      ...(from === undefined ? [] : [`${column} >= ${from}`]),
      ...(range?.to === undefined ? [] : [`${column} < ${range.to}`]),
    ];
    const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
    const [row] = await session.query(
      `SELECT ${column} FROM ${quoteSourceTable(table.known.schema)} FORCE INDEX (PRIMARY)${where} ORDER BY ${column} LIMIT ${rows}, 1`,
    );
    const value = row?.[0];
    if (value === undefined) break;
    // All these rows have one value: the next range begins after it.
    const end = BigInt(value) === from ? from + 1n : BigInt(value);
    if (range?.to !== undefined && end >= range.to) break;
    ends.push(end);
    from = end;
  }
  return ends;
}

/** Which rows belong to a unit; undefined where it is all of them. */
export function keepOf({ keep, part, parts }: Unit): KeepRow {
  if (parts === 1) return keep;
  const isPart = (hash: number): boolean => spread(hash) % parts === part;
  return keep === undefined ? isPart : (hash) => isPart(hash) && keep(hash);
}

/** The low bits of the hash choose a place in the index: rows of one part must not have them in common. */
function spread(hash: number): number {
  return Math.imul(hash ^ (hash >>> 15), 0x9e3779b1) >>> 4;
}

function makeUnit(table: ComparedTable, where: ((name: string) => string) | undefined): Unit {
  const source = selectRows(table.known.schema);
  const all = table.schema.columns.map(() => true);
  const copy = `SELECT ${selectList(table.schema, all)} FROM ${quoteTable(table.schema)}`;
  const column = partColumn(table.known.schema) ?? '';
  const condition = (name: string): string => where?.(name) ?? '';
  const isAll = condition('') === '';
  return {
    ...{ table, keep: undefined, range: undefined, part: 0, parts: 1, again: undefined },
    sourceSql: isAll
      ? source
      : `${source} FORCE INDEX (PRIMARY) WHERE ${condition(quoteSourceName(column))}`,
    copySql: isAll ? copy : `${copy} WHERE ${condition(quoteIdentifier(column))}`,
  };
}

function hashesOf(suspects: readonly Suspect[], { key }: ComparedTable): ReadonlySet<number> {
  // Many of them lie in the same columns.
  const known = new Map<Rows, Int32Array>();
  const found = new Set<number>();
  for (const { source, copy } of suspects) {
    const place = source ?? copy;
    if (place === undefined) continue;
    const hashes = known.get(place.rows) ?? hashRows(place.rows, key);
    known.set(place.rows, hashes);
    found.add(hashes[place.row] ?? 0);
  }
  return found;
}

function valueOf({ source, copy }: Suspect, index: number): unknown {
  const place = source ?? copy;
  if (place === undefined) return undefined;
  return readValue({ ...place.rows, delmarks: new Uint8Array(0) }, index, place.row);
}

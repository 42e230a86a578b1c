import type { Moment } from '../writer/index.js';
import type { TableRepair } from './repair.js';

/** A row as people read it, by its columns' names; bytes as `0x` and hex. */
export type ShownRow = Readonly<Record<string, string | null>>;

/** A row that is proven to differ. */
export interface RowDifference {
  kind: 'missing' | 'extra' | 'different';
  /** The primary key; null in a table without one. */
  key: ShownRow | null;
  /** The source's row; null where it has none. */
  source: ShownRow | null;
  copy: ShownRow | null;
  /** The columns that differ; empty where one side has no such row. */
  columns: readonly string[];
  /** Columns of which a value is longer than what is given: that is its beginning. */
  cut: readonly string[];
  /** How many more, or fewer, equal rows the copy has: 1 where there is a key. */
  rows: number;
}

/** What was found of one table. */
export interface TableResult {
  /** The source's name. */
  table: string;
  /** Rows of the source that were compared. */
  rows: number;
  /** How the definitions differ: then no rows were compared. Null where they do not. */
  definition: string | null;
  /** Rows that the copy lacks, has beside the source's, and holds with other values. */
  missing: number;
  extra: number;
  different: number;
  /** Rows of which nothing was proven, as they changed whenever they were read. */
  unsettled: number;
  /** Some of the differing rows. */
  differences: readonly RowDifference[];
  /** What was done to the copy's rows after that; null where nothing was to be repaired. */
  repaired: TableRepair | null;
}

/** What makes tables equal that are not. */
export interface Mending {
  /** Other tables, to take anew from the source, by its names: those that foreign keys bind to them as well. */
  resync: readonly string[];
  /** What the copy alone has, by the engine's names. */
  drop: readonly { database: string; table: string; isView: boolean }[];
  /** Tables of which only unsettled rows are left: nothing is to be mended before they are compared again. */
  again: readonly string[];
  /** Tables of which rows alone differ, and not too many: `--repair` puts them right. */
  repair: readonly string[];
}

/** What a comparison has found. */
export interface VerifyResult {
  tables: readonly TableResult[];
  /** Places in the source's log as of which its rows were read: the first one and the last one. */
  from: Moment;
  upTo: Moment;
  /** Tables that the copy keeps as they were, since a filter leaves them out: not compared. */
  standingStill: readonly string[];
  /** Tables that were there at first, and were dropped or renamed before they were compared. */
  gone: readonly string[];
  /** Patterns of `include` and `exclude`, with their flags, that fit no table: nothing was compared for them. */
  unmatchedPatterns: readonly string[];
  mending: Mending;
  /** As of which place in the source's log rows were repaired; undefined where none was. */
  repairedAt: Moment | undefined;
  /** Tables that were to be repaired, and differ in too many rows. */
  tooMany: readonly string[];
  /** Rows that did not agree as they were read at first, as they change all the time: the log says what they are. */
  rowsLookedUp: number;
  /** Parts of tables that were read once more, for rows that differ or of which the log did not tell. */
  partsReadAgain: number;
  /** The source's URL for commands: without a password. */
  serverUrl: string;
  /** The name of the source in the engine; undefined of the one without. */
  sourceName: string | undefined;
  /** The flags by which `write` chooses the tables of this copy. */
  filterFlags: readonly string[];
  interrupted: boolean;
}

/** Whether all that was to be compared is proven equal. */
export function isEqual(result: VerifyResult): boolean {
  const { tables, unmatchedPatterns, interrupted } = result;
  return (
    !interrupted &&
    unmatchedPatterns.length === 0 &&
    !isNothingLeft(result) &&
    tables.every(isTableEqual)
  );
}

/** Whether all tables that were to be compared went before that: then nothing is proven. */
export function isNothingLeft({ tables, gone }: VerifyResult): boolean {
  return tables.length === 0 && gone.length > 0;
}

/** Whether nothing is wrong with a table, or no more. */
export function isTableEqual(table: TableResult): boolean {
  return table.definition === null && unequalRows(table) + table.unsettled === 0;
}

/** Rows that differ, and were not put right. */
export function unequalRows({ missing, extra, different, repaired }: TableResult): number {
  return repaired === null ? missing + extra + different : repaired.left;
}

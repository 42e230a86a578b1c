import {
  isEqual,
  isNothingLeft,
  isTableEqual,
  type RowDifference,
  type ShownRow,
  type TableResult,
  type VerifyResult,
} from '../verify/index.js';
import { mendingCommands, mendingLines, type MendingCommand } from './mending-commands.js';

/** What was compared, and how it went. */
export interface VerifyReport {
  result: VerifyResult;
  engine: string;
  elapsedMs: number;
}

/**
 * `theflash verify --json`, whose shape docs/operations.md describes.
 *
 * Shape: `version` grows when a field goes or changes what it means; others may be added.
 */
export interface VerifyJson {
  version: 1;
  equal: boolean;
  interrupted: boolean;
  source: string;
  engine: string;
  samplePercent: number;
  rows: number;
  seconds: number;
  /** Places in the source's log as of which rows were compared: the first one and the last one. */
  from: { file: string; offset: number; gtidSet: string };
  upTo: { file: string; offset: number; gtidSet: string };
  /** Rows that the log was asked for, as they changed between the two readings. */
  rowsLookedUp: number;
  /** Parts of tables that were read once more, for rows that differ or were in doubt. */
  partsReadAgain: number;
  standingStill: readonly string[];
  unmatchedPatterns: readonly string[];
  /** Tables that were dropped or renamed before they were compared. */
  gone: readonly string[];
  /** As of which place `--repair` put rows right; null where it did not. */
  repairedAt: { file: string; offset: number; gtidSet: string } | null;
  tables: readonly TableResult[];
  /** What makes the two equal, as commands to run one after the other. */
  mending: readonly MendingCommand[];
}

/** Gives the document of a comparison. */
export function verifyJson(report: VerifyReport & { samplePercent: number }): VerifyJson {
  const { result, engine, elapsedMs, samplePercent } = report;
  const { from, upTo, interrupted, standingStill, unmatchedPatterns, tables } = result;
  const { repairedAt, gone, rowsLookedUp, partsReadAgain } = result;
  return {
    version: 1,
    equal: isEqual(result),
    interrupted,
    source: result.serverUrl,
    ...{ engine, samplePercent, rows: rowsOf(result), seconds: Math.round(elapsedMs) / 1000 },
    from: { ...from.position, gtidSet: from.gtidSet },
    upTo: { ...upTo.position, gtidSet: upTo.gtidSet },
    ...{ rowsLookedUp, partsReadAgain, standingStill, unmatchedPatterns, gone },
    repairedAt:
      repairedAt === undefined ? null : { ...repairedAt.position, gtidSet: repairedAt.gtidSet },
    tables,
    mending: mendingCommands(result, engine),
  };
}

/** Gives a comparison as people read it. */
export function verifyLines({ result, engine, elapsedMs }: VerifyReport): string[] {
  const { tables, from, upTo, standingStill, unmatchedPatterns, gone } = result;
  const rows = rowsOf(result);
  const seconds = elapsedMs / 1000;
  const rate = `${seconds.toFixed(1)} s, ${count(rows / Math.max(seconds, 0.001))} rows/s`;
  const unlike = tables.filter((table) => !isTableEqual(table));
  const place =
    placeText(from) === placeText(upTo)
      ? `as of ${placeText(upTo)}`
      : `as of places from ${placeText(from)} to ${placeText(upTo)}`;
  return [
    ...tables.filter(hasFindings).flatMap((table) => tableLines(table)),
    ...standingStill.map((table) => `${table}: not compared, as it is left out and stands still.`),
    ...gone.map((table) => `${table}: not compared, as it was dropped or renamed meanwhile.`),
    ...unmatchedPatterns.map(
      (pattern) => `No table of the copy has met ${pattern}: is it written as the source has it?`,
    ),
    `${plural(rows, 'row')} of ${plural(tables.length, 'table')} compared ${place}: ${rate}.`,
    ...(upTo.gtidSet === '' ? [] : [`GTIDs: ${upTo.gtidSet}`]),
    ...repairLines(result),
    verdict(result, unlike.length),
    ...mendingLines(mendingCommands(result, engine), engine),
  ];
}

function verdict(result: VerifyResult, unlike: number): string {
  const { tables, unmatchedPatterns, interrupted, repairedAt } = result;
  if (interrupted) return 'Interrupted: not all was compared.';
  if (unlike > 0) return `${plural(unlike, 'table')} of ${tables.length} not proven equal.`;
  if (isNothingLeft(result)) return 'Nothing was compared: no table was left that could be.';
  if (unmatchedPatterns.length === 0) {
    return `Source and copy are equal${repairedAt === undefined ? '' : ' now'}.`;
  }
  return `What was compared is equal; for ${plural(unmatchedPatterns.length, 'pattern')} nothing was.`;
}

/** Whether there is something to tell of a table, put right by now or not. */
function hasFindings(table: TableResult): boolean {
  return !isTableEqual({ ...table, repaired: null });
}

/** What `--repair` did. */
function repairLines({ tables, repairedAt, tooMany }: VerifyResult): string[] {
  const repaired = tables.flatMap(({ table, repaired: each }) => {
    if (each === null) return [];
    const { inserted, deleted, changed, left } = each;
    const done = (
      [
        ['inserted', inserted],
        ['deleted', deleted],
        ['changed', changed],
      ] as const
    ).flatMap(([what, rows]) => (rows === 0 ? [] : [`${plural(rows, 'row')} ${what}`]));
    const text = done.length === 0 ? 'nothing repaired' : `repaired, ${done.join(', ')}`;
    return [`${table}: ${text}${left === 0 ? '' : `; ${plural(left, 'row')} not proven equal`}.`];
  });
  return [
    ...repaired,
    ...tooMany.map((table) => `${table}: differs in too many rows to repair them one by one.`),
    ...(repairedAt === undefined
      ? []
      : [`Repaired in one batch, as of ${placeText(repairedAt)}, and compared again.`]),
  ];
}

function tableLines(table: TableResult): string[] {
  if (table.definition !== null) return [`${table.table}: ${table.definition}.`];
  const counts = (
    [
      ['missing in the copy', table.missing],
      ['in the copy alone', table.extra],
      ['different', table.different],
      ['not settled: changed whenever they were read', table.unsettled],
    ] as const
  ).flatMap(([what, rows]) => (rows === 0 ? [] : [`${plural(rows, 'row')} ${what}`]));
  const total = table.missing + table.extra + table.different;
  const shown = table.differences.reduce((sum, { rows }) => sum + rows, 0);
  return [
    `${table.table}: ${counts.join(', ')}.`,
    ...table.differences.flatMap(differenceLines),
    ...(total > shown && shown > 0 ? [`  … and ${count(total - shown)} more.`] : []),
  ];
}

function differenceLines({ kind, key, source, copy, columns, rows }: RowDifference): string[] {
  const name = key === null ? 'row' : rowText(key);
  const times = rows > 1 ? `, ${count(rows)} times` : '';
  if (kind === 'different') {
    return [
      `  ${name}: ${columns.join(', ')}`,
      ...(source === null ? [] : [`    source ${rowText(pick(source, columns))}`]),
      ...(copy === null ? [] : [`    copy   ${rowText(pick(copy, columns))}`]),
    ];
  }
  const row = source ?? copy ?? {};
  return [
    `  ${name}: ${kind}${times}`,
    `    ${kind === 'missing' ? 'source' : 'copy  '} ${rowText(row)}`,
  ];
}

function pick(row: ShownRow, columns: readonly string[]): ShownRow {
  return Object.fromEntries(columns.map((name) => [name, row[name] ?? null]));
}

/** As `id=5 note="a\nb"`, where control characters are escaped. */
function rowText(row: ShownRow): string {
  return Object.entries(row)
    .map(([name, value]) => `${name}=${valueText(value)}`)
    .join(' ');
}

const valueMaxChars = 200;

function valueText(value: string | null): string {
  if (value === null) return 'NULL';
  const text = value.length > valueMaxChars ? `${value.slice(0, valueMaxChars)}…` : value;
  return /^-?[\w.:]+$/.test(text) ? text : JSON.stringify(text);
}

function rowsOf({ tables }: VerifyResult): number {
  return tables.reduce((sum, { rows }) => sum + rows, 0);
}

function placeText({ position }: VerifyResult['upTo']): string {
  return `${position.file}:${position.offset}`;
}

function plural(rows: number, noun: string): string {
  return `${count(rows)} ${noun}${rows === 1 ? '' : 's'}`;
}

function count(rows: number): string {
  return Math.round(rows).toLocaleString('en-US');
}

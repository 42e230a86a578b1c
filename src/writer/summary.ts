import { describeBeginning } from './beginning.js';
import type { Beginning, UnclosedLog } from './checkpoint.js';
import { standingStillLine } from './copy-state.js';
import { unknownForeignKeysLine } from './foreign-keys/index.js';
import { unclosedLine } from './log-sequence.js';
import type { ReplayResult } from './replay.js';

/** What `theflash write --json` prints. Units: `seconds` of wall clock, `bytesRead` of logs. */
export interface WriteSummary {
  transactions: number;
  rowChanges: number;
  ddlStatements: number;
  tables: readonly string[];
  zeroDates: number;
  bytesRead: number;
  seconds: number;
  rowsPerSecond: number;
  /** False where the engine held all of the logs already. */
  hasMoved: boolean;
  /** What the copy stands on; null in copies of a version that did not keep it. */
  beginning: Beginning | null;
  position: { file: string; offset: number } | null;
  gtidSet: string;
  /** When the source committed the last transaction, ISO 8601, UTC; null before the first. */
  sourceTime: string | null;
  /** Tables whose foreign keys are not known, and not in the log either. */
  unknownForeignKeys: readonly string[];
  interrupted: boolean;
  /** Patterns of --include, --exclude and --rename that no table has met; exit code 1. */
  unmatchedPatterns: readonly string[];
  /** Tables that a filter leaves out since they were copied: their rows are as of `heldUpTo`. */
  standingStill: readonly { table: string; heldUpTo: { file: string; offset: number } }[];
  /** Logs of which is not known whether they were whole: each was applied up to `offset`, and had `bytes`. */
  unclosedLogs: readonly UnclosedLog[];
  /** Where a transaction begins whose end the logs do not hold yet. */
  unfinished: { file: string; offset: number } | null;
}

/** Sums a run up. */
export function summarize(result: ReplayResult, elapsedMs: number): WriteSummary {
  const { totals } = result;
  const seconds = elapsedMs / 1000;
  return {
    transactions: totals.transactions,
    rowChanges: totals.rowChanges,
    ddlStatements: totals.statements,
    tables: [...totals.tables].sort(),
    zeroDates: totals.zeroDates,
    bytesRead: result.bytesRead,
    seconds: Math.round(elapsedMs) / 1000,
    rowsPerSecond: seconds > 0 ? Math.round(totals.rowChanges / seconds) : 0,
    hasMoved: result.hasMoved,
    beginning: result.beginning ?? null,
    position: result.position ?? null,
    gtidSet: result.gtidSet,
    sourceTime: result.sourceTimeMs === 0 ? null : new Date(result.sourceTimeMs).toISOString(),
    unknownForeignKeys: result.unknownForeignKeys,
    interrupted: result.interrupted,
    unmatchedPatterns: result.unmatchedPatterns,
    standingStill: result.standingStill,
    unclosedLogs: result.unclosedLogs,
    unfinished: result.unfinished ?? null,
  };
}

/** The summary for people, a few lines. */
export function summaryLines(summary: WriteSummary, engine: string): string[] {
  const { position, unfinished, tables } = summary;
  const place = position === null ? 'the start' : `${position.file}:${position.offset}`;
  const holds = `${engine} ${describeBeginning(summary.beginning ?? undefined, place, summary)}.`;
  const lines: string[] = [];
  if (!summary.hasMoved) {
    lines.push(`Nothing new: ${holds}`);
  } else if (summary.transactions === 0 && summary.ddlStatements === 0) {
    lines.push(`No changes of copied tables up to ${place}, where the next run goes on.`, holds);
  } else {
    lines.push(
      `${plural(summary.rowChanges, 'row change')} of ${plural(summary.transactions, 'transaction')} ` +
        `in ${plural(tables.length, 'table')}, ${plural(summary.ddlStatements, 'DDL statement')}: ` +
        `${summary.seconds.toFixed(1)} s, ${summary.rowsPerSecond.toLocaleString('en-US')} rows/s.`,
      holds,
    );
  }
  if (summary.zeroDates > 0) {
    lines.push(
      `${plural(summary.zeroDates, 'zero or impossible date')} became NULL (--zero-date).`,
    );
  }
  for (const still of summary.standingStill) lines.push(standingStillLine(still));
  for (const log of summary.unclosedLogs) lines.push(unclosedLine(log));
  for (const pattern of summary.unmatchedPatterns) {
    lines.push(`No table has met ${pattern}: is it written as the source has it?`);
  }
  if (summary.unknownForeignKeys.length > 0) {
    lines.push(unknownForeignKeysLine(summary.unknownForeignKeys));
  }
  if (unfinished !== null) {
    lines.push(
      `The logs end inside a transaction that begins at ${unfinished.file}:${unfinished.offset}; it is applied when its end is there.`,
    );
  }
  if (summary.interrupted) lines.push('Interrupted: the same command goes on from there.');
  return lines;
}

function plural(count: number, noun: string): string {
  return `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`;
}

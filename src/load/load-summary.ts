import type { WriteSummary } from '../writer/index.js';
import type { LoadResult } from './load-dump.js';

/** A load as `theflash write --json` prints it, where no logs follow. */
export function summarizeLoad(result: LoadResult, elapsedMs: number): WriteSummary {
  const seconds = elapsedMs / 1000;
  return {
    transactions: 0,
    rowChanges: result.rows,
    ddlStatements: 0,
    tables: [...result.tables].sort(),
    zeroDates: result.zeroDates,
    bytesRead: result.bytesRead,
    seconds: Math.round(elapsedMs) / 1000,
    rowsPerSecond: seconds > 0 ? Math.round(result.rows / seconds) : 0,
    hasMoved: result.rows > 0 || result.tables.length > 0,
    beginning: result.beginning ?? null,
    position: result.position ?? null,
    gtidSet: result.gtidSet,
    sourceTime: null,
    unknownForeignKeys: [],
    interrupted: result.interrupted,
    unmatchedPatterns: [],
    standingStill: [],
    unclosedLogs: [],
    unfinished: null,
  };
}

/** A load for people, a few lines. */
export function loadLines(result: LoadResult, path: string, elapsedMs: number): string[] {
  if (result.interrupted) return ['Interrupted: nothing was loaded. The same command begins anew.'];
  const { position } = result;
  const place = position === undefined ? 'its position' : `${position.file}:${position.offset}`;
  if (result.wasLoaded)
    return [`${path} was loaded before: its rows as of ${place} are in the copy.`];
  const seconds = elapsedMs / 1000;
  const rate = Math.round(result.rows / seconds).toLocaleString('en-US');
  const lines = [
    `${plural(result.rows, 'row')} of ${plural(result.tables.length, 'table')} from ${path}: ` +
      `${seconds.toFixed(1)} s, ${rate} rows/s. They are as of ${place}.`,
  ];
  if (result.zeroDates > 0) {
    lines.push(`${plural(result.zeroDates, 'zero or impossible date')} became NULL (--zero-date).`);
  }
  return [...lines, ...result.warnings];
}

function plural(count: number, noun: string): string {
  return `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`;
}

import { tableName, type Engine, type Position } from '../protocol/index.js';
import { describeBeginning } from './beginning.js';
import {
  checkpointSource,
  parseCheckpoint,
  type Beginning,
  type UnclosedLog,
} from './checkpoint.js';
import { unknownForeignKeys } from './foreign-keys/index.js';
import { positionText } from './log-mark.js';
import { unclosedLine } from './log-sequence.js';
import { loadStoredHistory } from './schema-store.js';

/** What a copy is a copy of, as its last batch has left it. */
export interface CopyState {
  /** What it holds, for people: `holds all up to binlog.000003:4`. */
  summary: string;
  /** Null in copies of a version that did not keep it. */
  beginning: Beginning | null;
  position: Position;
  /** Tables of which rows from before the beginning may be missing. */
  incompleteTables: readonly string[];
  /** Tables that a filter leaves out since they were copied. */
  standingStill: readonly { table: string; heldUpTo: Position }[];
  /** Logs of which is not known whether they were whole: each was applied up to `offset`, and had `bytes`. */
  unclosedLogs: readonly UnclosedLog[];
  /** Tables whose foreign keys are not known, and not in the log either. */
  unknownForeignKeys: readonly string[];
}

/** Reads what the writer has left in an engine; undefined where it never wrote. */
export async function readCopyState(engine: Engine): Promise<CopyState | undefined> {
  const stored = await engine.readCheckpoint(checkpointSource);
  if (stored === undefined) return undefined;
  const { beginning, position, unclosed = [] } = parseCheckpoint(stored);
  const history = await loadStoredHistory(engine);
  const standingStill = history.standingStill();
  const isPartial = beginning?.kind !== 'whole' && beginning?.kind !== 'baseline';
  return {
    summary: describeBeginning(beginning, positionText(position), {
      standingStill,
      unclosedLogs: unclosed,
    }),
    beginning: beginning ?? null,
    position,
    incompleteTables: history
      .tables()
      .filter(({ origin, since }) => isPartial && origin !== undefined && since === undefined)
      .map(({ schema }) => tableName(schema))
      .sort(),
    standingStill,
    unclosedLogs: unclosed,
    unknownForeignKeys: unknownForeignKeys(history.tables()),
  };
}

/** What people should know of a copy that does not hold all; no lines for one that does. */
export function copyWarnings(state: CopyState): string[] {
  const { beginning, incompleteTables, standingStill, unclosedLogs } = state;
  const lines: string[] = [];
  if (beginning?.kind === 'partial') {
    const { file, offset } = beginning.position;
    const where = incompleteTables.length === 0 ? '' : ` of ${incompleteTables.join(', ')}`;
    lines.push(`Partial since ${file}:${offset}: rows${where} from before are not in the copy.`);
  }
  return [...lines, ...standingStill.map(standingStillLine), ...unclosedLogs.map(unclosedLine)];
}

/** Tells of a table that a filter leaves out since it was copied. */
export function standingStillLine({
  table,
  heldUpTo,
}: {
  table: string;
  heldUpTo: Position;
}): string {
  return `${table} stands still: it is left out since ${heldUpTo.file}:${heldUpTo.offset}, and holds the rows of then.`;
}

import { FlashError, tableName } from '../protocol/index.js';
import {
  compareMoments,
  type EngineTables,
  type Moment,
  type SchemaHistory,
  type WriterCheckpoint,
} from '../writer/index.js';
import { dumpCommand } from './dump/dump-error.js';

/** Whether the copy has the rows of a dump of this moment: it began with them, or these tables did. */
export function isLoaded(
  checkpoint: WriterCheckpoint | undefined,
  history: SchemaHistory,
  only: readonly string[],
  moment: Moment,
): boolean {
  if (checkpoint === undefined) return false;
  if (only.length === 0) {
    const { beginning } = checkpoint;
    return beginning?.kind === 'baseline' && isSamePlace(beginning, moment);
  }
  return only.every((name) => {
    const dot = name.indexOf('.');
    const table = { database: name.slice(0, dot), table: name.slice(dot + 1) };
    const since = history.get(table)?.since;
    return since !== undefined && isSamePlace(since, moment);
  });
}

/**
 * Refuses a dump that does not fit the copy.
 *
 * Errors: SOURCE_MISMATCH for a dump of everything where a copy is, or one of a table that is older than
 * the copy.
 */
export function checkAge(
  file: string,
  checkpoint: WriterCheckpoint | undefined,
  only: readonly string[],
  moment: Moment,
): void {
  if (checkpoint === undefined) return;
  const place = (at: Moment): string => `${at.position.file}:${at.position.offset}`;
  if (only.length === 0) {
    throw new FlashError(
      'SOURCE_MISMATCH',
      `${file} is as of ${place(moment)}, and the engine holds a copy up to ${place(checkpoint)}`,
      {
        hint: 'Leave --dump away to go on from there, replace single tables with --only db.table, or take an empty engine folder.',
        place: { file },
      },
    );
  }
  const order = compareMoments(moment, checkpoint);
  if (order !== undefined && order >= 0) return;
  throw new FlashError(
    'SOURCE_MISMATCH',
    order === undefined
      ? `${file} is as of ${place(moment)}, and nothing tells whether that is after ${place(checkpoint)}, where the copy is`
      : `${file} is as of ${place(moment)}, and the copy is at ${place(checkpoint)}: what lies between would be lost for ${only.join(', ')}`,
    { hint: `Dump again, now: ${dumpCommand}.`, place: { file } },
  );
}

/** Refuses to load over a table that has rows; `who` makes it, as `the dump`. Errors: SOURCE_MISMATCH. */
export async function checkFresh(
  tables: EngineTables,
  name: string,
  target: { database: string; table: string },
  who: string,
): Promise<void> {
  if (!(await tables.holdsRows(target))) return;
  throw new FlashError(
    'SOURCE_MISMATCH',
    `${who} has ${name}, and the engine has a table ${tableName(target)} with rows in it`,
    {
      hint: `Start from an empty engine, write elsewhere with --rename ${name}=…, or drop the table.`,
      place: { table: name },
    },
  );
}

function isSamePlace(a: Pick<Moment, 'position'>, b: Pick<Moment, 'position'>): boolean {
  return a.position.file === b.position.file && a.position.offset === b.position.offset;
}

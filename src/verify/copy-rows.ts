import { FlashError, type ArrowScan, type Engine, type Position } from '../protocol/index.js';
import {
  checkpointSource,
  parseCheckpoint,
  scanColumns,
  type WriterCheckpoint,
} from '../writer/index.js';
import type { ComparedTable, Rows } from './rows.js';

/** A commit may come between; one that comes each time is no commit. */
const opensMax = 100;

/** Rows of the copy, as of a known place in the source's log. */
export interface CopyRows {
  at: Position;
  chunks: AsyncIterable<Rows>;
}

/**
 * Reads rows of the copy. A query's rows are those of the moment in which it begins: where the checkpoint is the
 * same before and after that, it is theirs.
 *
 * Errors: those of the engine; BUSY where commits come faster than queries begin.
 */
export async function openCopyRows(
  engine: Engine,
  sql: string,
  table: ComparedTable,
): Promise<CopyRows> {
  for (let opens = 0; opens < opensMax; opens += 1) {
    const before = await engine.readCheckpoint(checkpointSource);
    const scan = await engine.query(sql);
    const after = await engine.readCheckpoint(checkpointSource);
    if (before === after) {
      const { position } = readCheckpointText(before, engine);
      return { at: position, chunks: readChunks(scan, table) };
    }
    await scan.close();
  }
  throw new FlashError('BUSY', 'the copy is committed to faster than a query of it begins', {
    hint: 'Give the writer a longer --batch-interval, as 1s.',
  });
}

/** How far the copy is. Errors: INVALID_REQUEST where there is no copy. */
export async function readPlace(engine: Engine): Promise<WriterCheckpoint> {
  return readCheckpointText(await engine.readCheckpoint(checkpointSource), engine);
}

function readCheckpointText(text: string | undefined, { location }: Engine): WriterCheckpoint {
  if (text !== undefined) return parseCheckpoint(text);
  throw new FlashError('INVALID_REQUEST', `${location} holds no copy`, {
    hint: 'Make one: theflash write --binlog mysql://user@host/ --engine DIR.',
  });
}

async function* readChunks(scan: ArrowScan, { schema }: ComparedTable): AsyncGenerator<Rows> {
  const all = schema.columns.map(() => true);
  for await (const { columns, rows } of scanColumns(scan, schema, all)) {
    if (rows > 0) yield { schema, columns, rows };
  }
}

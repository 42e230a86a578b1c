import { randomUUID } from 'node:crypto';
import {
  FlashError,
  queryRows,
  quoteString,
  quoteTable,
  readTable,
  type Engine,
} from '../../protocol/index.js';

/**
 * Checks that shards are those that were filled together, in the same order: a key would otherwise
 * be looked for, and written, on another shard than the one that has it.
 *
 * Shape: true where none of them was filled yet.
 * Errors: SOURCE_MISMATCH.
 */
export async function checkLayout(shards: readonly Engine[]): Promise<boolean> {
  const marks = await Promise.all(shards.map(readMark));
  const [first] = marks;
  if (marks.every((mark) => mark === undefined)) return true;
  marks.forEach((mark, position) => {
    const isRight =
      mark !== undefined &&
      mark.layout === first?.layout &&
      mark.position === position &&
      mark.count === shards.length;
    if (isRight) return;
    const found =
      mark === undefined
        ? 'belongs to no shards, beside others that do'
        : `is number ${mark.position + 1} of ${mark.count} shards`;
    throw new FlashError(
      'SOURCE_MISMATCH',
      `${shards[position]?.location ?? ''} ${found}, not number ${position + 1} of these ${shards.length}`,
      {
        hint: 'Name all shards in the order in which they were first written; to have more of them, write new ones.',
      },
    );
  });
  return false;
}

/** Marks new shards as these, in this order. */
export async function markLayout(shards: readonly Engine[]): Promise<void> {
  const layout = randomUUID();
  for (const [position, shard] of shards.entries()) {
    await shard.execute(
      `CREATE DATABASE IF NOT EXISTS theflash;
       CREATE TABLE IF NOT EXISTS ${quoteTable(markTable)}
         (layout String, position UInt32, count UInt32) ENGINE = MutableMergeTree ORDER BY layout;
       INSERT INTO ${quoteTable(markTable)} VALUES (${quoteString(layout)}, ${position}, ${shards.length})`,
    );
  }
}

const markTable = { database: 'theflash', table: 'shard_layout' };

async function readMark(
  engine: Engine,
): Promise<{ layout: string; position: number; count: number } | undefined> {
  if ((await readTable(engine, markTable)) === undefined) return undefined;
  const [row] = await queryRows(engine, `SELECT * FROM ${quoteTable(markTable)}`);
  if (row === undefined) return undefined;
  return {
    layout: String(row['layout']),
    position: Number(row['position']),
    count: Number(row['count']),
  };
}

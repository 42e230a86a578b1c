import { eventsBetween } from '../load/index.js';
import { FlashError, tableName, type Position } from '../protocol/index.js';
import type { TableServer } from '../source/index.js';
import type { ComparedTables } from './compared-tables.js';
import { effectOf } from './query-effect.js';

/** Tables that come and go are looked at again, so often. */
const triesMax = 10;

/**
 * Lists the tables of both sides until no statement in the log, meanwhile, was of one that differs: the two sides
 * are looked at one after the other, and a table that is made, altered or dropped between would seem to differ.
 *
 * Errors: BUSY where such a table is changed each time; those of `list` and of the source's logs.
 */
export async function listSteadily(
  server: TableServer,
  list: (from: Position) => Promise<ComparedTables>,
): Promise<ComparedTables> {
  for (let tries = 1; ; tries += 1) {
    const from = await server.position();
    const found = await list(from);
    if (found.unlike.size === 0) return found;
    const isChanged = await readChanges(server, from, await server.position());
    const unsteady = [...found.unlike].filter(([, { source }]) => isChanged(source));
    if (unsteady.length === 0) return found;
    if (tries < triesMax) continue;
    const names = unsteady.map(([name]) => name).join(', ');
    throw new FlashError('BUSY', `${names}: changed each of ${triesMax} times it was looked at`, {
      hint: `Leave such tables out: ${unsteady.map(([name]) => `--exclude '${name}'`).join(' ')}.`,
    });
  }
}

/** Gives whether statements of the log, between two places, were of a table. Errors: those of the source’s logs. */
export async function readChanges(
  server: TableServer,
  from: Position,
  upTo: Position,
): Promise<(table: { database: string; table: string }) => boolean> {
  const names = new Set<string>();
  let mayBeAny = false;
  const source = await server.openLogs();
  try {
    for await (const event of eventsBetween(source, from, upTo)) {
      if (event.kind !== 'query') continue;
      const effect = effectOf(event, server);
      if (effect.kind === 'tables') for (const each of effect.tables) names.add(tableName(each));
      // Others are of rows.
      else if (effect.kind === 'unknown')
        mayBeAny ||= /^\W*(?:CREATE|DROP|ALTER|RENAME)\b|^\s*\/\*/i.test(event.sql);
    }
  } finally {
    source.close?.();
  }
  return (table) =>
    mayBeAny ||
    names.has(tableName(table)) ||
    names.has(tableName({ database: table.database, table: '*' }));
}

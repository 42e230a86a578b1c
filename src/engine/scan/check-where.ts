import { FlashError, queryRows, whereCheckSql, type Engine } from '../../protocol/index.js';

/**
 * Refuses a `--where` that is not exactly one expression, or that `sql`, the scan it is part of,
 * can't use: a column that is not there, a text compared with a number. The engine's own parser
 * and analyzer decide; no row is read.
 *
 * Errors: INVALID_REQUEST with the engine's reason.
 */
export async function checkWhere(engine: Engine, where: string, sql: string): Promise<void> {
  if (where.trim() === '') throw refusedWhere('it is empty', undefined);
  for (const check of whereCheckSql(where)) {
    await refuseFailing(engine, check, (reason) => `it is not one expression${nearToken(reason)}`);
  }
  await refuseFailing(engine, `EXPLAIN ${sql}`, withoutQuery);
}

async function refuseFailing(
  engine: Engine,
  check: string,
  describe: (reason: string) => string,
): Promise<void> {
  try {
    await queryRows(engine, check);
  } catch (error) {
    if (!(error instanceof FlashError) || !refusals.has(error.code)) throw error;
    throw refusedWhere(describe(error.message), error);
  }
}

/** What an engine says of SQL that is wrong; all else (memory, a closed engine) is not the text's fault. */
const refusals: ReadonlySet<string> = new Set(['INVALID_REQUEST', 'NOT_FOUND', 'ENGINE']);

/** Names the place that the parser stumbled at, where it is in the user's own text. */
function nearToken(reason: string): string {
  const token = /failed at position \d+ \(([^\n]{1,40}?)\)/.exec(reason)?.[1];
  // A bracket may be ours.
  return token === undefined || /^(end of query|[[\]()])$/.test(token) ? '' : `, near "${token}"`;
}

/** Takes the SQL around the condition out of a message: the user did not write it. */
function withoutQuery(reason: string): string {
  return reason
    .replace(/[.:]? in (?:scope|query) SELECT .* prefer_column_name_to_alias = 1/is, '')
    .replace(/\.+$/, '');
}

function refusedWhere(reason: string, cause: FlashError | undefined): FlashError {
  return new FlashError('INVALID_REQUEST', `--where was refused: ${reason}`, {
    hint: `Give one condition of ClickHouse SQL, as in --where "price > 10 AND name LIKE 'a%'".`,
    ...(cause === undefined ? {} : { place: cause.place, cause }),
  });
}

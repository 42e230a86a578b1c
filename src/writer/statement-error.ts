import { FlashError, type ErrorPlace } from '../protocol/index.js';
import { SqlSyntaxError } from './ddl/index.js';

/** Where a statement stands in the log, and its text. */
export interface StatementContext {
  file: string;
  offset: number;
  endOffset: number;
  sql: string;
}

const quotedMax = 120;

/** The error for a statement that can't be carried over to a table of the copy. */
export function statementError(
  context: StatementContext,
  problem: string,
  options: { hint?: string; table?: string; cause?: unknown } = {},
): FlashError {
  const place: ErrorPlace = { file: context.file, offset: context.offset };
  if (options.table !== undefined) place.table = options.table;
  const text = context.sql.replace(/\s+/g, ' ').trim();
  const quoted = text.length > quotedMax ? `${text.slice(0, quotedMax)}…` : text;
  return new FlashError(
    'UNSUPPORTED',
    `${problem}: "${quoted}" in ${context.file} at offset ${context.offset}`,
    {
      hint: options.hint ?? skipHint(context, options.table),
      place,
      cause: options.cause,
    },
  );
}

/**
 * Runs work of the engine for a statement: what the engine refuses becomes an error with the place in
 * the log. What would have failed anywhere, as a full disk, keeps its code.
 */
export async function atStatement<T>(
  context: StatementContext,
  table: string,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof FlashError) || error.place.file !== undefined) throw error;
    const isRefused = ['INVALID_REQUEST', 'ENGINE', 'NOT_FOUND'].includes(error.code);
    const refused = statementError(
      context,
      `the engine refuses a change of ${table}: ${error.message}`,
      {
        table,
        hint: `All before it is applied. Leave the table out with --exclude ${table}; or, if it is its name that the engine refuses, give it another with --rename ${table}=….`,
        cause: error,
      },
    );
    if (isRefused) throw refused;
    const { hint = refused.hint } = error;
    throw new FlashError(error.code, refused.message, {
      ...(hint === undefined ? {} : { hint }),
      place: { ...error.place, ...refused.place },
      cause: error,
    });
  }
}

/** Runs a part of the DDL parser; what it can't read becomes an error with the place in the log. */
export function parsePart<T>(context: StatementContext, table: string, part: () => T): T {
  try {
    return part();
  } catch (error) {
    if (!(error instanceof SqlSyntaxError)) throw error;
    const problem = `a statement on ${table} is not understood (${error.message})`;
    throw statementError(context, problem, { table, cause: error });
  }
}

function skipHint(context: StatementContext, table: string | undefined): string {
  const skip = `--skip ${context.file}:${context.offset}`;
  const leaveOut =
    table === undefined
      ? ''
      : ` Else leave the table out with --exclude ${table}, or start from a new copy.`;
  return `All before it is applied. If it changes no rows or columns of the copy, go on with ${skip}.${leaveOut}`;
}

import { FlashError, quoteIdentifier, quoteString, sqlTokens } from '../../protocol/index.js';

/** A table that a request brings with it, for its one statement. */
export interface ExternalTable {
  name: string;
  format: string;
  /** `name Type, …`. */
  structure: string;
  data: Buffer;
}

/** What a client sends beside the statement: files of a form, by name. */
export type FormFiles = ReadonlyMap<string, Buffer>;

/**
 * Takes out of the settings of a request those that describe its files: `NAME_structure`, or `NAME_types`
 * for columns `_1`, `_2`, …, and `NAME_format` (TabSeparated where there is none).
 *
 * Errors: INVALID_REQUEST for a file that nothing describes.
 * Source: ClickHouse, "External data for query processing".
 */
export function readTables(
  files: FormFiles,
  described: ReadonlyMap<string, string>,
): { tables: readonly ExternalTable[]; settings: ReadonlyMap<string, string> } {
  const settings = new Map(described);
  const take = (name: string): string | undefined => {
    const value = settings.get(name);
    settings.delete(name);
    return value;
  };
  const tables = [...files].map(([name, data]) => {
    const types = take(`${name}_types`);
    const structure = take(`${name}_structure`) ?? (types && nameColumns(types));
    const format = take(`${name}_format`) ?? 'TabSeparated';
    const shown = name.slice(0, 80);
    if (structure === undefined || structure.trim() === '') {
      throw new FlashError('INVALID_REQUEST', `The external table ${shown} has no structure`, {
        hint: `Give its columns as ${shown}_structure=name Type, …, or ${shown}_types=Type, ….`,
      });
    }
    if (!/^\w{1,100}$/.test(format)) {
      throw new FlashError(
        'INVALID_REQUEST',
        `Unknown format ${format.slice(0, 40)} of ${shown}_format`,
      );
    }
    return { name, format, structure, data };
  });
  return { tables, settings };
}

/**
 * Puts tables of its own before the query of a statement, as common table expressions: a name without a database then
 * stands for them, in subqueries, joins and after IN, too.
 *
 * Errors: UNSUPPORTED for what knows no WITH; TOO_LARGE.
 */
export function withTables(statement: Buffer, tables: readonly ExternalTable[]): Buffer {
  if (tables.length === 0) return statement;
  const text = statement.subarray(0, headBytes).toString('latin1');
  // Comments, texts and names become spaces of their length.
  const bare = text.replace(sqlTokens, (token: string) => ' '.repeat(token.length));
  const [head = '', word = '', recursive = ''] = beginOfQuery.exec(bare) ?? [];
  if (word === '') {
    throw new FlashError('UNSUPPORTED', 'External data stands beside what reads it alone', {
      hint: 'Let it be SELECT, WITH … SELECT, INSERT … SELECT or CREATE TABLE … AS SELECT, or put the rows into a table.',
    });
  }
  if (tables.reduce((sum, { data }) => sum + data.length, 0) > statementBytesMax) throw tooLarge();
  const hasWith = /^WITH/i.test(word);
  const pieces = tables.flatMap((table, index) => [
    Buffer.from(`${index === 0 ? `WITH${recursive} ` : ', '}${quoteIdentifier(table.name)} AS `),
    rowsOf(table),
  ]);
  const [before, after] = [
    head.length - word.length,
    hasWith ? head.length : head.length - word.length,
  ];
  const whole = Buffer.concat([
    ...[statement.subarray(0, before), ...pieces],
    ...[Buffer.from(hasWith ? ', ' : ' '), statement.subarray(after)],
  ]);
  if (whole.length <= statementBytesMax) return whole;
  throw tooLarge();
}

/** Of no bytes the function format makes a table of no columns. */
function rowsOf({ format, structure, data }: ExternalTable): Buffer {
  const columns = quoteString(structure);
  if (data.length === 0) return Buffer.from(`(SELECT * FROM null(${columns}))`);
  const start = Buffer.from(`(SELECT * FROM format(${format}, ${columns}, '`);
  return Buffer.concat([start, escapeBytes(data), Buffer.from("'))")]);
}

/** Gives the error of a statement with such tables; of one without rows the engine's says little. */
export function toTableError(error: unknown): unknown {
  const isEmpty =
    error instanceof FlashError &&
    error.place.engineCode === notFoundColumn &&
    error.message.includes('There are only columns: .');
  if (!isEmpty) return error;
  return new FlashError('INVALID_REQUEST', 'A file of external data holds no rows', {
    hint: 'Send an empty file for a table of no rows, without a head.',
    cause: error,
  });
}

const notFoundColumn = 10;

function tooLarge(): FlashError {
  return new FlashError(
    'TOO_LARGE',
    `A statement and its external data have ${statementBytesMax} bytes at most`,
    { hint: 'INSERT the rows into a table, and join that.' },
  );
}

/** `Int8, String` as `_1 Int8, _2 String`. */
function nameColumns(types: string): string {
  const parts: string[] = [''];
  // Brackets and quotes hold commas that part nothing.
  let depth = 0;
  for (const [token] of types.matchAll(/'(?:[^'\\]|\\[^])*'|[^]/g)) {
    if (token === '(') depth += 1;
    if (token === ')') depth -= 1;
    if (token === ',' && depth === 0) parts.push('');
    else parts.push((parts.pop() ?? '') + token);
  }
  return parts.map((type, index) => `_${index + 1} ${type.trim()}`).join(', ');
}

/** The bytes as they stand in a string literal of the engine's SQL. */
function escapeBytes(data: Buffer): Buffer {
  const escaped = data.toString('latin1').replace(/[\\'\0]/g, (letter) => {
    return letter === '\0' ? '\\0' : `\\${letter}`;
  });
  return Buffer.from(escaped, 'latin1');
}

/** Of a view the tables would become a part. */
const beginOfQuery =
  /^(?:\s*|\s*CREATE\s+(?:OR\s+REPLACE\s+)?TABLE\s[^]*?\sAS\s+)(SELECT|INSERT|WITH(\s+RECURSIVE)?)\b/i;

/** Comments, or the columns of a table, may stand before the query. */
const headBytes = 64 * 1024;

/** As max_query_size here: the engine reads no longer one. */
const statementBytesMax = 16 * 1024 * 1024;

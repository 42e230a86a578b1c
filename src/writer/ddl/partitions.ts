import { readDefault } from './default-literal.js';
import type { PartitionPart, Partitioning } from './statement.js';
import type { TokenReader } from './token-reader.js';

/**
 * Reads what stands after PARTITION BY, to the end of the statement.
 *
 * Shape: undefined for forms whose rows are not told from their columns: HASH and KEY, which the server
 * lets nobody drop, and those that are not understood.
 * Source: MySQL 8.4 manual, "CREATE TABLE Statement", partition_options.
 */
export function readPartitioning(reader: TokenReader): Partitioning | undefined {
  const read = reader.attempt((): Partitioning => {
    const kind = reader.accept('RANGE') ? 'range' : 'list';
    if (kind === 'list') reader.expect('LIST');
    reader.accept('COLUMNS');
    const { column, by } = readKey(reader);
    while (!(reader.isSymbol('(') && reader.peek(1)?.text.toUpperCase() === 'PARTITION')) {
      if (reader.isSymbol('(')) reader.skipParenthesised();
      else reader.take();
    }
    return { kind, column, by, parts: readParts(reader) };
  });
  while (!reader.done) reader.take();
  return read;
}

/** A column by itself, or one of the functions whose steps are those of the column. */
function readKey(reader: TokenReader): Pick<Partitioning, 'column' | 'by'> {
  reader.expectSymbol('(');
  const name = reader.name();
  if (reader.acceptSymbol(')')) return { column: name, by: 'value' };
  reader.expectSymbol('(');
  const column = reader.name();
  reader.expectSymbol(')');
  reader.expectSymbol(')');
  const by = functions.get(name.toUpperCase());
  if (by === undefined) throw reader.error('the function is not known');
  return { column, by };
}

const functions = new Map<string, Partitioning['by']>([
  ['YEAR', 'year'],
  ['TO_DAYS', 'days'],
  ['UNIX_TIMESTAMP', 'seconds'],
]);

/** Reads `(PARTITION p VALUES LESS THAN (…), …)`. Errors: `SqlSyntaxError`. */
export function readParts(reader: TokenReader): PartitionPart[] {
  const parts: PartitionPart[] = [];
  reader.expectSymbol('(');
  reader.list(() => {
    reader.expect('PARTITION');
    const name = reader.name();
    reader.expect('VALUES');
    const isIn = reader.accept('IN');
    if (!isIn) reader.expect('LESS', 'THAN');
    parts.push({ name, values: readValues(reader) });
    while (!reader.done && !reader.isSymbol(',') && !reader.isSymbol(')')) {
      if (reader.isSymbol('(')) reader.skipParenthesised();
      else reader.take();
    }
  });
  reader.expectSymbol(')');
  return parts;
}

function readValues(reader: TokenReader): PartitionPart['values'] {
  if (reader.accept('MAXVALUE')) return ['max'];
  const values: PartitionPart['values'][number][] = [];
  reader.expectSymbol('(');
  reader.list(() => values.push(readValue(reader)));
  reader.expectSymbol(')');
  return values;
}

function readValue(reader: TokenReader): PartitionPart['values'][number] {
  if (reader.accept('MAXVALUE')) return 'max';
  const isFunction = reader.peek()?.kind === 'word' && reader.peek(1)?.text === '(';
  const by = isFunction ? functions.get(reader.name().toUpperCase()) : undefined;
  if (by !== undefined) reader.expectSymbol('(');
  const literal = readDefault(reader);
  if (by !== undefined) reader.expectSymbol(')');
  if (literal.kind === 'null') return 'null';
  if (literal.kind !== 'number' && literal.kind !== 'string') {
    throw reader.error('a plain value is expected');
  }
  return { text: literal.text, by };
}

/** Reads the names of DROP PARTITION p0, p1, or ALL. */
export function readPartitionNames(reader: TokenReader): string[] | 'all' {
  if (reader.accept('ALL')) return 'all';
  reader.accept('IF', 'EXISTS');
  const names: string[] = [];
  reader.list(() => names.push(reader.name()));
  return names;
}

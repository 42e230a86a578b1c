import test from 'ava';
import { FlashError, tableName, type Column, type TableSchema } from '../../src/protocol/index.js';
import { caseNames, readCase, statedError } from './fixtures/cases.js';
import { replay } from './fixtures/replay.js';

/** Each recorded log, replayed, comes to the tables that its server's SELECT showed, or stops as stated. */
for (const name of caseNames()) {
  const { log, sql, tables } = readCase(name);
  const schemas = tables.map((table) => table.schema);
  const error = statedError(sql);
  if (error === undefined) {
    test(`${name}: the replayed log equals the server's SELECT`, (t) => {
      const replayed = replay(log, schemas, /^-- completed/m.test(sql));
      t.true(tables.length > 0);
      for (const { schema, rows } of tables) {
        const expected = rows.map((row) => normalRow(schema, row));
        const actual = (replayed.get(tableName(schema)) ?? []).map((row) => normalRow(schema, row));
        t.true(expected.length > 0, tableName(schema));
        t.deepEqual(sorted(actual), sorted(expected), tableName(schema));
      }
    });
  } else {
    test(`${name}: the replay stops with ${error.code}`, (t) => {
      const thrown = t.throws(() => replay(log, schemas), { instanceOf: FlashError });
      t.is(thrown.code, error.code);
      t.regex(thrown.message, error.message);
      t.truthy(thrown.hint);
      t.is(thrown.place.file, 'log.binlog');
    });
  }
}

/** Rows with column names, for a readable difference. */
function normalRow(schema: TableSchema, row: (string | null)[]): Record<string, unknown> {
  return Object.fromEntries(
    schema.columns.map((column, i) => [column.name, normalValue(column, row[i] ?? null)]),
  );
}

function normalValue(column: Column, value: string | null): unknown {
  if (value === null) return null;
  switch (column.type.kind) {
    case 'float':
      return column.type.bits === 32 ? Math.fround(Number(value)) : Number(value);
    case 'date':
    case 'datetime':
    case 'timestamp': {
      const text = Buffer.from(value, 'hex').toString('utf8');
      return isRealDate(text.slice(0, 10)) ? text : null;
    }
    case 'int':
    case 'bit':
    case 'year':
    case 'bytes':
    case 'geometry':
    case 'vector':
      return value;
    case 'decimal':
    case 'time':
    case 'text':
    case 'enum':
    case 'set':
    case 'json':
    case 'uuid':
    case 'inet4':
    case 'inet6':
      return Buffer.from(value, 'hex').toString('utf8');
  }
}

/** Whether the calendar has this date: those that it has not come out as NULL. */
function isRealDate(text: string): boolean {
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}

function sorted(rows: Record<string, unknown>[]): Record<string, unknown>[] {
  return rows.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

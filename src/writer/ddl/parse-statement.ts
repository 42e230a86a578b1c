import { readAlterActions } from './alter-table.js';
import { readTableBody } from './create-table.js';
import { readTableName } from './names.js';
import { readOtherStatement } from './other-statement.js';
import type { SqlDialect } from './sql-dialect.js';
import type { Statement, TableReference } from './statement.js';
import { readCharsetOption } from './table-options.js';
import { tokenize } from './tokenize.js';
import { TokenReader } from './token-reader.js';

/**
 * Tells what a statement of the log does, as far as a copy of the tables goes.
 *
 * A statement is either understood or `unknown`; the parts of CREATE TABLE and ALTER TABLE that
 * only matter for a replicated table are read when the caller asks for them.
 *
 * Errors: `SqlSyntaxError` where the beginning of a known statement can't be read.
 */
export function parseStatement(sql: string, database: string, dialect: SqlDialect): Statement {
  const { lowerCaseTableNames = false } = dialect;
  const defaultDatabase = lowerCaseTableNames ? database.toLowerCase() : database;
  const reader = new TokenReader(tokenize(sql, dialect), lowerCaseTableNames);
  const scope = { reader, defaultDatabase, dialect };
  // SET STATEMENT max_statement_time=0 FOR ALTER TABLE …: MariaDB.
  if (reader.accept('SET', 'STATEMENT')) while (!reader.accept('FOR')) reader.take();
  if (reader.accept('CREATE')) return readCreate(scope);
  if (reader.accept('DROP')) return readDropStatement(scope);
  if (reader.accept('ALTER')) return readAlter(scope);
  if (reader.accept('TRUNCATE')) {
    reader.accept('TABLE');
    return { kind: 'truncate-table', table: readTableName(reader, defaultDatabase) };
  }
  if (reader.accept('RENAME', 'TABLE') || reader.accept('RENAME', 'TABLES')) {
    return readRenames(scope);
  }
  return readOtherStatement(reader, defaultDatabase);
}

interface Scope {
  reader: TokenReader;
  defaultDatabase: string;
  dialect: SqlDialect;
}

function readCreate({ reader, defaultDatabase, dialect }: Scope): Statement {
  const orReplace = reader.accept('OR', 'REPLACE');
  if (reader.acceptOneOf('DATABASE', 'SCHEMA') !== undefined) {
    reader.accept('IF', 'NOT', 'EXISTS');
    const database = reader.storedName();
    return { kind: 'create-database', database, charset: readDatabaseCharset(reader) };
  }
  const temporary = reader.accept('TEMPORARY');
  if (reader.accept('SEQUENCE')) {
    reader.accept('IF', 'NOT', 'EXISTS');
    return { kind: 'create-sequence', table: readTableName(reader, defaultDatabase) };
  }
  if (!reader.accept('TABLE')) return readCreateOther(reader);
  const ifNotExists = reader.accept('IF', 'NOT', 'EXISTS');
  const table = readTableName(reader, defaultDatabase);
  const body = (): ReturnType<typeof readTableBody> =>
    readTableBody(reader, dialect, defaultDatabase);
  return { kind: 'create-table', table, temporary, ifNotExists, orReplace, body };
}

/** What CREATE and DROP may name beside tables and databases: nothing that a copy of rows shows. */
const otherObjects = [
  'AGGREGATE',
  'ALGORITHM',
  'DEFINER',
  'EVENT',
  'FULLTEXT',
  'FUNCTION',
  'INDEX',
  'LIBRARY',
  'LOGFILE',
  'OFFLINE',
  'ONLINE',
  'PACKAGE',
  'PREPARE',
  'PROCEDURE',
  'RESOURCE',
  'ROLE',
  'SERVER',
  'SPATIAL',
  'SQL',
  'TABLESPACE',
  'TRIGGER',
  'UNDO',
  'UNIQUE',
  'USER',
  'VECTOR',
  'VIEW',
];

function readCreateOther(reader: TokenReader): Statement {
  return { kind: reader.acceptOneOf(...otherObjects) === undefined ? 'unknown' : 'no-effect' };
}

function readDropStatement({ reader, defaultDatabase }: Scope): Statement {
  if (reader.acceptOneOf('DATABASE', 'SCHEMA') !== undefined) {
    reader.accept('IF', 'EXISTS');
    return { kind: 'drop-database', database: reader.storedName() };
  }
  const temporary = reader.accept('TEMPORARY');
  if (reader.accept('INDEX')) return readDropIndex(reader, defaultDatabase);
  if (reader.acceptOneOf('TABLE', 'TABLES', 'SEQUENCE') === undefined)
    return readCreateOther(reader);
  reader.accept('IF', 'EXISTS');
  const tables: TableReference[] = [];
  reader.list(() => tables.push(readTableName(reader, defaultDatabase)));
  return { kind: 'drop-table', tables, temporary };
}

/** DROP INDEX `PRIMARY` ON t drops the primary key; any other index leaves no trace in the rows. */
function readDropIndex(reader: TokenReader, defaultDatabase: string): Statement {
  reader.accept('IF', 'EXISTS');
  if (reader.name().toUpperCase() !== 'PRIMARY') return { kind: 'no-effect' };
  reader.expect('ON');
  const table = readTableName(reader, defaultDatabase);
  return { kind: 'alter-table', table, actions: () => [{ kind: 'drop-primary-key' }] };
}

function readAlter({ reader, defaultDatabase, dialect }: Scope): Statement {
  if (reader.acceptOneOf('DATABASE', 'SCHEMA') !== undefined) {
    const unnamed = readDatabaseCharset(reader);
    if (unnamed !== undefined || reader.done) {
      return { kind: 'alter-database', database: defaultDatabase, charset: unnamed };
    }
    const database = reader.storedName();
    return { kind: 'alter-database', database, charset: readDatabaseCharset(reader) };
  }
  let ignores = false;
  for (;;) {
    const word = reader.acceptOneOf('ONLINE', 'OFFLINE', 'IGNORE');
    if (word === undefined) break;
    ignores ||= word === 'IGNORE';
  }
  if (reader.accept('SEQUENCE')) return { kind: 'no-effect' };
  if (!reader.accept('TABLE')) return readCreateOther(reader);
  reader.accept('IF', 'EXISTS');
  const table = readTableName(reader, defaultDatabase);
  if (reader.acceptOneOf('WAIT', 'NOWAIT') === 'WAIT') reader.integer();
  const actions = (): ReturnType<typeof readAlterActions> => {
    const isUnique = ignores && (reader.holds('UNIQUE') || reader.holds('PRIMARY'));
    const read = readAlterActions(reader, dialect, table.database);
    // Rows with the same key are dropped; which of them, the log does not tell.
    return isUnique
      ? [{ kind: 'unsupported', what: 'IGNORE with a new key', takesOnly: true }, ...read]
      : read;
  };
  return { kind: 'alter-table', table, actions };
}

function readRenames({ reader, defaultDatabase }: Scope): Statement {
  const renames: { from: TableReference; to: TableReference }[] = [];
  reader.accept('IF', 'EXISTS');
  reader.list(() => {
    const from = readTableName(reader, defaultDatabase);
    if (reader.acceptOneOf('WAIT', 'NOWAIT') === 'WAIT') reader.integer();
    reader.expect('TO');
    renames.push({ from, to: readTableName(reader, defaultDatabase) });
  });
  return { kind: 'rename-table', renames };
}

function readDatabaseCharset(reader: TokenReader): string | undefined {
  let charset: string | undefined;
  for (;;) {
    const option = readCharsetOption(reader);
    if (option === undefined) return charset;
    charset = option.charset ?? charset;
  }
}

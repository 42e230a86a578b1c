import { ChangeBuilder, zeroDateSink, type ZeroDatePolicy } from '../../binlog/index.js';
import { FlashError, tableName, type Column, type TableSchema } from '../../protocol/index.js';
import { chooseAppender } from './choose-appender.js';
import { dumpError } from './dump-error.js';
import { holdsCharset, type DumpSession } from './dump-session.js';
import type { DumpedTable } from './dump-tables.js';
import type { Field, RowScanner } from './row-scanner.js';

/** Storage engines that take no part in a transaction: rows may be newer than the dump's position. */
const withoutSnapshot = /^(?:myisam|aria|memory|csv|archive|merge|mrg_myisam|ndb\w*|federated)$/i;

/** Reads the rows of one table of a dump. */
export class TableLoader {
  builder: ChangeBuilder;
  readonly table: DumpedTable;
  rows = 0;
  readonly #file: string;
  readonly #scanner: RowScanner;
  readonly #fields: readonly Field[];
  #chosenFor: readonly string[] | undefined;
  #chosen: readonly Field[];

  /**
   * `side` names the engine's table that the rows go to.
   *
   * Errors: UNSUPPORTED where the dump can't hold the table's rows as they are.
   */
  constructor(
    file: string,
    table: DumpedTable,
    side: TableSchema,
    session: DumpSession,
    options: { offset: number; scanner: RowScanner; zeroDate: ZeroDatePolicy },
  ) {
    this.#file = file;
    this.table = table;
    this.#scanner = options.scanner;
    this.builder = new ChangeBuilder(side);
    checkTable(file, table, session, options.offset);
    const { schema } = table.known;
    this.#fields = schema.columns.map((column, index) => {
      const nullable = this.builder.nullable[index] === true;
      const sink = zeroDateSink(options.zeroDate, nullable);
      return {
        ...chooseAppender(column, session.charset ?? '', sink),
        index,
        nullable,
        isList: column.type.kind === 'vector',
      };
    });
    this.#chosen = this.#fields;
  }

  /**
   * Appends the rows of a statement.
   *
   * Errors: INVALID_REQUEST for rows that are not of the table, or no rows; UNSUPPORTED for values that
   * have no place in the copy.
   */
  append(
    bytes: Uint8Array,
    rowsAt: number,
    columns: readonly string[] | undefined,
    offset: number,
  ): void {
    if (columns !== this.#chosenFor) {
      this.#chosen = columns === undefined ? this.#fields : this.#choose(columns, offset);
      this.#chosenFor = columns;
    }
    const before = this.builder.rows;
    try {
      this.rows += this.#scanner.append(bytes, rowsAt, this.#chosen, this.builder);
    } catch (error) {
      throw this.#describe(error, offset, this.builder.rows - before);
    }
  }

  /** Gives up the memory that the columns have grown to. Only when all rows are taken. */
  release(): void {
    this.builder = new ChangeBuilder(this.builder.schema);
  }

  #choose(columns: readonly string[], offset: number): Field[] {
    const { schema } = this.table.known;
    const table = tableName(schema);
    const lower = columns.map((column) => column.toLowerCase());
    const missing = schema.columns.find(({ name }) => !lower.includes(name.toLowerCase()));
    if (missing !== undefined) {
      throw dumpError(this.#file, `the rows of ${table} lack the column ${missing.name}`, {
        offset,
        table,
        column: missing.name,
        code: 'UNSUPPORTED',
        hint:
          'mysqldump leaves generated columns out; mariadb-dump writes them, from MySQL up to 8.0 too. ' +
          `Or leave the table out with --exclude ${table}.`,
      });
    }
    return lower.map((column) => {
      const index = schema.columns.findIndex(({ name }) => name.toLowerCase() === column);
      const field = this.#fields[index];
      if (field === undefined || lower.length !== schema.columns.length) {
        throw dumpError(
          this.#file,
          `the rows of ${table} name a column ${column} that it has not`,
          { offset, table },
        );
      }
      return field;
    });
  }

  #describe(error: unknown, offset: number, row: number): unknown {
    if (!(error instanceof FlashError) || error.code === 'MEMORY') return error;
    const { schema } = this.table.known;
    const column = schema.columns[this.#chosen[this.#scanner.fieldIndex]?.index ?? -1]?.name ?? '';
    const table = tableName(schema);
    const problem = `row ${row + 1} of an INSERT into ${table}, column ${column}: ${error.message}`;
    const isValue = error.code === 'UNSUPPORTED';
    return dumpError(this.#file, problem, {
      offset,
      table,
      column,
      cause: error,
      ...(isValue && error.hint !== undefined ? { hint: error.hint } : {}),
      code: isValue ? 'UNSUPPORTED' : 'INVALID_REQUEST',
    });
  }
}

/** Refuses tables whose rows a dump of this kind does not hold as they are. */
function checkTable(file: string, dumped: DumpedTable, session: DumpSession, offset: number): void {
  const { schema } = dumped.known;
  const table = tableName(schema);
  const fail = (problem: string, hint: string, column?: string): FlashError =>
    dumpError(file, problem, {
      offset,
      table,
      hint,
      code: 'UNSUPPORTED',
      ...(column === undefined ? {} : { column }),
    });
  if (schema.primaryKey.length === 0 && withoutSnapshot.test(dumped.storage ?? '')) {
    throw fail(
      `${table} is of ${dumped.storage ?? ''}, which has no snapshot, and has no primary key: rows that the logs bring again could not be told from others`,
      `Give it a primary key, or make it transactional: ALTER TABLE ${table} ENGINE=InnoDB. Or leave it out with --exclude ${table}.`,
    );
  }
  for (const column of schema.columns) {
    if (column.type.kind === 'timestamp' && session.timeZone !== '+00:00') {
      throw fail(
        `${table}.${column.name} is a TIMESTAMP, and the dump was written in a time zone that it does not name`,
        'Dump again without --skip-tz-utc and --compact.',
        column.name,
      );
    }
    const lost = charsetThatIsLost(column, session.charset ?? '');
    if (lost !== undefined) {
      throw fail(
        `${table}.${column.name} holds ${lost}, and the dump is in ${session.charset ?? ''}, where characters that it lacks were written as "?"`,
        'Dump again with --default-character-set=utf8mb4.',
        column.name,
      );
    }
  }
}

/** The charset of a column that the dump's has not all characters of. */
function charsetThatIsLost({ type }: Column, dump: string): string | undefined {
  switch (type.kind) {
    case 'text':
      return holdsCharset(dump, type.charset) ? undefined : type.charset;
    case 'json':
      return holdsCharset(dump, 'utf8mb4') ? undefined : 'utf8mb4';
    case 'enum':
    case 'set': {
      const isWhole = holdsCharset(dump, 'utf8mb4');
      return isWhole || type.members.every((member) => /^[^?]*$/.test(member))
        ? undefined
        : 'a member with "?"';
    }
    default:
      return undefined;
  }
}

import { tableName } from '../../protocol/index.js';
import {
  dialectOfServer,
  parseStatement,
  sessionOfDump,
  SqlSyntaxError,
  tableOfDefinition,
  type KnownTable,
  type SqlDialect,
  type Statement,
  type TableFilter,
} from '../../writer/index.js';
import { dumpError } from './dump-error.js';
import type { DumpSession } from './dump-session.js';

/** A table that a dump defines. */
export interface DumpedTable {
  known: KnownTable;
  /** Its storage engine, as `InnoDB`; undefined where the definition does not name one. */
  storage: string | undefined;
}

/** First words of statements that say nothing about rows: rights, replication, locks, routines. */
const withoutRows =
  /^\s*(?:SET|USE|LOCK|UNLOCK|DO|COMMIT|BEGIN|START|STOP|FLUSH|GRANT|REVOKE|INSTALL|CHANGE|CREATE|DROP|ALTER)\b/i;

/** The definitions in a dump, statement by statement, and the database that is used. */
export class DumpTables {
  /** Charsets of the databases that the dump makes. */
  readonly charsets = new Map<string, string>();
  /** Tables that the dump holds and the filter leaves out. */
  readonly leftOut: { database: string; table: string }[] = [];
  readonly #file: string;
  readonly #session: DumpSession;
  readonly #filter: TableFilter;
  #database: string | undefined;

  constructor(file: string, session: DumpSession, filter: TableFilter) {
    this.#file = file;
    this.#session = session;
    this.#filter = filter;
  }

  /** The database of a table that is named without one. */
  get database(): string {
    return this.#database ?? this.#session.headerDatabase ?? '';
  }

  /**
   * Reads a statement that is no INSERT and no setting.
   *
   * Shape: the copied table that it makes, or undefined.
   * Errors: INVALID_REQUEST for a statement that no dump has, or that is not understood.
   */
  read(sql: string, offset: number): DumpedTable | undefined {
    const use = /^\s*USE\s+[`"]?((?:[^`";]|``)+)[`"]?\s*$/i.exec(sql)?.[1];
    if (use !== undefined) {
      this.#database = use.replaceAll('``', '`').trim();
      return undefined;
    }
    const plain = sql.replace(/^\s*\/\*M?!\d*/, '');
    if (!withoutRows.test(plain)) {
      throw dumpError(
        this.#file,
        `a statement of a kind that dumps do not have: "${shorten(sql)}"`,
        { offset },
      );
    }
    if (!/^\s*(?:CREATE|DROP|ALTER)\b/i.test(plain)) return undefined;
    const statement = this.#parse(offset, () =>
      parseStatement(sql, this.database, this.#dialect()),
    );
    return this.#readDefinition(statement, sql, offset);
  }

  #readDefinition(statement: Statement, sql: string, offset: number): DumpedTable | undefined {
    switch (statement.kind) {
      case 'create-database':
      case 'alter-database':
        if (statement.charset !== undefined) {
          this.charsets.set(statement.database, statement.charset);
        }
        return undefined;
      case 'create-table':
        return this.#createTable(statement, sql, offset);
      case 'alter-table':
        if (/\b(?:DISABLE|ENABLE)\s+KEYS\b/i.test(sql) || !this.#filter.accepts(statement.table))
          return undefined;
        throw dumpError(
          this.#file,
          `a statement of a kind that dumps do not have: "${shorten(sql)}"`,
          { offset },
        );
      case 'drop-table':
      case 'drop-database':
      case 'no-effect':
        return undefined;
      default:
        throw dumpError(this.#file, `a statement that is not understood: "${shorten(sql)}"`, {
          offset,
        });
    }
  }

  #createTable(
    statement: Extract<Statement, { kind: 'create-table' }>,
    sql: string,
    offset: number,
  ): DumpedTable | undefined {
    const { table } = statement;
    if (statement.temporary) return undefined;
    if (table.database === '') {
      throw dumpError(this.#file, `it does not say which database ${table.table} is in`, {
        offset,
        hint: 'Dump again with --databases NAME.',
      });
    }
    if (!this.#filter.accepts(table)) {
      this.leftOut.push(table);
      return undefined;
    }
    const body = this.#parse(offset, statement.body, tableName(table));
    if ('like' in body) {
      throw dumpError(this.#file, `CREATE TABLE … LIKE, which dumps do not have`, { offset });
    }
    const place = { file: this.#file, offset, table: tableName(table) };
    const session = sessionOfDump(this.#session.timeZone === '+00:00', this.#dialect());
    const charset = this.charsets.get(table.database);
    const known = tableOfDefinition(table, body, charset, session, place);
    const storage = /\)\s*(?:\/\*!\d+\s*)?(?:ENGINE|TYPE)\s*=\s*(\w+)/i.exec(sql)?.[1];
    return { known, storage };
  }

  #dialect(): SqlDialect {
    const { serverVersion = '9.9.9', isMariadb, ansiQuotes } = this.#session;
    const flavor = isMariadb ? 'mariadb' : 'mysql';
    return dialectOfServer(flavor, serverVersion, { ansiQuotes, noBackslashEscapes: false });
  }

  #parse<T>(offset: number, read: () => T, table?: string): T {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof SqlSyntaxError)) throw error;
      const name = table ?? 'a table';
      throw dumpError(this.#file, `the definition of ${name} is not understood: ${error.message}`, {
        offset,
        ...(table === undefined ? {} : { table }),
        hint: `Leave the table out with --exclude${table === undefined ? '' : ` ${table}`}.`,
        code: 'UNSUPPORTED',
        cause: error,
      });
    }
  }
}

function shorten(sql: string): string {
  const text = sql.replace(/\s+/g, ' ').trim();
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}

import { tableName } from '../../protocol/index.js';
import type { TableFilter } from '../../writer/index.js';
import { dumpError } from './dump-error.js';
import { DumpSession } from './dump-session.js';
import { DumpStatements, type DumpPart } from './dump-statements.js';
import { DumpTables, type DumpedTable } from './dump-tables.js';
import { isInsert, readInsertHeader, type InsertHeader } from './insert-header.js';

/** Who takes what a dump holds. */
export interface DumpSink {
  /** A copied table. False: nothing more is wanted. */
  openTable(table: DumpedTable, offset: number): Promise<boolean>;
  /** Rows of a copied table. `bytes` are valid until the call has ended, or its promise. */
  appendRows(
    table: string,
    bytes: Uint8Array,
    header: InsertHeader,
    offset: number,
  ): Promise<void> | undefined;
}

/** Reads a dump of mysqldump or mariadb-dump, chunk by chunk, and hands on its tables and rows. */
export class DumpReader {
  readonly session = new DumpSession();
  readonly tables: DumpTables;
  bytesRead = 0;
  readonly #file: string;
  readonly #filter: TableFilter;
  readonly #sink: DumpSink;
  readonly #statements: DumpStatements;
  #isDone = false;
  /** The header that was read last, and its bytes: most INSERTs begin like the one before. */
  #header: { read: InsertHeader; bytes: Buffer; table: string; isCopied: boolean } | undefined;

  constructor(file: string, filter: TableFilter, sink: DumpSink) {
    this.#file = file;
    this.#filter = filter;
    this.#sink = sink;
    this.#statements = new DumpStatements(file);
    this.tables = new DumpTables(file, this.session, filter);
  }

  /** Reads on. Errors: INVALID_REQUEST for what no dump has; those of the sink. */
  async push(chunk: Uint8Array): Promise<void> {
    this.#statements.push(chunk);
    this.bytesRead += chunk.length;
    await this.#readParts(false);
  }

  /** Ends the reading. Errors: INVALID_REQUEST for a dump that was cut. */
  async finish(): Promise<void> {
    await this.#readParts(true);
    if (this.#isDone) return;
    const { unfinished } = this.#statements;
    if (unfinished === undefined && this.session.isComplete) {
      this.#checkRowSections();
      return;
    }
    const offset = unfinished ?? this.bytesRead;
    throw dumpError(this.#file, 'the dump is cut: the statements that end every dump are missing', {
      offset,
      hint: 'Fetch the file again, or dump again without --compact: the last statement is SET SQL_NOTES=@OLD_SQL_NOTES.',
    });
  }

  async #readParts(isEnd: boolean): Promise<void> {
    for (;;) {
      const part = this.#isDone ? undefined : this.#statements.next(isEnd);
      if (part === undefined) return;
      if (part.kind === 'comment') {
        this.session.readComment(Buffer.from(part.bytes).toString('utf8'));
        this.#checkCondition(part.offset);
        continue;
      }
      const pending = this.#readStatement(part);
      if (pending !== undefined) await pending;
    }
  }

  #readStatement(part: DumpPart): Promise<void> | undefined {
    const { bytes, offset } = part;
    const header = this.#header;
    if (header !== undefined && startsWith(bytes, header.bytes)) {
      return this.#handRows(part, header);
    }
    if (isInsert(bytes)) {
      this.session.hasRowSections = true;
      return this.#readInsert(part);
    }
    this.#header = undefined;
    const sql = Buffer.from(bytes).toString('utf8');
    const plain = sql.replace(/^\s*\/\*M?!\d*/, '');
    this.session.hasRowSections ||= /^\s*(?:LOCK\s+TABLES|ALTER\s+TABLE.*DISABLE\s+KEYS)/is.test(
      plain,
    );
    this.session.isComplete = false;
    if (/^\s*(?:SET|CHANGE)\b/i.test(plain)) {
      this.session.readSetting(sql);
      return undefined;
    }
    const table = this.tables.read(sql, offset);
    if (table === undefined) return undefined;
    this.#checkSession(table, sql, offset);
    return this.#sink.openTable(table, offset).then((isWanted) => {
      this.#isDone = !isWanted;
    });
  }

  #readInsert(part: DumpPart): Promise<void> | undefined {
    const { bytes, offset } = part;
    this.session.isComplete = false;
    const read = readInsertHeader(bytes);
    if (read === undefined) {
      throw dumpError(this.#file, 'an INSERT that is not of the form that dumps have', { offset });
    }
    const reference = { database: read.database ?? this.tables.database, table: read.table };
    const header = {
      read,
      bytes: Buffer.from(bytes.subarray(0, read.rowsAt)),
      table: tableName(reference),
      isCopied: this.#filter.accepts(reference),
    };
    this.#header = header;
    return this.#handRows(part, header);
  }

  #handRows(
    { bytes, offset }: DumpPart,
    header: { read: InsertHeader; table: string; isCopied: boolean },
  ): Promise<void> | undefined {
    if (!header.isCopied) return undefined;
    if (this.session.noBackslashEscapes) {
      throw dumpError(this.#file, 'rows under sql_mode NO_BACKSLASH_ESCAPES', { offset });
    }
    return this.#sink.appendRows(header.table, bytes, header.read, offset);
  }

  /** A dump of definitions alone has no place for rows, not even of empty tables. */
  #checkRowSections(): void {
    const { hasRowSections } = this.session;
    if (hasRowSections) return;
    throw dumpError(this.#file, 'it holds definitions and no rows (--no-data)', {
      hint: 'Dump again without --no-data; --schema takes definitions alone.',
    });
  }

  #checkCondition(offset: number): void {
    const { condition } = this.session;
    if (condition === undefined) return;
    throw dumpError(this.#file, `it holds only rows with ${condition} (--where)`, {
      offset,
      hint: 'Dump again without --where.',
    });
  }

  #checkSession(table: DumpedTable, sql: string, offset: number): void {
    const name = tableName(table.known.schema);
    const { charset, hasPlainCharset } = this.session;
    if (!hasPlainCharset) {
      const problem =
        charset === undefined
          ? 'the dump does not say in which charset it is'
          : `the dump is in ${charset}, which can't be read byte by byte`;
      throw dumpError(this.#file, problem, { offset, table: name });
    }
    const isUtf8 = charset?.startsWith('utf8') === true;
    if (!isUtf8 && Buffer.byteLength(sql, 'utf8') !== sql.length) {
      throw dumpError(
        this.#file,
        `the definition of ${name} has names or members beyond ASCII, in ${charset ?? ''}`,
        {
          offset,
          table: name,
          hint: 'Dump again with --default-character-set=utf8mb4.',
        },
      );
    }
  }
}

function startsWith(bytes: Uint8Array, start: Buffer): boolean {
  return start.compare(bytes, 0, Math.min(start.length, bytes.length)) === 0;
}

import {
  badValue,
  ChangeBuilder,
  zeroDateSink,
  type AppendValue,
  type ZeroDatePolicy,
} from '../../binlog/index.js';
import { FlashError, tableName, type Column, type TableSchema } from '../../protocol/index.js';
import type { RowBytes } from '../../source/index.js';
import type { KnownTable } from '../../writer/index.js';
import { chooseAppender } from '../dump/choose-appender.js';

interface Field {
  append: AppendValue;
  nullable: boolean;
  /** A list can't be NULL in the engine: NULL is an empty one. */
  isList: boolean;
}

const nullMark = 0xfb;

/** Writes the rows of a server's answer into the columns of a table. Makes no object a row or value. */
export class TextRows {
  readonly known: KnownTable;
  builder: ChangeBuilder;
  /** Rows that were appended, those that have been taken from the builder included. */
  rows = 0;
  readonly #fields: readonly Field[];
  readonly #outcome: string;
  #fieldIndex = 0;

  /**
   * `side` names the engine's table that the rows go to. `outcome`: what an error means for the whole, as people
   * read it.
   *
   * Errors: UNSUPPORTED for a charset that is not known.
   */
  constructor(
    known: KnownTable,
    side: TableSchema,
    zeroDate: ZeroDatePolicy,
    outcome = 'Nothing was loaded.',
  ) {
    this.known = known;
    this.#outcome = outcome;
    this.builder = new ChangeBuilder(side);
    this.#fields = known.schema.columns.map((column, index) => {
      const nullable = this.builder.nullable[index] === true;
      const sink = zeroDateSink(zeroDate, nullable);
      const { append } = chooseAppender(column, charsetOf(column, known), sink);
      return { append, nullable, isList: column.type.kind === 'vector' };
    });
  }

  /**
   * Appends one row, whose fields lie in `[start, end)`, each after its length.
   *
   * Errors: UNSUPPORTED for a value that has no place in the copy; BINLOG_FORMAT for what no server sends.
   * Source: MySQL 9.7 sql/protocol_classic.cc, Protocol_text; length-encoded integers.
   */
  append(source: RowBytes, start: number, end: number): void {
    const { bytes, view } = source;
    const { builder } = this;
    const row = builder.beginRow();
    let at = start;
    try {
      for (let index = 0; index < this.#fields.length; index++) {
        const field = this.#fields[index];
        const target = builder.columns[index];
        if (field === undefined || target === undefined) break;
        this.#fieldIndex = index;
        let length = bytes[at++] ?? 0;
        if (length === nullMark) {
          if (field.isList) target.appendDefault(row);
          else if (field.nullable) target.appendNull(row);
          else throw badValue('NULL in a column that has no NULL');
          continue;
        }
        if (length === 0xfc) {
          length = view.getUint16(at, true);
          at += 2;
        } else if (length === 0xfd) {
          length = view.getUint16(at, true) + view.getUint8(at + 2) * 65_536;
          at += 3;
        } else if (length === 0xfe) {
          // Values end at 1 GiB: the upper half is 0.
          length = view.getUint32(at, true);
          at += 8;
        }
        if (at + length > end) throw badValue('the row ends inside a value');
        field.append(target, row, source, at, at + length);
        at += length;
      }
      if (at !== end) throw badValue('the row has more values than columns');
    } catch (error) {
      throw this.#describe(error);
    }
    builder.endRow(0);
    this.rows += 1;
  }

  /** Gives up the memory that the columns have grown to. Only when all rows are taken. */
  release(): void {
    this.builder = new ChangeBuilder(this.builder.schema);
  }

  #describe(error: unknown): unknown {
    if (!(error instanceof FlashError) || error.code === 'MEMORY') return error;
    const { schema } = this.known;
    const table = tableName(schema);
    const column = schema.columns[this.#fieldIndex]?.name ?? '';
    return new FlashError(
      error.code === 'UNSUPPORTED' ? 'UNSUPPORTED' : 'PROTOCOL',
      `row ${this.rows + 1} of ${table}, column ${column}: ${error.message}`,
      {
        hint: `${error.code === 'UNSUPPORTED' ? (error.hint ?? '') : ''} ${this.#outcome} Or leave the table out: --exclude '${table}'.`.trim(),
        place: { table, column },
        cause: error,
      },
    );
  }
}

/** In which charset the server sends a column's text, where it is told to convert nothing. */
function charsetOf({ name, type }: Column, { memberCharsets }: KnownTable): string {
  switch (type.kind) {
    case 'text':
      return type.charset;
    case 'enum':
    case 'set':
      return memberCharsets?.[name] ?? 'utf8mb4';
    default:
      return 'utf8mb4';
  }
}

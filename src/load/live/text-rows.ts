import {
  badValue,
  ChangeBuilder,
  KernelMemory,
  kernelTextColumn,
  zeroDateSink,
  type AppendValue,
  type ZeroDatePolicy,
} from '../../binlog/index.js';
import {
  FlashError,
  tableName,
  type Column,
  type RowKernel,
  type TableSchema,
} from '../../protocol/index.js';
import type { RowBytes, RowTaker } from '../../source/index.js';
import type { KnownTable } from '../../writer/index.js';
import { chooseAppender } from '../dump/choose-appender.js';

interface Field {
  append: AppendValue;
  nullable: boolean;
  /** A list can't be NULL in the engine: NULL is an empty one. */
  isList: boolean;
}

const nullMark = 0xfb;

export interface TextRowsOptions {
  zeroDate: ZeroDatePolicy;
  /** What an error means for the whole, as people read it; by default that of a load. */
  outcome?: string;
  /** Reads rows faster, where there is one. What it leaves is read here. */
  kernel?: RowKernel | undefined;
  /** Rows that are expected before the first are taken. */
  expected?: number;
}

const packetHeaderBytes = 4;

/** Writes the rows of a server's answer into the columns of a table. Makes no object a row or value. */
export class TextRows implements RowTaker {
  readonly known: KnownTable;
  builder: ChangeBuilder;
  /** Rows that were appended, those that have been taken from the builder included. */
  rows = 0;
  /** What they took in the answer. */
  bytesRead = 0;
  readonly #fields: readonly Field[];
  readonly #outcome: string;
  readonly #kernel: RowKernel | undefined;
  readonly #kernelMemory: KernelMemory | undefined;
  #fieldIndex = 0;

  /**
   * `side` names the engine's table that the rows go to.
   *
   * Errors: UNSUPPORTED for a charset that is not known.
   */
  constructor(known: KnownTable, side: TableSchema, options: TextRowsOptions) {
    const { zeroDate, outcome = 'Nothing was loaded.', kernel } = options;
    this.known = known;
    this.#outcome = outcome;
    this.#kernel = kernel;
    this.builder = new ChangeBuilder(side, options.expected);
    this.#kernelMemory = kernelMemory(kernel, known, this.builder, zeroDate);
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
  onRow(source: RowBytes, start: number, end: number): void {
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
    this.bytesRead += end - start;
  }

  /** As `RowTaker` has it. Errors: `MEMORY`. */
  takeRows(bytes: Uint8Array, at: number, sequence: number): ReturnType<RowTaker['takeRows']> {
    const memory = this.#kernelMemory;
    const kernel = this.#kernel;
    if (memory === undefined || kernel === undefined) return undefined;
    const before = this.builder.rows;
    memory.at = at;
    memory.run(this.builder, (shared) => {
      const next = sequence + this.builder.rows - before;
      return kernel.appendText(shared, bytes, next & 0xff);
    });
    const rows = this.builder.rows - before;
    this.rows += rows;
    this.bytesRead += memory.at - at - rows * packetHeaderBytes;
    return { rows, end: memory.at };
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

/** The columns as a kernel reads them, where it knows them all. */
function kernelMemory(
  kernel: RowKernel | undefined,
  known: KnownTable,
  { nullable }: ChangeBuilder,
  zeroDate: ZeroDatePolicy,
): KernelMemory | undefined {
  if (kernel === undefined) return undefined;
  const { columns } = known.schema;
  const targets = columns.flatMap((column, index) => {
    const isNullable = nullable[index] === true;
    const nullsZeroDates = zeroDate === 'null' && isNullable;
    const own = kernelTextColumn(column, charsetOf(column, known), nullsZeroDates);
    return own === undefined ? [] : [{ width: 0, index, nullable: isNullable, kernel: own }];
  });
  return targets.length === columns.length ? new KernelMemory(kernel, targets, []) : undefined;
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

import { tableName, type ErrorPlace, FlashError, type TableSchema } from '../../protocol/index.js';
import type { ChangeBuilder } from '../columns/change-builder.js';
import type { RowsEvent, TableMapEvent } from '../event.js';
import { withPlace } from '../event-error.js';
import { badValue, rowSource, type RowSource } from '../values/append-value.js';
import { jsonFormMysql80, type JsonForm } from '../values/json-form.js';
import type { ZeroDatePolicy } from '../values/zero-date.js';
import { appendRow } from './append-row.js';
import { imageColumns } from './image-columns.js';
import { appendPartialRow, openPartial } from './partial-update.js';
import { RowImage, type ImageColumn } from './row-image.js';

export interface TableDecoderOptions {
  /** What becomes of zero and impossible dates outside the key; `null` when not given. */
  zeroDate?: ZeroDatePolicy;
  /** How the server that wrote the log prints JSON; as MySQL 8.0 when not given. */
  jsonForm?: JsonForm;
}

/**
 * Chooses a decoder for each column of a table. Do it once a TABLE_MAP, not once a statement.
 *
 * Errors: `SOURCE_MISMATCH` when the log's columns are not those of `schema`, with the first column
 * that differs; `UNSUPPORTED` for a column whose values can't be read.
 */
export function createTableDecoder(
  tableMap: TableMapEvent,
  schema: TableSchema,
  options: TableDecoderOptions = {},
): TableDecoder {
  const jsonForm = options.jsonForm ?? jsonFormMysql80;
  const zeroDate = options.zeroDate ?? 'null';
  try {
    const columns = imageColumns(tableMap, schema, { jsonForm, zeroDate });
    return new TableDecoder(schema, columns, jsonForm);
  } catch (error) {
    throw withPlace(error, {
      file: tableMap.file,
      offset: tableMap.offset,
      table: tableName(schema),
    });
  }
}

/** Appends the rows of one table, as one TABLE_MAP describes them, to builders of one schema. */
export class TableDecoder {
  readonly schema: TableSchema;
  private readonly columns: readonly ImageColumn[];
  private readonly jsonForm: JsonForm;
  /** Indexes of the key's columns in the schema. */
  private readonly key: readonly number[];
  private readonly images = new Map<string, RowImage>();
  private readonly fullImage: RowImage;

  constructor(schema: TableSchema, columns: readonly ImageColumn[], jsonForm: JsonForm) {
    this.schema = schema;
    this.columns = columns;
    this.jsonForm = jsonForm;
    this.key = schema.primaryKey.map((name) =>
      schema.columns.findIndex((column) => column.name === name),
    );
    this.fullImage = new RowImage(columns, [], this.key);
  }

  /**
   * Appends an event's row changes.
   *
   * Shape: an insert is a row; a delete is a row with delmark 1; an update is the row after it and,
   * where the key changes or there is none, before that the row before it with delmark 1. Columns
   * that a delete's image does not hold are NULL or empty.
   * Errors: `BINLOG_FORMAT`, `UNSUPPORTED` for images without all columns, `SOURCE_MISMATCH`; the
   * builder then holds no row of the event.
   */
  append(rows: RowsEvent, into: ChangeBuilder): void {
    this.undoOnError(rows, into, () => {
      const source = this.open(rows);
      const image = this.imageOf(rows.present);
      switch (rows.change) {
        case 'insert':
          this.checkComplete(rows.change, image);
          appendImages(source, image, into, 0);
          break;
        case 'delete':
          this.checkIdentifies(rows.change, image);
          appendImages(source, image, into, 1);
          break;
        case 'update': {
          const after = this.imageOf(rows.presentAfter ?? rows.present);
          this.checkIdentifies(rows.change, image);
          this.checkComplete(rows.change, after);
          if (rows.partialJson) this.appendPartialUpdates(source, image, after, into);
          else appendUpdates(source, image, after, into, this.key.length > 0);
        }
      }
    });
  }

  /**
   * Appends each image of an event as a row of its own, an update's before its after, and gives the
   * kind of each. Images without all columns are taken. To show a log, not to copy it.
   *
   * Errors: as `append`.
   */
  appendAllImages(rows: RowsEvent, into: ChangeBuilder): RowImage[] {
    const images: RowImage[] = [];
    this.undoOnError(rows, into, () => {
      const source = this.open(rows);
      const first = this.imageOf(rows.present);
      const after = rows.presentAfter === undefined ? undefined : this.imageOf(rows.presentAfter);
      for (let at = 0; at < source.view.byteLength;) {
        const start = at;
        at = appendRow(source, start, first, into, 0);
        images.push(first);
        if (after === undefined) continue;
        at = rows.partialJson
          ? this.appendPartial(source, { image: first, start }, after, at, into)
          : appendRow(source, at, after, into, 0);
        images.push(after);
      }
    });
    return images;
  }

  private appendPartialUpdates(
    source: RowSource,
    before: RowImage,
    after: RowImage,
    into: ChangeBuilder,
  ): void {
    const { view } = source;
    for (let at = 0; at < view.byteLength;) {
      const afterStart = before.skip(view, at);
      const { imageStart } = openPartial(view, afterStart, this.columns);
      if (this.key.length === 0 || !before.hasSameKey(view, at, after, imageStart)) {
        appendRow(source, at, before, into, 1);
      }
      at = this.appendPartial(source, { image: before, start: at }, after, afterStart, into);
    }
  }

  private appendPartial(
    source: RowSource,
    before: { image: RowImage; start: number },
    image: RowImage,
    start: number,
    into: ChangeBuilder,
  ): number {
    const partial = openPartial(source.view, start, this.columns);
    return appendPartialRow(source, before, { image, partial }, into, this.jsonForm);
  }

  private open(rows: RowsEvent): RowSource {
    if (rows.columnCount === this.columns.length) return rowSource(rows.rows);
    throw badValue(`rows of ${rows.columnCount} columns for a table of ${this.columns.length}`);
  }

  private undoOnError(rows: RowsEvent, into: ChangeBuilder, append: () => void): void {
    const mark = into.mark();
    try {
      append();
    } catch (error) {
      into.truncate(mark);
      const place: ErrorPlace = { file: rows.file, offset: rows.offset };
      throw withPlace(error, { ...place, table: tableName(this.schema) });
    }
  }

  /** The image of the columns in a bitmap, lowest bit first. */
  private imageOf(present: Uint8Array): RowImage {
    if (isFull(present, this.columns.length)) return this.fullImage;
    const bitmap = Buffer.from(present).toString('latin1');
    const known = this.images.get(bitmap);
    if (known !== undefined) return known;
    const has = (i: number): boolean => ((present[i >> 3] ?? 0) & (1 << (i & 7))) !== 0;
    const image = new RowImage(
      this.columns.filter((_, i) => has(i)),
      this.columns.filter((_, i) => !has(i)).map((column) => column.index),
      this.key,
    );
    if (this.images.size < imagesMax) this.images.set(bitmap, image);
    return image;
  }

  /** A row that is to be stored must have all its columns in the log. */
  private checkComplete(change: RowsEvent['change'], image: RowImage): void {
    if (image.absent.length > 0) throw this.absentError(change, image, image.absent);
  }

  /** A row that goes away must have its key in the log, or, without a key, all columns. */
  private checkIdentifies(change: RowsEvent['change'], image: RowImage): void {
    if (this.key.length === 0) this.checkComplete(change, image);
    else if (!image.holdsKey(this.key.length)) throw this.absentError(change, image, this.key);
  }

  private absentError(
    change: RowsEvent['change'],
    image: RowImage,
    needed: readonly number[],
  ): FlashError {
    const names = needed
      .filter((index) => image.absent.includes(index))
      .map((index) => this.schema.columns[index]?.name ?? `#${index}`);
    return new FlashError(
      'UNSUPPORTED',
      `the log has no value of ${names.join(', ')} for an ${change} of a row`,
      {
        hint:
          'Log whole rows on the source: SET GLOBAL binlog_row_image=FULL, ' +
          'and start from a new copy.',
      },
    );
  }
}

/** Kinds of images kept: minimal images have one for each set of columns that statements change. */
const imagesMax = 1024;

function appendImages(source: RowSource, image: RowImage, into: ChangeBuilder, mark: 0 | 1): void {
  const end = source.view.byteLength;
  for (let at = 0; at < end;) at = appendRow(source, at, image, into, mark);
}

function appendUpdates(
  source: RowSource,
  before: RowImage,
  after: RowImage,
  into: ChangeBuilder,
  keyed: boolean,
): void {
  const { view } = source;
  const end = view.byteLength;
  for (let at = 0; at < end;) {
    const afterStart = before.skip(view, at);
    if (!keyed || !before.hasSameKey(view, at, after, afterStart)) {
      appendRow(source, at, before, into, 1);
    }
    at = appendRow(source, afterStart, after, into, 0);
  }
}

function isFull(present: Uint8Array, count: number): boolean {
  const whole = count >> 3;
  for (let i = 0; i < whole; i++) if (present[i] !== 255) return false;
  const rest = (1 << (count & 7)) - 1;
  return rest === 0 || ((present[whole] ?? 0) & rest) === rest;
}

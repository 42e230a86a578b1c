import {
  tableName,
  type ErrorPlace,
  FlashError,
  type RowKernel,
  type TableSchema,
} from '../../protocol/index.js';
import type { BuilderMark, ChangeBuilder } from '../columns/change-builder.js';
import type { IncompleteRows } from '../columns/incomplete-rows.js';
import type { RowsEvent, TableMapEvent } from '../event.js';
import { withPlace } from '../event-error.js';
import { badValue, rowSource, type RowSource } from '../values/append-value.js';
import { jsonFormMysql80, type JsonForm } from '../values/json-form.js';
import type { ZeroDatePolicy } from '../values/zero-date.js';
import { AbsentValuesError } from './absent-values.js';
import { appendImages, appendRow, appendUpdates } from './append-row.js';
import { imageColumns } from './image-columns.js';
import {
  appendIncompleteInserts,
  appendMergedUpdates,
  missingOfUpdate,
} from './incomplete-rows.js';
import { appendPartialRow, missingDocument, openPartial } from './partial-update.js';
import { RowImage, type ImageColumn } from './row-image.js';
import { kernelRows, type KernelRows } from './row-kernel.js';

export interface TableDecoderOptions {
  /** What becomes of zero and impossible dates outside the key; `null` when not given. */
  zeroDate?: ZeroDatePolicy;
  /** How the server that wrote the log prints JSON; as MySQL 8.0 when not given. */
  jsonForm?: JsonForm;
  /** What `logsHiddenColumns` says of the server that wrote the log; false when not given. */
  logsHiddenColumns?: boolean;
  /** Decodes whole images faster, where there is one. */
  kernel?: RowKernel;
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
  const logsHiddenColumns = options.logsHiddenColumns ?? false;
  try {
    const columns = imageColumns(tableMap, schema, { jsonForm, zeroDate, logsHiddenColumns });
    return new TableDecoder(schema, columns, jsonForm, options.kernel);
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
  /** In the log's order; undefined for a column that the server hides. */
  private readonly logged: readonly (ImageColumn | undefined)[];
  private readonly columns: readonly ImageColumn[];
  private readonly jsonForm: JsonForm;
  /** Indexes of the key's columns in the schema. */
  private readonly key: readonly number[];
  private readonly images = new Map<string, RowImage>();
  private readonly fullImage: RowImage;
  private readonly kernel: KernelRows | undefined;

  constructor(
    schema: TableSchema,
    logged: readonly (ImageColumn | undefined)[],
    jsonForm: JsonForm,
    kernel?: RowKernel,
  ) {
    this.schema = schema;
    this.logged = logged;
    this.columns = logged.filter((column) => column !== undefined);
    this.jsonForm = jsonForm;
    this.key = schema.primaryKey.map((name) =>
      schema.columns.findIndex((column) => column.name === name),
    );
    this.fullImage = new RowImage(this.columns, [], this.key);
    const isWhole = this.columns.length === schema.columns.length;
    this.kernel = isWhole ? kernelRows(kernel, this.columns, this.key) : undefined;
  }

  /**
   * Appends an event's row changes.
   *
   * Shape: an insert is a row; a delete is a row with delmark 1; an update is the row after it and,
   * where the key changes or there is none, before that the row before it with delmark 1. Columns
   * that a delete's image does not hold are NULL or empty; those that are not in the image after an
   * update come from the one before it.
   * Errors: `BINLOG_FORMAT`, `UNSUPPORTED` for images without all columns, `SOURCE_MISMATCH`; the
   * builder then holds no row of the event.
   */
  append(rows: RowsEvent, into: ChangeBuilder): void {
    this.undoOnError(rows, into, (mark) => {
      if (this.appendChanges(rows, into, mark) === undefined) return;
      throw this.absentError(rows.change, this.missingOf(rows));
    });
  }

  /**
   * As `append`, but takes inserts and updates whose images lack columns, and tells what is missing;
   * undefined where nothing is; `into.incomplete` has it too. Never for rows whose key is not in the
   * log, nor for partial JSON.
   *
   * Errors: as `append`. A row that goes away must have its key in the log, or, without a key, all
   * its columns.
   */
  appendIncomplete(rows: RowsEvent, into: ChangeBuilder): IncompleteRows | undefined {
    const gap = this.undoOnError(rows, into, (mark) => this.appendChanges(rows, into, mark));
    if (gap !== undefined) into.noteIncomplete(gap, rows);
    return gap;
  }

  private appendChanges(
    rows: RowsEvent,
    into: ChangeBuilder,
    mark: BuilderMark,
  ): IncompleteRows | undefined {
    this.checkCount(rows);
    const image = this.imageOf(rows.present);
    if (this.kernel !== undefined && this.isWhole(rows, image)) {
      if (this.kernel.append(rows, into)) return undefined;
      into.truncate(mark);
    }
    const source = rowSource(rows.rows);
    switch (rows.change) {
      case 'insert':
        if (image.absent.length > 0) {
          this.checkHoldsKey(rows.change, image);
          return appendIncompleteInserts(source, image, into);
        }
        appendImages(source, image, into, 0);
        return undefined;
      case 'delete':
        this.checkHoldsKey(rows.change, image);
        appendImages(source, image, into, 1);
        return undefined;
      case 'update':
        this.checkHoldsKey(rows.change, image);
        return this.appendUpdateEvent(rows, source, image, into);
    }
  }

  private appendUpdateEvent(
    rows: RowsEvent,
    source: RowSource,
    before: RowImage,
    into: ChangeBuilder,
  ): IncompleteRows | undefined {
    const after = this.imageOf(rows.presentAfter ?? rows.present);
    if (rows.partialJson) {
      if (after.absent.length > 0) throw missingDocument();
      this.appendPartialUpdates(source, before, after, into);
    } else if (after.absent.length === 0) {
      appendUpdates(source, before, after, into, this.key.length > 0);
    } else {
      const merged = appendMergedUpdates(source, before, after, into, this.key);
      return merged.missing.length === 0 ? undefined : merged;
    }
    return undefined;
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
      this.checkCount(rows);
      const source = rowSource(rows.rows);
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

  private checkCount(rows: RowsEvent): void {
    if (rows.columnCount === this.logged.length) return;
    throw badValue(`rows of ${rows.columnCount} columns for a table of ${this.logged.length}`);
  }

  /** Whether all images of an event hold all columns, each as a value of its own. */
  private isWhole(rows: RowsEvent, image: RowImage): boolean {
    if (image !== this.fullImage || rows.partialJson) return false;
    return rows.presentAfter === undefined || this.imageOf(rows.presentAfter) === image;
  }

  private undoOnError<Result>(
    rows: RowsEvent,
    into: ChangeBuilder,
    append: (mark: BuilderMark) => Result,
  ): Result {
    const mark = into.mark();
    try {
      return append(mark);
    } catch (error) {
      into.truncate(mark);
      const place: ErrorPlace = { file: rows.file, offset: rows.offset };
      throw withPlace(error, { ...place, table: tableName(this.schema) });
    }
  }

  /** The image of the columns in a bitmap, lowest bit first. */
  private imageOf(present: Uint8Array): RowImage {
    const { logged } = this;
    if (this.columns.length === logged.length && isFull(present, logged.length)) {
      return this.fullImage;
    }
    const bitmap = Buffer.from(present).toString('latin1');
    const known = this.images.get(bitmap);
    if (known !== undefined) return known;
    const has = (i: number): boolean => ((present[i >> 3] ?? 0) & (1 << (i & 7))) !== 0;
    const held = logged.filter((_, i) => has(i));
    const image = new RowImage(
      held.map((column) => {
        if (column === undefined) throw hiddenValueError();
        return column;
      }),
      this.columns.filter((column) => !held.includes(column)).map((column) => column.index),
      this.key,
    );
    if (this.images.size < imagesMax) this.images.set(bitmap, image);
    return image;
  }

  /** A row that is looked for must have its key in the log, or, without a key, all columns. */
  private checkHoldsKey(change: RowsEvent['change'], image: RowImage): void {
    if (this.key.length > 0 && image.holdsKey(this.key.length)) return;
    // The rows of a table without a key are told apart by all their values, but new ones need not be.
    if (this.key.length === 0 && (change === 'insert' || image.absent.length === 0)) return;
    throw this.absentError(change, this.key.length === 0 ? image.absent : this.key, image);
  }

  private missingOf({ change, present, presentAfter }: RowsEvent): readonly number[] {
    const image = this.imageOf(present);
    return change === 'update'
      ? missingOfUpdate(image, this.imageOf(presentAfter ?? present))
      : image.absent;
  }

  private absentError(
    change: RowsEvent['change'],
    needed: readonly number[],
    image?: RowImage,
  ): AbsentValuesError {
    const names = needed
      .filter((index) => image === undefined || image.absent.includes(index))
      .map((index) => this.schema.columns[index]?.name ?? `#${index}`);
    return new AbsentValuesError(
      `the log has no value of ${names.join(', ')} for an ${change} of a row`,
      'Log whole rows on the source: SET GLOBAL binlog_row_image=FULL',
    );
  }
}

/** Kinds of images kept: minimal images have one for each set of columns that statements change. */
const imagesMax = 1024;

function isFull(present: Uint8Array, count: number): boolean {
  const whole = count >> 3;
  for (let i = 0; i < whole; i++) if (present[i] !== 255) return false;
  const rest = (1 << (count & 7)) - 1;
  return rest === 0 || ((present[whole] ?? 0) & rest) === rest;
}

/** Functional indexes' columns are computed, so a server has no reason to log their values. */
function hiddenValueError(): FlashError {
  return new FlashError(
    'SOURCE_MISMATCH',
    'a row with a value of a column that the schema does not have',
    {
      hint: 'Give the schema that the table had when the log was written: --schema dump.sql.',
    },
  );
}

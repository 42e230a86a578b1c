import { ChangeBuilder, type RowsEvent, type TableDecoder } from '../../binlog/index.js';
import { FlashError, tableName, type TableSchema } from '../../protocol/index.js';
import { cellReader, type Cell } from './cells.js';

/** A row of a parent that went away or changed: the builder's row after which it has, and its columns. */
export interface ParentChange {
  /** Rows of the builder from the event's first on that are done when this has happened. */
  doneRows: number;
  before: ReadonlyMap<number, Cell>;
  /** Undefined for a delete. */
  after: ReadonlyMap<number, Cell> | undefined;
}

/**
 * Reads what an event did to columns of a parent that foreign keys refer to. `builder` has just got the
 * event's rows, from row `first` on.
 *
 * Shape: updates that leave the columns as they are do not count.
 * Errors: UNSUPPORTED where the log does not hold the columns.
 */
export function readParentChanges(
  event: RowsEvent,
  { decoder, schema, builder, first }: ParentRows,
  columns: ReadonlySet<number>,
): ParentChange[] {
  const isKey = [...columns].every((column) =>
    schema.primaryKey.includes(schema.columns[column]?.name ?? ''),
  );
  if (!isKey) checkHeld(event, schema, columns);
  if (event.change === 'delete') {
    const deleted: ParentChange[] = [];
    const { read } = rowsOf(builder, columns);
    for (let row = first; row < builder.rows; row += 1) {
      deleted.push({ doneRows: row - first + 1, before: read(row), after: undefined });
    }
    return deleted;
  }
  if (isKey) return keyChanges(builder, first, columns);
  if (holdsNone(event, schema, columns)) return [];
  return imageChanges(event, { decoder, schema, builder, first }, columns);
}

/** Where the rows of an event went. */
export interface ParentRows {
  decoder: TableDecoder;
  schema: TableSchema;
  builder: ChangeBuilder;
  first: number;
}

/** An update of a key is two rows of the builder: the one that goes away, and the new one. */
function keyChanges(
  builder: ChangeBuilder,
  first: number,
  columns: ReadonlySet<number>,
): ParentChange[] {
  const changes: ParentChange[] = [];
  const { read, delmarks } = rowsOf(builder, columns);
  for (let row = first; row + 1 < builder.rows; row += 1) {
    if (delmarks[row] !== 1) continue;
    const change = { before: read(row), after: read(row + 1) };
    if (differs(change)) changes.push({ ...change, doneRows: row - first + 2 });
  }
  return changes;
}

/** Other columns: the image before the update is not in the builder, and has to be read again. */
function imageChanges(
  event: RowsEvent,
  { decoder, schema, builder, first }: ParentRows,
  columns: ReadonlySet<number>,
): ParentChange[] {
  const images = new ChangeBuilder(schema);
  decoder.appendAllImages(event, images);
  const { read } = rowsOf(images, columns);
  const changes: ParentChange[] = [];
  let doneRows = 0;
  for (let row = 0; row + 1 < images.rows; row += 2) {
    const change = { before: read(row), after: read(row + 1) };
    doneRows += builder.delmarks[first + doneRows] === 1 ? 2 : 1;
    if (differs(change)) changes.push({ ...change, doneRows });
  }
  return changes;
}

function rowsOf(
  builder: ChangeBuilder,
  columns: ReadonlySet<number>,
): { read: (row: number) => Map<number, Cell>; delmarks: Uint8Array } {
  const changes = builder.read();
  const cell = cellReader(builder.schema, changes.columns);
  return {
    read: (row) => new Map([...columns].map((column) => [column, cell(column, row)])),
    delmarks: changes.delmarks,
  };
}

function differs({ before, after }: Pick<ParentChange, 'before' | 'after'>): boolean {
  return [...before].some(([column, cell]) => after?.get(column) !== cell);
}

/** True for an update whose image after it has none of the columns: they stay as they are. */
function holdsNone(event: RowsEvent, schema: TableSchema, columns: ReadonlySet<number>): boolean {
  const { presentAfter, columnCount } = event;
  if (presentAfter === undefined || columnCount !== schema.columns.length) return false;
  return [...columns].every((column) => !hasBit(presentAfter, column));
}

/** The images must hold the columns. Bitmaps count the log's columns. */
function checkHeld(event: RowsEvent, schema: TableSchema, columns: ReadonlySet<number>): void {
  const { present, presentAfter, columnCount } = event;
  if (holdsNone(event, schema, columns)) return;
  const isPlain = columnCount === schema.columns.length;
  const isHeld = [present, presentAfter ?? present].every(
    (bitmap) =>
      bitsOf(bitmap, columnCount) === columnCount ||
      (isPlain && [...columns].every((column) => hasBit(bitmap, column))),
  );
  if (isHeld) return;
  const names = [...columns].map((column) => schema.columns[column]?.name ?? '').join(', ');
  throw new FlashError(
    'UNSUPPORTED',
    `${event.file} at offset ${event.offset} takes away or changes a row of ${tableName(schema)} without ${names}, to which foreign keys refer`,
    {
      hint:
        'Log whole rows on the source: SET GLOBAL binlog_row_image=FULL, ' +
        'and start from a new copy.',
      place: { file: event.file, offset: event.offset, table: tableName(schema) },
    },
  );
}

function hasBit(bitmap: Uint8Array, index: number): boolean {
  return ((bitmap[index >> 3] ?? 0) & (1 << (index & 7))) !== 0;
}

function bitsOf(bitmap: Uint8Array, count: number): number {
  let bits = 0;
  for (let index = 0; index < count; index += 1) bits += hasBit(bitmap, index) ? 1 : 0;
  return bits;
}

import { ByteReader } from '../byte-reader.js';
import type { EventHeader, RowsEvent } from '../event.js';
import { eventTypes } from '../event-types.js';
import { inflateEventPart } from './mariadb-compressed.js';

/** STMT_END_F: the last rows event of its statement. */
const statementEndFlag = 0x1;
/** NO_FOREIGN_KEY_CHECKS_F: foreign_key_checks was off, so that nothing happened to child rows. */
const uncheckedFlag = 0x2;
/**
 * USE_SQL_FOREIGN_KEY_F of MySQL since 9.6: what foreign keys do to child rows is in the log. Without it
 * (innodb_native_foreign_keys=ON, and every older server) it is not.
 */
const loggedFlag = 0x10;

/** What an event type number says about a rows event. */
export interface RowsKind {
  change: RowsEvent['change'];
  /** v2 has a variable-length part after the flags. */
  hasExtraData: boolean;
  partialJson: boolean;
  /** The rows are compressed (MariaDB). */
  compressed: boolean;
}

const v1 = { hasExtraData: false, partialJson: false, compressed: false };
const v2 = { ...v1, hasExtraData: true };

/** Event type number → what kind of rows event it is. */
export const rowsKinds: ReadonlyMap<number, RowsKind> = new Map<number, RowsKind>([
  [eventTypes.writeRowsV1, { ...v1, change: 'insert' }],
  [eventTypes.updateRowsV1, { ...v1, change: 'update' }],
  [eventTypes.deleteRowsV1, { ...v1, change: 'delete' }],
  [eventTypes.writeRows, { ...v2, change: 'insert' }],
  [eventTypes.updateRows, { ...v2, change: 'update' }],
  [eventTypes.deleteRows, { ...v2, change: 'delete' }],
  [eventTypes.partialUpdateRows, { ...v2, change: 'update', partialJson: true }],
  [eventTypes.writeRowsCompressedV1, { ...v1, change: 'insert', compressed: true }],
  [eventTypes.updateRowsCompressedV1, { ...v1, change: 'update', compressed: true }],
  [eventTypes.deleteRowsCompressedV1, { ...v1, change: 'delete', compressed: true }],
  [eventTypes.writeRowsCompressed, { ...v2, change: 'insert', compressed: true }],
  [eventTypes.updateRowsCompressed, { ...v2, change: 'update', compressed: true }],
  [eventTypes.deleteRowsCompressed, { ...v2, change: 'delete', compressed: true }],
]);

/**
 * Decodes the frame of a rows event; the rows themselves stay as they are.
 *
 *     +----------+-------+---------------+--------+------------+---------------+--------+
 *     | table id | flags | v2: length 2, | column | columns in | update:       | rows … |
 *     | 6 (or 4) | 2     | extra data …  | count  | the image  | columns in    |        |
 *     |          |       |               | packed | bitmap     | the after one |        |
 *     +----------+-------+---------------+--------+------------+---------------+--------+
 *
 * The length counts its own two bytes. The extra data (partition numbers, NDB) is not needed.
 * Source: MySQL 9.7 libs/mysql/binlog/event/rows_event.cpp, Rows_event; MariaDB 10.11
 * sql/log_event.cc, Rows_log_event::Rows_log_event.
 */
export function decodeRows(
  header: EventHeader,
  body: Uint8Array,
  kind: RowsKind,
  tableIdBytes: 4 | 6,
): RowsEvent {
  const reader = new ByteReader(body, header);
  const tableId = BigInt(tableIdBytes === 6 ? reader.u48() : reader.u32());
  const flags = reader.u16();
  if (kind.hasExtraData) {
    const extraBytes = reader.u16();
    if (extraBytes < 2) throw reader.damaged(`an extra part of ${extraBytes} bytes`);
    reader.skip(extraBytes - 2);
  }
  const columnCount = reader.packedInt();
  const bitmapBytes = Math.ceil(columnCount / 8);
  const present = reader.take(bitmapBytes);
  const presentAfter = kind.change === 'update' ? reader.take(bitmapBytes) : undefined;
  const rows = reader.rest();
  return {
    kind: 'rows',
    change: kind.change,
    tableId,
    endOfStatement: (flags & statementEndFlag) !== 0,
    foreignKeyChecks: (flags & uncheckedFlag) === 0,
    logsForeignKeys: (flags & loggedFlag) !== 0,
    columnCount,
    present,
    presentAfter,
    rows: kind.compressed ? inflateEventPart(header, rows) : rows,
    partialJson: kind.partialJson,
    ...header,
  };
}

export { charsetOfCollationNumber, decodeText } from './charset/index.js';
export * from './event.js';
export { eventTypes } from './event-types.js';
export { ChangeBuilder, type BuilderMark } from './columns/change-builder.js';
export { columnLayout } from './columns/column-layout.js';
export type { IncompleteRows, PlacedIncompleteRows } from './columns/incomplete-rows.js';
export { EventDecoder } from './event-decoder.js';
export { relayLogFlag } from './events/format-description.js';
export { EventFramer, type EventFramerOptions, type LogEnd } from './framing/event-framer.js';
export type { RawEvent } from './framing/raw-event.js';
export { remedyOf } from './rows/absent-values.js';
export { kernelTextColumn } from './rows/kernel-layout.js';
export { KernelMemory } from './rows/kernel-memory.js';
export { logsHiddenColumns } from './rows/hidden-columns.js';
export { rowsAsObjects, type RowChange, type RowObject } from './rows/rows-as-objects.js';
export { readValue, type RowValue } from './rows/read-value.js';
export {
  createTableDecoder,
  type TableDecoder,
  type TableDecoderOptions,
} from './rows/table-decoder.js';
export { schemaFromTableMap } from './rows/schema-from-table-map.js';
export { badValue, rowSource, type AppendValue, type RowSource } from './values/append-value.js';
export { appendBit } from './values/bit-year.js';
export { daysFromDate, isRealDate } from './values/calendar.js';
export { secondOfDay, writeDatetime } from './values/datetime.js';
export { multiplyAdd, negate, writeSmallDecimal } from './values/decimal.js';
export { unitsPerSecond } from './values/fraction.js';
export { writeInt64 } from './values/int64.js';
export { appendBytes, fixedBytesAppender } from './values/text-bytes.js';
export { textAppender } from './values/text.js';
export { appendVector } from './values/vector.js';
export { zeroDateSink, type ZeroDateSink } from './values/zero-date.js';
export type { ColumnBuffer } from './columns/column-buffer.js';
export { jsonFormOf, type JsonForm } from './values/json-form.js';
export type { ZeroDatePolicy } from './values/zero-date.js';

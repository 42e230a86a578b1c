import { Field, Message, Schema, Uint64, Uint8 } from 'apache-arrow';
import { BufferRegion, FieldNode, RecordBatch } from 'apache-arrow/ipc/metadata/message';
import type { ChangeColumns, ColumnData } from './column-data.js';
import { arrowWriteType, isEngineNullable, mysqlTypeKey } from './column-types.js';
import { arrowEndOfStream, hiddenColumns } from './engine.js';
import type { TableSchema } from './table.js';

/** Row changes as an Arrow IPC stream, whose versions are filled in when they are known. */
export interface EncodedChanges {
  stream: Uint8Array;
  rows: number;
  /** Numbers the rows `first`, `first` + 1, …: to be called once, before the stream is used. */
  setVersions(first: bigint): void;
}

/**
 * Lays row changes out as one Arrow IPC stream: schema, one record batch, end.
 *
 *     schema message | batch metadata | delmarks | column buffers … | versions | end of stream
 *
 * The columns' buffers are copied, each once and as they are; no value is looked at. Versions stand
 * last, so that their place is known, and are written when the engine has given them out.
 *
 * Owns: the stream is the caller's own; `changes` may be used again at once.
 * Source: Arrow columnar format 1.5, "Encapsulated message format" and "IPC streaming format".
 */
export function encodeChanges(changes: ChangeColumns): EncodedChanges {
  const layout = new BodyLayout();
  layout.addColumn({ ...noNulls, values: changes.delmarks }, changes.rows);
  changes.schema.columns.forEach((column, index) => {
    const data = changes.columns[index];
    if (data === undefined) throw new RangeError(`no data of column ${column.name}`);
    if (column.type.kind === 'vector') layout.addVector(data, changes.rows);
    else layout.addColumn(data, changes.rows);
  });
  const versionsBytes = changes.rows * 8;
  const versionsStart = layout.addVersions(changes.rows, versionsBytes);
  const schemaMessage = schemaMessageOf(changes.schema);
  const batch = new RecordBatch(changes.rows, layout.nodes, layout.regions, null);
  const batchMessage = frameMessage(Message.encode(Message.from(batch, layout.bodyBytes)));
  const bodyStart = schemaMessage.length + batchMessage.length;
  const stream = new Uint8Array(bodyStart + layout.bodyBytes + arrowEndOfStream.length);
  stream.set(schemaMessage, 0);
  stream.set(batchMessage, schemaMessage.length);
  layout.copyTo(stream, bodyStart);
  stream.set(arrowEndOfStream, bodyStart + layout.bodyBytes);
  return {
    stream,
    rows: changes.rows,
    setVersions: (first) => {
      fillVersions(
        new Uint32Array(stream.buffer, bodyStart + versionsStart, changes.rows * 2),
        first,
      );
    },
  };
}

const noNulls = { validity: undefined, nullCount: 0, offsets: undefined };

/** Where each buffer of a record batch lies in its body, in the order of the columns. */
class BodyLayout {
  readonly nodes: FieldNode[] = [];
  readonly regions: BufferRegion[] = [];
  bodyBytes = 0;
  readonly #sources: { at: number; bytes: Uint8Array }[] = [];

  addColumn(data: ColumnData, rows: number): void {
    this.nodes.push(new FieldNode(rows, data.nullCount));
    this.#add(data.nullCount > 0 ? data.validity : undefined);
    if (data.offsets !== undefined) this.#add(bytesOf(data.offsets));
    this.#add(data.values);
  }

  /** A list of float32. The engine has no NULL lists: the empty list that stands there is its value. */
  addVector(data: ColumnData, rows: number): void {
    this.nodes.push(new FieldNode(rows, 0), new FieldNode(data.values.byteLength / 4, 0));
    this.#add(undefined);
    if (data.offsets !== undefined) this.#add(bytesOf(data.offsets));
    this.#add(undefined);
    this.#add(data.values);
  }

  /** Leaves room for the versions and gives its place. */
  addVersions(rows: number, sizeBytes: number): number {
    const start = this.bodyBytes;
    this.nodes.push(new FieldNode(rows, 0));
    this.#add(undefined);
    this.regions.push(new BufferRegion(start, sizeBytes));
    this.bodyBytes += align(sizeBytes);
    return start;
  }

  copyTo(stream: Uint8Array, bodyStart: number): void {
    for (const source of this.#sources) stream.set(source.bytes, bodyStart + source.at);
  }

  #add(bytes: Uint8Array | undefined): void {
    const sizeBytes = bytes?.byteLength ?? 0;
    this.regions.push(new BufferRegion(this.bodyBytes, sizeBytes));
    if (bytes === undefined) return;
    this.#sources.push({ at: this.bodyBytes, bytes });
    this.bodyBytes += align(sizeBytes);
  }
}

const schemaMessages = new WeakMap<TableSchema, Uint8Array>();

/** The schema message of a table, made once: a wide table's is as long as a small batch. */
function schemaMessageOf(table: TableSchema): Uint8Array {
  const known = schemaMessages.get(table);
  if (known !== undefined) return known;
  const message = frameMessage(Message.encode(Message.from(changeSchema(table))));
  schemaMessages.set(table, message);
  return message;
}

/** The Arrow schema in which row changes of a table are written: its columns and the hidden ones. */
export function changeSchema(table: TableSchema): Schema {
  const columns = table.columns.map((column) => {
    const nullable = isEngineNullable(column, table) && column.type.kind !== 'vector';
    const metadata = new Map([[mysqlTypeKey, column.mysqlType]]);
    return new Field(column.name, arrowWriteType(column.type), nullable, metadata);
  });
  return new Schema([
    new Field(hiddenColumns.delmark, new Uint8(), false),
    ...columns,
    new Field(hiddenColumns.version, new Uint64(), false),
  ]);
}

/** Puts continuation mark and length before a message's metadata, padded to 8 bytes. */
export function frameMessage(metadata: Uint8Array): Uint8Array {
  const lengthBytes = align(metadata.length + 8) - 8;
  const framed = new Uint8Array(8 + lengthBytes);
  const view = new DataView(framed.buffer);
  view.setUint32(0, 0xffffffff, true);
  view.setUint32(4, lengthBytes, true);
  framed.set(metadata, 8);
  return framed;
}

/** 32 bits at a time, low half first: a bigint for each row would cost more than all the copying. */
function fillVersions(halves: Uint32Array, first: bigint): void {
  let low = Number(first & 0xffffffffn);
  let high = Number(first >> 32n);
  for (let index = 0; index < halves.length; index += 2) {
    halves[index] = low;
    halves[index + 1] = high;
    low += 1;
    if (low <= 0xffffffff) continue;
    low = 0;
    high += 1;
  }
}

function bytesOf(array: Int32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

function align(sizeBytes: number): number {
  return Math.ceil(sizeBytes / 8) * 8;
}

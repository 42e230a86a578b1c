import { DataType, DateUnit, Message, type Schema } from 'apache-arrow';
import { BufferRegion, FieldNode, RecordBatch } from 'apache-arrow/ipc/metadata/message';
import { frameMessage } from './arrow-encode.js';
import { FlashError } from './errors.js';
import { fieldType } from './scan-schema.js';

/** One column of a record batch as its buffers; `width` is a value's size in bytes. */
export type RawColumn = { rows: number; nullCount: number; validity: Uint8Array | undefined } & (
  | { kind: 'fixed'; width: number; values: Uint8Array }
  | { kind: 'bits'; values: Uint8Array }
  | { kind: 'bytes'; offsets: Int32Array; values: Uint8Array }
  | { kind: 'list'; offsets: Int32Array; items: RawColumn }
);

export interface RawBatch {
  rows: number;
  columns: readonly RawColumn[];
}

/** An Arrow IPC stream, its values left as bytes. */
export interface RawStream {
  schema: Schema;
  schemaMessage: Uint8Array;
  batches: readonly RawBatch[];
}

/**
 * Reads a whole Arrow IPC stream without looking at a value.
 *
 * Owns: buffers are views of `stream`, where they are aligned.
 * Errors: INVALID_REQUEST for what is no stream; UNSUPPORTED for dictionaries, compression and types
 * that the engine does not give.
 */
export function readRawStream(stream: Uint8Array): RawStream {
  let schema: Schema | undefined;
  let schemaMessage = new Uint8Array(0);
  const batches: RawBatch[] = [];
  for (let at = 0; at + 8 <= stream.length;) {
    const view = new DataView(stream.buffer, stream.byteOffset + at, 8);
    const metadataBytes = view.getUint32(4, true);
    if (metadataBytes === 0) break;
    const bodyStart = at + 8 + metadataBytes;
    const message = Message.decode(stream.subarray(at + 8, bodyStart));
    const end = bodyStart + message.bodyLength;
    if (view.getUint32(0, true) !== 0xffffffff || end > stream.length) throw endsEarly();
    if (message.isSchema()) {
      schema = message.header();
      schemaMessage = stream.slice(at, end);
    } else if (message.isRecordBatch() && schema !== undefined) {
      batches.push(readRawBatch(schema, message.header(), stream.subarray(bodyStart, end)));
    } else throw unsupported('a message of another kind');
    at = end;
  }
  if (schema === undefined) throw endsEarly();
  return { schema, schemaMessage, batches };
}

/** Gives some rows of a batch, in the order of `indexes`, as an encapsulated record batch message. */
export function encodeRows(batch: RawBatch, indexes: Int32Array): Uint8Array {
  const nodes: FieldNode[] = [];
  const parts: Uint8Array[] = [];
  for (const column of batch.columns) layOut(takeRows(column, indexes), nodes, parts);
  let bodyBytes = 0;
  const regions = parts.map((part) => {
    const region = new BufferRegion(bodyBytes, part.length);
    bodyBytes += padTo8(part.length);
    return region;
  });
  const header = new RecordBatch(indexes.length, nodes, regions, null);
  const head = frameMessage(Message.encode(Message.from(header, bodyBytes)));
  const message = new Uint8Array(head.length + bodyBytes);
  message.set(head);
  parts.forEach((part, index) => {
    message.set(part, head.length + (regions[index]?.offset ?? 0));
  });
  return message;
}

function readRawBatch(schema: Schema, header: RecordBatch, body: Uint8Array): RawBatch {
  if (header.compression !== null) throw unsupported('compressed batches');
  const nodes = header.nodes.values();
  const regions = header.buffers.values();
  const next = (): Uint8Array => {
    const region = regions.next().value;
    if (region === undefined) throw endsEarly();
    return body.subarray(region.offset, region.offset + region.length);
  };
  const read = (type: DataType): RawColumn => {
    const node = nodes.next().value;
    if (node === undefined) throw endsEarly();
    const bits = next();
    const validity = node.nullCount > 0 ? bits : undefined;
    const base = { rows: node.length, nullCount: node.nullCount, validity };
    if (DataType.isBool(type)) return { ...base, kind: 'bits', values: next() };
    if (DataType.isUtf8(type) || DataType.isBinary(type)) {
      return { ...base, kind: 'bytes', offsets: readOffsets(next()), values: next() };
    }
    if (DataType.isList(type)) {
      const offsets = readOffsets(next());
      const [item] = type.children;
      if (item === undefined) throw unsupported('a list without a type');
      return { ...base, kind: 'list', offsets, items: read(fieldType(item)) };
    }
    return { ...base, kind: 'fixed', width: widthOf(type), values: next() };
  };
  return { rows: header.length, columns: schema.fields.map((field) => read(fieldType(field))) };
}

function widthOf(type: DataType): number {
  if (DataType.isInt(type) || DataType.isTime(type) || DataType.isDecimal(type)) {
    return type.bitWidth / 8;
  }
  if (DataType.isFloat(type)) return 2 << type.precision;
  if (DataType.isDate(type)) return type.unit === DateUnit.DAY ? 4 : 8;
  if (DataType.isTimestamp(type)) return 8;
  if (DataType.isFixedSizeBinary(type)) return type.byteWidth;
  throw unsupported(`a column of Arrow type ${type.typeId}`);
}

function takeRows(column: RawColumn, indexes: Int32Array): RawColumn {
  const validity = column.validity === undefined ? undefined : takeBits(column.validity, indexes);
  const nullCount = validity === undefined ? 0 : indexes.length - countBits(validity);
  const base = { rows: indexes.length, nullCount, validity };
  switch (column.kind) {
    case 'bits':
      return { ...base, kind: 'bits', values: takeBits(column.values, indexes) };
    case 'fixed': {
      const { width } = column;
      const values = new Uint8Array(indexes.length * width);
      indexes.forEach((from, to) => {
        values.set(column.values.subarray(from * width, (from + 1) * width), to * width);
      });
      return { ...base, kind: 'fixed', width, values };
    }
    case 'bytes': {
      const offsets = takeOffsets(column.offsets, indexes);
      const values = new Uint8Array(offsets.at(-1) ?? 0);
      indexes.forEach((from, to) => {
        const piece = column.values.subarray(column.offsets[from], column.offsets[from + 1]);
        values.set(piece, offsets[to]);
      });
      return { ...base, kind: 'bytes', offsets, values };
    }
    case 'list': {
      const offsets = takeOffsets(column.offsets, indexes);
      const items = new Int32Array(offsets.at(-1) ?? 0);
      indexes.forEach((from, to) => {
        const start = column.offsets[from] ?? 0;
        for (let at = offsets[to] ?? 0; at < (offsets[to + 1] ?? 0); at += 1) {
          items[at] = start + at - (offsets[to] ?? 0);
        }
      });
      return { ...base, kind: 'list', offsets, items: takeRows(column.items, items) };
    }
  }
}

function layOut(column: RawColumn, nodes: FieldNode[], parts: Uint8Array[]): void {
  nodes.push(new FieldNode(column.rows, column.nullCount));
  parts.push(column.validity ?? new Uint8Array(0));
  if (column.kind === 'bytes' || column.kind === 'list') {
    const { buffer, byteOffset, byteLength } = column.offsets;
    parts.push(new Uint8Array(buffer, byteOffset, byteLength));
  }
  if (column.kind === 'list') layOut(column.items, nodes, parts);
  else parts.push(column.values);
}

function takeOffsets(offsets: Int32Array, indexes: Int32Array): Int32Array {
  const taken = new Int32Array(indexes.length + 1);
  indexes.forEach((from, to) => {
    taken[to + 1] = (taken[to] ?? 0) + (offsets[from + 1] ?? 0) - (offsets[from] ?? 0);
  });
  return taken;
}

function takeBits(bits: Uint8Array, indexes: Int32Array): Uint8Array {
  const taken = new Uint8Array((indexes.length + 7) >> 3);
  indexes.forEach((from, to) => {
    if (!isBitSet(bits, from)) return;
    taken[to >> 3] = (taken[to >> 3] ?? 0) | (1 << (to & 7));
  });
  return taken;
}

/** Least significant bit first (Arrow columnar format, "Validity bitmaps"). */
export function isBitSet(bits: Uint8Array, index: number): boolean {
  return ((bits[index >> 3] ?? 0) & (1 << (index & 7))) !== 0;
}

function countBits(bits: Uint8Array): number {
  let count = 0;
  for (let byte of bits) for (; byte !== 0; byte &= byte - 1) count += 1;
  return count;
}

function readOffsets(bytes: Uint8Array): Int32Array {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  return new Int32Array(aligned.buffer, aligned.byteOffset, aligned.length >> 2);
}

function padTo8(lengthBytes: number): number {
  return (lengthBytes + 7) & ~7;
}

function endsEarly(): FlashError {
  return new FlashError('INVALID_REQUEST', 'The rows are no whole Arrow IPC stream');
}

function unsupported(what: string): FlashError {
  return new FlashError('UNSUPPORTED', `An Arrow stream holds ${what}, which can't be cut by rows`);
}

import { DataType, Message, Type, type Field, type Schema } from 'apache-arrow';
import { BufferRegion, RecordBatch } from 'apache-arrow/ipc/metadata/message';
import { frameMessage } from './arrow-encode.js';
import { FlashError } from './errors.js';
import { childFields } from './map-fields.js';
import { fieldType } from './scan-schema.js';

/** How the integers of a column become 64-bit ones of a finer unit. Units: `width` in bytes. */
export interface Scale {
  width: 4 | 8;
  factor: number;
}

/** Gives a record batch message in which some columns are scaled. */
export type ScaleBatch = (message: Uint8Array) => Uint8Array;

/**
 * Gives what scales the columns that `scaleOf` names, however deep in lists and tuples they are;
 * undefined where there is none. All other buffers are copied as they are.
 *
 * Errors: UNSUPPORTED where a type stands before such a column whose buffers are not known.
 */
export function batchScaler(
  schema: Schema,
  scaleOf: (type: DataType) => Scale | undefined,
): ScaleBatch | undefined {
  const scales: (Scale | undefined)[] = [];
  for (const field of schema.fields) listBuffers(field, scaleOf, scales);
  if (scales.every((scale) => scale === undefined)) return undefined;
  return (message) => scaleBatch(message, scales);
}

/**
 * Appends one entry a buffer, in the order of a record batch's body.
 *
 * Source: Arrow columnar format, "Buffer listing for each layout".
 */
function listBuffers(
  field: Field,
  scaleOf: (type: DataType) => Scale | undefined,
  scales: (Scale | undefined)[],
): void {
  const type = fieldType(field);
  const scale = scaleOf(type);
  if (scale !== undefined) {
    scales.push(undefined, scale);
    return;
  }
  for (let count = ownBuffers(type); count > 0; count -= 1) scales.push(undefined);
  if (DataType.isDictionary(type)) return;
  for (const child of childFields(type)) listBuffers(child, scaleOf, scales);
}

function ownBuffers(type: DataType): number {
  switch (type.typeId) {
    case Type.Null:
      return 0;
    case Type.Struct:
    case Type.FixedSizeList:
      return 1;
    case Type.Utf8:
    case Type.LargeUtf8:
    case Type.Binary:
    case Type.LargeBinary:
      return 3;
    case Type.Union:
      throw new FlashError('UNSUPPORTED', 'A result with a Variant and a TIME has no Arrow form', {
        hint: 'Cast one of them to text: toString(x).',
      });
    default:
      return 2;
  }
}

function scaleBatch(bytes: Uint8Array, scales: readonly (Scale | undefined)[]): Uint8Array {
  const bodyStart = 8 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(4, true);
  const message = Message.decode(bytes.subarray(8, bodyStart));
  if (!message.isRecordBatch()) return bytes.slice();
  const header = message.header();
  const parts = header.buffers.map(({ offset, length }, index) => {
    const part = bytes.subarray(bodyStart + offset, bodyStart + offset + length);
    const scale = scales[index];
    return scale === undefined ? part : scaleIntegers(part, scale);
  });
  let bodyBytes = 0;
  const regions = parts.map((part) => {
    const region = new BufferRegion(bodyBytes, part.length);
    bodyBytes += (part.length + 7) & ~7;
    return region;
  });
  const batch = new RecordBatch(header.length, header.nodes, regions, null);
  const head = frameMessage(Message.encode(Message.from(batch, bodyBytes)));
  const scaled = new Uint8Array(head.length + bodyBytes);
  scaled.set(head);
  parts.forEach((part, index) => {
    scaled.set(part, head.length + (regions[index]?.offset ?? 0));
  });
  return scaled;
}

/**
 * Exact where the product has at most 53 bits, as those of all dates and times have. In the place of
 * a NULL anything may stand, before and after.
 */
function scaleIntegers(from: Uint8Array, { width, factor }: Scale): Uint8Array {
  const view = new DataView(from.buffer, from.byteOffset, from.byteLength);
  const count = from.byteLength / width;
  const to = new DataView(new ArrayBuffer(count * 8));
  for (let index = 0; index < count; index += 1) {
    const at = index * width;
    const value =
      width === 4
        ? view.getInt32(at, true)
        : view.getInt32(at + 4, true) * wordSize + view.getUint32(at, true);
    const product = value * factor;
    const high = Math.floor(product / wordSize);
    to.setUint32(index * 8, product - high * wordSize, true);
    to.setInt32(index * 8 + 4, high, true);
  }
  return new Uint8Array(to.buffer);
}

/** Values of a 32-bit word. */
const wordSize = 2 ** 32;

import type { RecordBatch } from 'parquet-wasm/node';
import { DataType, Timestamp, TimeUnit, type Field } from 'apache-arrow';
import {
  batchScaler,
  encodeSchemaMessage,
  mapFields,
  withType,
  type ArrowMessage,
  type ScaleBatch,
} from '../../protocol/index.js';
import type { Result } from './result.js';

/** What the writer may hold before it ends a row group, before compression. */
const rowGroupBytesMax = 64 * 1024 * 1024;

/**
 * Gives a result as a Parquet file: zstd pages, row groups of at most 64 MiB before compression.
 * The Arrow schema stands in the file's metadata, so that Arrow readers get the very same types, but
 * for timestamps of whole seconds: Parquet has none, and they are kept as milliseconds.
 *
 * Errors: those of the result; the bytes before are then no file, as its end is missing.
 */
export async function* writeParquet(given: Result): AsyncGenerator<Uint8Array> {
  const result = withoutSeconds(given);
  // Loaded late: 5 MB of WebAssembly that no other format needs.
  const parquet = await import('parquet-wasm/node');
  const batches = toParquetBatches(result, parquet.Table);
  const properties = new parquet.WriterPropertiesBuilder()
    .setCompression(parquet.Compression.ZSTD)
    .setMaxRowGroupBytes(rowGroupBytesMax)
    .setCreatedBy('theflash')
    .build();
  const first = await batches.next();
  if (first.done === true) {
    yield parquet.writeParquet(parquet.Table.fromIPCStream(result.schemaMessage), properties);
    return;
  }
  let pending: RecordBatch | undefined = first.value;
  const failure: { error?: unknown } = {};
  const input = new ReadableStream<RecordBatch>(
    {
      async pull(controller): Promise<void> {
        try {
          const batch = pending ?? (await batches.next()).value;
          pending = undefined;
          if (batch === undefined) controller.close();
          else controller.enqueue(batch);
        } catch (error) {
          // The encoder takes a failed stream for one that has ended, and would end the file.
          failure.error = error;
          controller.close();
        }
      },
    },
    // Nothing is read ahead of the encoder.
    { highWaterMark: 0 },
  );
  const output: AsyncIterable<Uint8Array> = await parquet.transformParquetStream(input, properties);
  for await (const bytes of output) {
    if ('error' in failure) break;
    yield bytes;
  }
  if ('error' in failure) throw failure.error;
}

/** The encoder would keep seconds as plain integers, which only Arrow readers know to be times. */
function withoutSeconds(result: Result): Result {
  const scale = batchScaler(result.schema, (type) =>
    isSeconds(type) ? { width: 8, factor: 1000 } : undefined,
  );
  if (scale === undefined) return result;
  const schema = mapFields(result.schema, millisecondField);
  return { schema, schemaMessage: encodeSchemaMessage(schema), batches: scaled(result, scale) };
}

function millisecondField(field: Field, type: DataType): Field {
  if (!isSeconds(type)) return field;
  return withType(field, new Timestamp(TimeUnit.MILLISECOND, type.timezone));
}

function isSeconds(type: DataType): type is Timestamp {
  return DataType.isTimestamp(type) && type.unit === TimeUnit.SECOND;
}

async function* scaled(result: Result, scale: ScaleBatch): AsyncGenerator<ArrowMessage> {
  for await (const { bytes, rows } of result.batches) yield { bytes: scale(bytes), rows };
}

/** Copies each batch into the encoder's own memory; the encoder frees it. */
async function* toParquetBatches(
  result: Result,
  encoder: { fromIPCStream(stream: Uint8Array): { recordBatches(): RecordBatch[] } },
): AsyncGenerator<RecordBatch, undefined> {
  for await (const { bytes } of result.batches) {
    yield* encoder.fromIPCStream(Buffer.concat([result.schemaMessage, bytes])).recordBatches();
  }
}

import type { RecordBatch } from 'parquet-wasm/node';
import type { Result } from './result.js';

/** What the writer may hold before it ends a row group, before compression. */
const rowGroupBytesMax = 64 * 1024 * 1024;

/**
 * Gives a result as a Parquet file: zstd pages, row groups of at most 64 MiB before compression.
 * The Arrow schema stands in the file's metadata, so that Arrow readers get the very same types.
 */
export async function* writeParquet(result: Result): AsyncGenerator<Uint8Array> {
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
  const input = new ReadableStream<RecordBatch>(
    {
      async pull(controller): Promise<void> {
        const batch = pending ?? (await batches.next()).value;
        pending = undefined;
        if (batch === undefined) controller.close();
        else controller.enqueue(batch);
      },
    },
    // Nothing is read ahead of the encoder.
    { highWaterMark: 0 },
  );
  const output: AsyncIterable<Uint8Array> = await parquet.transformParquetStream(input, properties);
  yield* output;
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

import { RecordBatchReader, type RecordBatch, type Schema } from 'apache-arrow';
import {
  decodeSchemaMessage,
  encodeSchemaMessage,
  FlashError,
  relabelSchema,
  type ArrowMessage,
  type ArrowScan,
} from '../../protocol/index.js';

/**
 * A query's result with its schema read ahead, as the formats take it.
 *
 * Owns: the bytes of a batch live until the next one is asked for.
 */
export interface Result {
  schema: Schema;
  schemaMessage: Uint8Array;
  batches: AsyncIterable<ArrowMessage>;
}

/**
 * Reads the schema message of a scan and relabels it with MySQL types.
 *
 * Owns: the caller still closes the scan.
 */
export async function openResult(
  scan: ArrowScan,
  mysqlTypes: ReadonlyMap<string, string>,
): Promise<Result> {
  const messages = scan[Symbol.asyncIterator]();
  const first = await messages.next();
  if (first.done === true) throw new FlashError('INTERNAL', 'The engine gave no schema message');
  const given = decodeSchemaMessage(first.value.bytes.slice());
  const schema = relabelSchema(given, mysqlTypes);
  return {
    schema,
    schemaMessage: encodeSchemaMessage(schema),
    batches: { [Symbol.asyncIterator]: () => messages },
  };
}

/**
 * Decodes a result's record batches.
 *
 * Owns: a batch is a view of the engine's bytes, valid until the next one is asked for.
 */
export async function* decodeBatches(result: Result): AsyncGenerator<RecordBatch> {
  for await (const message of result.batches) {
    yield* RecordBatchReader.from([result.schemaMessage, message.bytes]);
  }
}

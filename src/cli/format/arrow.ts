import { MetadataVersion } from 'apache-arrow';
import { FileBlock, Footer } from 'apache-arrow/ipc/metadata/file';
import { arrowEndOfStream } from '../../protocol/index.js';
import type { Result } from './result.js';

/** Gives a result as an Arrow IPC stream: the engine's own messages after the relabelled schema. */
export async function* writeArrowStream(result: Result): AsyncGenerator<Uint8Array> {
  yield result.schemaMessage;
  for await (const message of result.batches) yield message.bytes;
  yield arrowEndOfStream;
}

/**
 * Gives a result as an Arrow IPC file, which readers can enter at any batch.
 *
 * ```
 * +----------------+------------------------+--------+------------+-----------------+
 * | ARROW1 00 00   | Arrow IPC stream       | Footer | length (4) | ARROW1          |
 * +----------------+------------------------+--------+------------+-----------------+
 * ```
 * Units: `length` is the footer's, in bytes, little-endian; the footer holds the offset of each
 * batch from the start of the file.
 * Source: Arrow columnar format, "IPC File Format".
 */
export async function* writeArrowFile(result: Result): AsyncGenerator<Uint8Array> {
  const magic = new TextEncoder().encode('ARROW1');
  const head = new Uint8Array(8);
  head.set(magic);
  yield head;
  yield result.schemaMessage;
  let offset = head.byteLength + result.schemaMessage.byteLength;
  const blocks: FileBlock[] = [];
  for await (const { bytes } of result.batches) {
    const metadataLength = 8 + new DataView(bytes.buffer, bytes.byteOffset).getInt32(4, true);
    blocks.push(new FileBlock(metadataLength, bytes.byteLength - metadataLength, offset));
    offset += bytes.byteLength;
    yield bytes;
  }
  yield arrowEndOfStream;
  const footer = Footer.encode(new Footer(result.schema, MetadataVersion.V5, blocks, []));
  yield footer;
  const length = new Uint8Array(4);
  new DataView(length.buffer).setInt32(0, footer.byteLength, true);
  yield length;
  yield magic;
}

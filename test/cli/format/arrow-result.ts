import { Message, tableToIPC, type Table } from 'apache-arrow';
import { openResult, type Result } from '../../../src/cli/index.js';
import type { ArrowMessage, ArrowScan } from '../../../src/protocol/index.js';

/** Gives a table as a scan: its IPC stream cut into messages, as an engine hands them over. */
export function scanOf(table: Table): ArrowScan {
  const stream = tableToIPC(table, 'stream');
  return {
    async *[Symbol.asyncIterator](): AsyncGenerator<ArrowMessage> {
      let at = 0;
      const batches = [...table.batches];
      while (at + 8 < stream.byteLength) {
        const end = at + messageLength(stream, at);
        const rows = at === 0 ? 0 : (batches.shift()?.numRows ?? 0);
        yield await Promise.resolve({ bytes: stream.subarray(at, end), rows });
        at = end;
      }
    },
    close: () => Promise.resolve(),
  };
}

/** Opens a table as the formats take it. */
export async function resultOf(
  table: Table,
  mysqlTypes: ReadonlyMap<string, string> = new Map<string, string>(),
): Promise<Result> {
  return openResult(scanOf(table), mysqlTypes);
}

/** Collects the chunks of a format. */
export async function collect(chunks: AsyncIterable<Uint8Array | string>): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const chunk of chunks) parts.push(Buffer.from(chunk));
  return Buffer.concat(parts);
}

/** Source: Arrow columnar format, "Encapsulated message format"; Message.bodyLength by apache-arrow. */
function messageLength(stream: Uint8Array, at: number): number {
  const metadataBytes = new DataView(stream.buffer, stream.byteOffset + at).getInt32(4, true);
  const message = Message.decode(stream.subarray(at + 8, at + 8 + metadataBytes));
  return 8 + metadataBytes + message.bodyLength;
}

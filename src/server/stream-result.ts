import {
  FlashError,
  type ArrowMessage,
  type ArrowScan,
  type QueryOptions,
} from '../protocol/index.js';
import { type ActiveRequest } from './active-request.js';
import { type RequestContext } from './context.js';
import { Outbox } from './outbox.js';

/**
 * Sends a scan's messages: OPENED, SCHEMA, then BATCH by BATCH, then END. The next batch is pulled
 * from the engine while one is sent, but only when the client has given credit, and few enough bytes
 * are on their way: a slow reader holds `outboxBytesMax` or one batch here, and in the engine the one
 * that was pulled and the one after it, whatever the result's size.
 *
 * Owns: closes the scan, at once when the request is ended.
 * Errors: the request's reason when it was ended; the engine's.
 */
export async function streamResult(
  { request, send, checksums }: RequestContext,
  open: (options: Pick<QueryOptions, 'buffers' | 'checksum'>) => Promise<ArrowScan>,
  options: {
    stallTimeoutMs: number;
    messageBytesMax: number;
    mapSchema?: (schema: Uint8Array) => Uint8Array;
  },
): Promise<void> {
  const outbox = new Outbox(outboxBytesMax);
  const scan = await open({ buffers: outbox.buffers, checksum: checksums });
  const messages = scan[Symbol.asyncIterator]();
  const stall = startStallTimer(request, options.stallTimeoutMs);
  let batches = 0;
  let ahead: Promise<IteratorResult<ArrowMessage>> | undefined;
  try {
    await stall.watch(send({ type: 'OPENED' }));
    for (;;) {
      if (ahead === undefined && request.bytes > 0) await stall.watch(request.waitForCredit());
      request.check();
      const next = await (ahead ?? messages.next());
      // A query that was cut short may look like one that ended: the signal tells them apart.
      request.check();
      if (next.done === true) break;
      const isSchema = request.bytes === 0;
      const { rows } = next.value;
      const { bytes, crc32 } = isSchema ? mapSchema(next.value, options.mapSchema) : next.value;
      checkSize(bytes, options.messageBytesMax);
      request.give(bytes.length);
      request.spend(bytes.length);
      await stall.watch(outbox.waitForRoom(bytes.length));
      const kept = outbox.keep(bytes);
      // The engine makes the next one while this one is sent.
      ahead = request.hasCredit ? messages.next() : undefined;
      outbox.add(kept, send(isSchema ? { type: 'SCHEMA' } : { type: 'BATCH', rows }, kept, crc32));
      request.rows += rows;
      if (!isSchema) batches += 1;
    }
    await stall.watch(outbox.waitUntilEmpty());
    const { rows, bytes, elapsedMs } = request;
    await send({ type: 'END', rows, batches, bytes, elapsedMs });
  } finally {
    stall.stop();
    await scan.close();
  }
}

function mapSchema(
  schema: ArrowMessage,
  map: ((schema: Uint8Array) => Uint8Array) | undefined,
): ArrowMessage {
  return map === undefined ? schema : { bytes: map(schema.bytes.slice()), rows: 0 };
}

/** What a result may have on its way to the network: two or three batches. */
const outboxBytesMax = 16 * 1024 * 1024;

function checkSize(bytes: Uint8Array, messageBytesMax: number): void {
  if (bytes.length <= messageBytesMax) return;
  throw new FlashError('TOO_LARGE', `A record batch has ${bytes.length} bytes`, {
    hint: `At most ${messageBytesMax} are sent: ask for fewer columns, or set max_block_size lower.`,
  });
}

/** Ends the request when the client neither takes bytes nor gives credit for too long. */
function startStallTimer(
  request: ActiveRequest,
  timeoutMs: number,
): { watch: (wait: Promise<void>) => Promise<void>; stop: () => void } {
  let timer: NodeJS.Timeout | undefined;
  const stop = (): void => {
    clearTimeout(timer);
    timer = undefined;
  };
  return {
    stop,
    async watch(wait): Promise<void> {
      if (timeoutMs > 0) {
        timer = setTimeout(() => {
          request.abort(
            new FlashError('TIMEOUT', `The client took nothing for ${timeoutMs} ms`, {
              hint: 'Read the result faster, or in smaller parts.',
            }),
          );
        }, timeoutMs);
      }
      try {
        await wait;
      } finally {
        stop();
      }
    },
  };
}

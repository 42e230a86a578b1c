import { FlashError, type ArrowScan } from '../protocol/index.js';
import { type ActiveRequest } from './active-request.js';
import { type Send } from './context.js';

/**
 * Sends a scan's messages: OPENED, SCHEMA, then BATCH by BATCH, then END. The next batch is pulled from the
 * engine only when the client has given credit and the one before the last has left for the network:
 * one batch is on its way while the next is made, and a slow reader holds two here, whatever the
 * result's size.
 *
 * Owns: closes the scan, at once when the request is ended. Its bytes may be the engine's memory,
 * gone with the next call, so what is sent is a copy.
 * Errors: the request's reason when it was ended; the engine's.
 */
export async function streamResult(
  request: ActiveRequest,
  scan: ArrowScan,
  send: Send,
  options: {
    stallTimeoutMs: number;
    messageBytesMax: number;
    mapSchema?: (schema: Uint8Array) => Uint8Array;
  },
): Promise<void> {
  const messages = scan[Symbol.asyncIterator]();
  const stall = startStallTimer(request, options.stallTimeoutMs);
  let batches = 0;
  let sending = Promise.resolve();
  try {
    await stall.watch(send({ type: 'OPENED' }));
    for (;;) {
      if (batches > 0 || request.bytes > 0) await stall.watch(request.waitForCredit());
      request.check();
      const next = await messages.next();
      // A query that was cut short may look like one that ended: the signal tells them apart.
      request.check();
      if (next.done === true) break;
      const isSchema = request.bytes === 0;
      checkSize(next.value.bytes, options.messageBytesMax);
      const copy = next.value.bytes.slice();
      const bytes = isSchema ? (options.mapSchema?.(copy) ?? copy) : copy;
      request.spend(bytes.length);
      const rows = next.value.rows;
      await stall.watch(sending);
      sending = send(isSchema ? { type: 'SCHEMA' } : { type: 'BATCH', rows }, bytes);
      // It is awaited before the next one; until then a failure has nobody else to hear of it.
      sending.catch(() => undefined);
      request.bytes += bytes.length;
      request.rows += rows;
      if (!isSchema) batches += 1;
    }
    await stall.watch(sending);
    const { rows, bytes, elapsedMs } = request;
    await send({ type: 'END', rows, batches, bytes, elapsedMs });
  } finally {
    stall.stop();
    await scan.close();
  }
}

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

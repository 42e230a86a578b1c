import type { Readable } from 'node:stream';
import { FlashError, type LogInput } from '../protocol/index.js';

/**
 * Gives a stream as one log: it is read once and forward. `name` is the log's base name where the
 * user told it: the bytes themselves do not say it. `signal` closes the stream, which then has ended:
 * whoever writes to it may be silent for long.
 */
export function openPipeLog(stream: Readable, name?: string, signal?: AbortSignal): LogInput {
  signal?.addEventListener('abort', () => stream.destroy(), { once: true });
  const iterator: AsyncIterator<unknown> = stream[Symbol.asyncIterator]();
  let at = 0;
  async function* chunks(offset: number): AsyncGenerator<Uint8Array> {
    for (;;) {
      const chunk = await nextChunk(iterator, signal);
      if (chunk === undefined) return;
      const start = at;
      at += chunk.length;
      if (at <= offset) continue;
      if (start >= offset) yield chunk;
      else yield chunk.subarray(offset - start);
    }
  }
  return {
    name,
    location: 'stdin',
    sizeBytes: undefined,
    canRewind: false,
    chunks(offset) {
      if (offset < at) {
        throw new FlashError('INTERNAL', `a pipe can't go back from byte ${at} to ${offset}`);
      }
      return chunks(offset);
    },
  };
}

async function nextChunk(
  iterator: AsyncIterator<unknown>,
  signal: AbortSignal | undefined,
): Promise<Uint8Array | undefined> {
  const next = await iterator.next().catch((error: unknown) => {
    if (signal?.aborted === true) return { done: true, value: undefined } as const;
    throw error;
  });
  if (next.done === true) return undefined;
  if (next.value instanceof Uint8Array) return next.value;
  throw new FlashError('INTERNAL', 'a pipe gave text where bytes were expected');
}

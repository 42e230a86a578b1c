import { EventDecoder, EventFramer, type BinlogEvent } from '../binlog/index.js';
import type { LogInput } from '../protocol/index.js';

/**
 * Reads a log as events, from its beginning to its end.
 *
 * Owns: the bytes of an event are valid until the next one is asked for.
 * Errors: those of the file and of the decoder; BINLOG_FORMAT where the log ends inside an event.
 */
export async function* readEvents(input: LogInput): AsyncGenerator<BinlogEvent> {
  const framer = new EventFramer(input.name ?? input.location);
  const decoder = new EventDecoder();
  for (let isAtEnd = false; !isAtEnd;) {
    let at = framer.nextOffset;
    isAtEnd = true;
    for await (const chunk of input.chunks(at)) {
      at += chunk.length;
      for (const raw of framer.push(chunk)) yield* decoder.decode(raw);
      // The framer may leave a stretch out; reading then goes on after it.
      isAtEnd = framer.nextOffset === at;
      if (!isAtEnd) break;
    }
  }
  framer.finish();
}

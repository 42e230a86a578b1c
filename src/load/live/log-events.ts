import { EventDecoder, EventFramer, type BinlogEvent } from '../../binlog/index.js';
import type { LogInput, Position, Source } from '../../protocol/index.js';
import { compareMoments } from '../../writer/index.js';

/**
 * The events of a server's logs from one place up to another one, each valid until the next is asked for.
 *
 * Errors: those of the source and of the framer.
 */
export async function* eventsBetween(
  source: Source,
  from: Position,
  upTo: Position,
): AsyncGenerator<BinlogEvent> {
  const first = source.logs.findIndex(({ name }) => name === from.file);
  const decoder = new EventDecoder();
  for (const [index, log] of source.logs.slice(Math.max(first, 0)).entries()) {
    const file = log.name ?? '';
    if (!isBefore({ file, offset: 4 }, upTo)) return;
    const framer = new EventFramer(file, { startOffset: index === 0 ? from.offset : 0 });
    for await (const event of eventsOfLog(log, framer, decoder)) {
      if (!isBefore({ file: event.file, offset: event.offset }, upTo)) return;
      yield event;
    }
  }
}

async function* eventsOfLog(
  log: LogInput,
  framer: EventFramer,
  decoder: EventDecoder,
): AsyncGenerator<BinlogEvent> {
  for (let isAtEnd = false; !isAtEnd;) {
    isAtEnd = true;
    let at = framer.nextOffset;
    for await (const chunk of log.chunks(at)) {
      at += chunk.length;
      for (const raw of framer.push(chunk)) yield* decoder.decode(raw);
      // The framer goes from the log's description to where it was asked to begin.
      if (framer.nextOffset === at) continue;
      isAtEnd = false;
      break;
    }
  }
}

/** Whether a place in the logs comes before another one. */
export function isBefore(a: Position, b: Position): boolean {
  const order = compareMoments({ position: a, gtidSet: '' }, { position: b, gtidSet: '' });
  return order !== undefined && order < 0;
}

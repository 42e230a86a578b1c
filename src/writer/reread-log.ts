import { EventDecoder, EventFramer, type BinlogEvent } from '../binlog/index.js';
import { FlashError, type LogInput, type Source } from '../protocol/index.js';
import type { PreparedTransaction } from './checkpoint.js';

/**
 * Gives the events of a prepared XA transaction again.
 *
 * Errors: NOT_FOUND where the log that holds it is not among the source's, UNSUPPORTED for a pipe.
 */
export async function* rereadTransaction(
  source: Source,
  prepared: PreparedTransaction,
): AsyncGenerator<BinlogEvent, void, undefined> {
  const { file, start, end } = prepared;
  const input = findLog(source, prepared);
  const framer = new EventFramer(file, { startOffset: start });
  const decoder = new EventDecoder();
  for (let isAtEnd = false; !isAtEnd;) {
    let at = framer.nextOffset;
    isAtEnd = true;
    for await (const chunk of input.chunks(at)) {
      at += chunk.length;
      for (const raw of framer.push(chunk)) {
        for (const event of decoder.decode(raw)) {
          if (event.offset >= end) return;
          if (event.offset >= start) yield event;
        }
      }
      isAtEnd = framer.nextOffset === at;
      if (!isAtEnd) break;
    }
  }
}

function findLog(source: Source, { xid, file, start }: PreparedTransaction): LogInput {
  const input = source.logs.find((log) => log.name === file);
  const what = `the XA transaction ${xid} is committed here, and was prepared in ${file} at offset ${start}`;
  if (input === undefined) {
    throw new FlashError('NOT_FOUND', `${what}, which ${source.location} does not hold`, {
      hint: `Give ${file} too, with all logs after it: --binlog ${file} ….`,
      place: { file, offset: start },
    });
  }
  if (!input.canRewind) {
    throw new FlashError('UNSUPPORTED', `${what}, which can’t be read a second time`, {
      hint: `Save the log to a file and give its name instead of ${input.location}.`,
      place: { file, offset: start },
    });
  }
  return input;
}

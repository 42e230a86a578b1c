import { EventFramer } from '../binlog/index.js';
import type { LogInput } from '../protocol/index.js';
import { firstOffset } from './beginning.js';
import type { WriterCheckpoint } from './checkpoint.js';
import { checkHeader, checkTail, headerMark, positionText, type LogMark } from './log-mark.js';
import type { NamedLog } from './named-log.js';

/**
 * Reads a pipe that gives a log once more which the copy has read to its end: it is made sure that it is that log and no
 * more than it, and nothing is applied.
 *
 * Shape: a line for people; undefined where the signal has ended the reading.
 * Errors: SOURCE_MISMATCH for another log than the one of that name that was read, as far as the copy knows it still;
 * BINLOG_FORMAT for what is no log, or more than one, as `cat log.000001 log.000002` gives.
 */
export async function passReadPipe(
  { name, input }: NamedLog,
  { position, mark, passed = [] }: WriterCheckpoint,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const known = [mark, ...passed].find((read) => read?.file === name);
  const tail = await readThrough(name, input, known);
  if (signal?.aborted === true) return undefined;
  if (known !== undefined) checkTail(input.location, known, tail);
  return `${input.location} was taken for ${name}, by --from, which is applied already: nothing of it was. For the log that comes next: --from ${positionText(position)}.`;
}

/** Gives the bytes before the place up to which the log was read. */
async function readThrough(
  name: string,
  input: LogInput,
  known: LogMark | undefined,
): Promise<Uint8Array> {
  const { offset: end, tailBytes } = known ?? { offset: 0, tailBytes: 0 };
  const tail: Uint8Array[] = [];
  const framer = new EventFramer(name);
  let at = 0;
  for await (const chunk of input.chunks(0)) {
    tail.push(chunk.slice(Math.max(0, end - tailBytes - at), Math.max(0, end - at)));
    at += chunk.length;
    for (const raw of framer.push(chunk)) {
      const isFirst = raw.header.offset === firstOffset && known !== undefined;
      if (isFirst && known.header !== '') checkHeader(input.location, known, headerMark(raw));
    }
  }
  framer.finish({ isGrowing: true });
  return Buffer.concat(tail);
}

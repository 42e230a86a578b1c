import {
  EventDecoder,
  EventFramer,
  eventTypes,
  relayLogFlag,
  type RotateEvent,
} from '../binlog/index.js';
import { FlashError, type LogInput } from '../protocol/index.js';
import { firstOffset } from './beginning.js';
import type { NamedLog } from './named-log.js';

/** Header and position of a ROTATE, without the name of the next log. */
const fixedBytes = 19 + 8;
/** The name of a file, and a checksum. */
const variableBytesMax = 255 + 4;

/**
 * Gives the ROTATE at the end of a log without what lies before it: it names the next log, and so tells which one this is.
 *
 * Shape: undefined for a log that ends otherwise, as one that is still written or that a server closed when it ended; for
 * relay logs, whose last ROTATE need not be of their own; for what can't be read from any byte on; and for what is no log,
 * of which reading it tells more.
 */
export async function readClosingRotate({
  name,
  input,
}: NamedLog): Promise<RotateEvent | undefined> {
  const { sizeBytes, canRewind, startsAtEvents } = input;
  if (!canRewind || startsAtEvents === true || sizeBytes === undefined) return undefined;
  try {
    const head = await readHead(name, input);
    const tailOffset = Math.max(head?.length ?? 0, sizeBytes - fixedBytes - variableBytesMax);
    const tail = await readRest(input, tailOffset);
    return head === undefined || tail === undefined
      ? undefined
      : findRotate(name, head, tail, tailOffset);
  } catch (error) {
    if (error instanceof FlashError) return undefined;
    throw error;
  }
}

/** Magic and FORMAT_DESCRIPTION, unless of a relay log. */
async function readHead(name: string, input: LogInput): Promise<Uint8Array | undefined> {
  const framer = new EventFramer(name);
  for await (const chunk of input.chunks(0)) {
    for (const { header } of framer.push(chunk)) {
      return (header.flags & relayLogFlag) === 0 ? chunk.subarray(0, header.endOffset) : undefined;
    }
  }
  return undefined;
}

/** The bytes from an offset to the end, unless the log has grown since. */
async function readRest(input: LogInput, offset: number): Promise<Uint8Array | undefined> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of input.chunks(offset)) {
    parts.push(chunk);
    length += chunk.length;
    if (length > fixedBytes + variableBytesMax) return undefined;
  }
  return Buffer.concat(parts);
}

/**
 * Finds where the last event begins. Of it the log's size alone is known, so each place is tried at which bytes say of
 * themselves what a ROTATE says; rows can hold such bytes by chance, and the checksum then tells.
 */
function findRotate(
  file: string,
  head: Uint8Array,
  tail: Uint8Array,
  tailOffset: number,
): RotateEvent | undefined {
  const view = new DataView(tail.buffer, tail.byteOffset, tail.length);
  const endOffset = (tailOffset + tail.length) % 2 ** 32;
  for (let at = 0; at + fixedBytes < tail.length; at += 1) {
    const isRotate =
      view.getUint8(at + 4) === eventTypes.rotate &&
      view.getUint32(at + 9, true) === tail.length - at &&
      view.getUint32(at + 13, true) === endOffset &&
      view.getBigUint64(at + 19, true) === BigInt(firstOffset);
    const found = isRotate ? readRotate(file, head, tail.subarray(at), tailOffset + at) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Undefined for bytes of which the checksum is not right. */
function readRotate(
  file: string,
  head: Uint8Array,
  bytes: Uint8Array,
  startOffset: number,
): RotateEvent | undefined {
  const framer = new EventFramer(file, { startOffset });
  const decoder = new EventDecoder();
  try {
    for (const part of [head, bytes]) {
      for (const raw of framer.push(part)) {
        for (const event of decoder.decode(raw)) if (event.kind === 'rotate') return event;
      }
    }
  } catch (error) {
    if (!(error instanceof FlashError)) throw error;
  }
  return undefined;
}

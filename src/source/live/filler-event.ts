import { crc32 } from 'node:zlib';

const headerBytes = 19;
const checksumBytes = 4;

/** IGNORABLE_LOG_EVENT, with LOG_EVENT_IGNORABLE_F: every reader passes it. */
const ignorableType = 28;
const ignorableFlag = 0x80;

/**
 * Gives an event that says nothing, in place of bytes of a file that a server does not send. Replicas
 * write the like into their relay logs.
 *
 * Units: `size` in bytes, 23 at least; `endOffset` in the log.
 */
export function makeFiller(size: number, endOffset: number, hasChecksum: boolean): Buffer {
  const event = Buffer.alloc(size);
  event[4] = ignorableType;
  event.writeUInt32LE(size, 9);
  event.writeUInt32LE(endOffset % 2 ** 32, 13);
  event.writeUInt16LE(ignorableFlag, 17);
  if (hasChecksum && size >= headerBytes + checksumBytes) {
    const end = size - checksumBytes;
    event.writeUInt32LE(crc32(event.subarray(0, end)), end);
  }
  return event;
}

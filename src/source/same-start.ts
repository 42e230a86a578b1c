import type { FileHandle } from 'node:fs/promises';

/** Holds the last transactions before a place, unless they are large. */
const tailBytesMax = 4096;
/** Magic and the FORMAT_DESCRIPTION, which has about 120 bytes. */
const headBytesMax = 256;
/** A server sets and clears the flag in the first event's header that says that a log is in use. */
const flagsOffset = 4 + 17;

/**
 * True where two files are one log up to an offset: the same first event, and the same bytes before the
 * offset.
 */
export async function isSameStart(a: FileHandle, b: FileHandle, offset: number): Promise<boolean> {
  const headBytes = Math.min(offset, headBytesMax);
  const tailStart = Math.max(headBytes, offset - tailBytesMax);
  return (
    (await isSamePart(a, b, 0, headBytes)) &&
    (await isSamePart(a, b, tailStart, offset - tailStart))
  );
}

async function isSamePart(
  a: FileHandle,
  b: FileHandle,
  start: number,
  length: number,
): Promise<boolean> {
  const [one, two] = await Promise.all([readPart(a, start, length), readPart(b, start, length)]);
  return one.length === length && one.equals(two);
}

async function readPart(file: FileHandle, start: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  const { bytesRead } = await file.read(bytes, 0, length, start);
  const flags = flagsOffset - start;
  if (flags >= 0 && flags < bytesRead) bytes[flags] = 0;
  return bytes.subarray(0, bytesRead);
}

/**
 * Packs bytes as one LZ4 block: greedily, with one table of places, for speed before size. What does not
 * shrink comes out a little larger than it went in.
 *
 * Source: LZ4 Block Format Description.
 */
export function packLz4Block(bytes: Buffer): Buffer {
  const length = bytes.length;
  const out = Buffer.allocUnsafe(lz4BytesMax(length));
  const places = new Int32Array(1 << hashBits).fill(-1);
  let to = 0;
  let literalsFrom = 0;
  let at = 0;
  let misses = 0;
  while (at < length - matchStartBytesLeft) {
    const word = bytes.readInt32LE(at);
    const slot = Math.imul(word, hashFactor) >>> (32 - hashBits);
    const place = places[slot] ?? -1;
    places[slot] = at;
    if (place < 0 || at - place > distanceMax || bytes.readInt32LE(place) !== word) {
      misses += 1;
      // Where little matches, look less often.
      at += 1 + (misses >> 6);
      continue;
    }
    misses = 0;
    const matchEnd = matchEndOf(bytes, place, at);
    to = writeSequence(out, to, bytes.subarray(literalsFrom, at), at - place, matchEnd - at);
    at = matchEnd;
    literalsFrom = at;
  }
  to = writeSequence(out, to, bytes.subarray(literalsFrom), 0, 0);
  return out.subarray(0, to);
}

/** The most that a block of so many bytes may come to. */
function lz4BytesMax(length: number): number {
  return length + Math.ceil(length / 255) + 16;
}

function matchEndOf(bytes: Buffer, place: number, at: number): number {
  const end = bytes.length - literalBytesLast;
  let from = place + matchBytesMin;
  let to = at + matchBytesMin;
  while (to < end && bytes[from] === bytes[to]) {
    from += 1;
    to += 1;
  }
  return to;
}

/** Literals and the match after them; `distance` is 0 for the last ones, which have none. */
function writeSequence(
  out: Buffer,
  start: number,
  literals: Buffer,
  distance: number,
  matchBytes: number,
): number {
  let to = start + 1;
  const matchLength = distance === 0 ? 0 : matchBytes - matchBytesMin;
  out[start] = (Math.min(literals.length, 15) << 4) | Math.min(matchLength, 15);
  to = writeLength(out, to, literals.length);
  literals.copy(out, to);
  to += literals.length;
  if (distance === 0) return to;
  out[to++] = distance & 0xff;
  out[to++] = distance >> 8;
  return writeLength(out, to, matchLength);
}

function writeLength(out: Buffer, start: number, length: number): number {
  let to = start;
  if (length < 15) return to;
  let rest = length - 15;
  for (; rest >= 255; rest -= 255) out[to++] = 255;
  out[to++] = rest;
  return to;
}

const hashBits = 14;
const hashFactor = 0x9e_37_79_b1 | 0;
const distanceMax = 65_535;
const matchBytesMin = 4;

/** A block ends with literals: a match begins 12 bytes before the end at the latest, and ends 5 before. */
const matchStartBytesLeft = 12;
const literalBytesLast = 5;

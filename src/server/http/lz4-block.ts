/**
 * Unpacks one LZ4 block. `history` is what may be referred to before it; undefined where the block is
 * damaged or gives more than `bytesMax`.
 *
 * Source: LZ4 Block Format Description.
 */
export function unpackLz4Block(
  block: Buffer,
  history: Buffer,
  bytesMax: number,
): Buffer | undefined {
  const start = history.length;
  const out = Buffer.allocUnsafe(start + bytesMax);
  history.copy(out);
  let from = 0;
  let to = start;
  /** A length that goes on in further bytes as long as they are 255; NaN where they end. */
  const readLength = (nibble: number): number => {
    let length = nibble;
    if (nibble < 15) return length;
    for (;;) {
      const more = block[from++];
      if (more === undefined) return Number.NaN;
      length += more;
      if (more < 255) return length;
    }
  };
  while (from < block.length) {
    const token = block[from++] ?? 0;
    const literals = readLength(token >> 4);
    // Not the other way round: a length that has no end is no number.
    if (!(from + literals <= block.length && to + literals <= out.length)) return undefined;
    block.copy(out, to, from, from + literals);
    from += literals;
    to += literals;
    // The last sequence is literals alone.
    if (from === block.length) return out.subarray(start, to);
    const distance = (block[from] ?? 0) | ((block[from + 1] ?? 0) << 8);
    from += 2;
    const length = readLength(token & 15) + matchBytesMin;
    if (!(distance > 0 && distance <= to && to + length <= out.length)) return undefined;
    if (distance >= length) {
      out.copyWithin(to, to - distance, to - distance + length);
      to += length;
    } else {
      // It overlaps itself: that is how a run is written.
      for (const end = to + length; to < end; to += 1) out[to] = out[to - distance] ?? 0;
    }
  }
  return undefined;
}

const matchBytesMin = 4;

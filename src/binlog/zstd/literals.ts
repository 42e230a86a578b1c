import { BackwardBits } from './backward-bits.js';
import { decodeHuffman, readHuffmanTable, type HuffmanTable } from './huffman-table.js';
import { ZstdError } from './zstd-error.js';

const kinds = { raw: 0, repeated: 1, huffman: 2, sameTree: 3 } as const;

/** The literals of the block at hand, and the tree that the next block may use again. */
export interface Literals {
  readonly bytes: Uint8Array;
  size: number;
  tree: HuffmanTable | undefined;
}

/** Room for the literals of any block. */
export function newLiterals(blockMax: number): Literals {
  return { bytes: new Uint8Array(blockMax), size: 0, tree: undefined };
}

/**
 * Reads the literals of a block; gives where they end.
 *
 *     +--------+-------------+-----------------+------------------+---------+-----------+
 *     | kind 2 | form 2 bits | size 5 to 20    | compressed size  | tree …  | streams … |
 *     | bits   |             | bits            | 10 to 18 bits    |         | 1 or 4    |
 *     +--------+-------------+-----------------+------------------+---------+-----------+
 *
 * Source: RFC 8878, section 3.1.1.3.1.
 */
export function readLiterals(
  source: Uint8Array,
  start: number,
  end: number,
  literals: Literals,
): number {
  const first = source[start] ?? 0;
  const kind = first & 3;
  const form = (first >> 2) & 3;
  const word = readWord(source, start);
  if (kind === kinds.raw || kind === kinds.repeated) {
    const headerBytes = (form & 1) === 0 ? 1 : form === 1 ? 2 : 3;
    const size =
      headerBytes === 1 ? first >> 3 : (word & (headerBytes === 2 ? 0xffff : 0xffffff)) >> 4;
    setSize(literals, size);
    const from = start + headerBytes;
    const next = from + (kind === kinds.raw ? size : 1);
    if (next > end) throw new ZstdError('literals that end early');
    if (kind === kinds.raw) literals.bytes.set(source.subarray(from, next));
    else literals.bytes.fill(source[from] ?? 0, 0, size);
    return next;
  }
  const sizeBits = form < 2 ? 10 : form === 2 ? 14 : 18;
  const headerBytes = form < 2 ? 3 : form + 2;
  const sizes = word + (source[start + 4] ?? 0) * 2 ** 32;
  setSize(literals, Math.floor(sizes / 16) % 2 ** sizeBits);
  const compressedSize = Math.floor(sizes / 2 ** (4 + sizeBits)) % 2 ** sizeBits;
  const from = start + headerBytes;
  const next = from + compressedSize;
  if (next > end) throw new ZstdError('literals that end early');
  const streams = kind === kinds.huffman ? readTree(source, from, next, literals) : from;
  readStreams(source, streams, next, form === 0 ? 1 : 4, literals);
  return next;
}

function readTree(source: Uint8Array, start: number, end: number, literals: Literals): number {
  const { table, next } = readHuffmanTable(source, start, end);
  literals.tree = table;
  return next;
}

/** Four streams begin with the sizes of the first three; each but the last gives as many literals. */
function readStreams(
  source: Uint8Array,
  start: number,
  end: number,
  count: 1 | 4,
  { bytes, size, tree }: Literals,
): void {
  if (tree === undefined) throw new ZstdError('literals without a Huffman tree');
  const part = count === 1 ? size : (size + 3) >> 2;
  let from = count === 1 ? start : start + 6;
  for (let i = 0; i < count; i++) {
    const at = start + i * 2;
    const isLast = i === count - 1;
    const to = isLast ? end : from + ((source[at] ?? 0) | ((source[at + 1] ?? 0) << 8));
    if (to > end || i * part > size) throw new ZstdError('literals that end early');
    const stream = new BackwardBits(source, from, to);
    decodeHuffman(tree, stream, bytes, i * part, isLast ? size : Math.min(size, (i + 1) * part));
    from = to;
  }
}

function setSize(literals: Literals, size: number): void {
  if (size > literals.bytes.length) throw new ZstdError('a block that is too large');
  literals.size = size;
}

function readWord(source: Uint8Array, at: number): number {
  const high = (source[at + 2] ?? 0) | ((source[at + 3] ?? 0) << 8);
  return ((source[at] ?? 0) | ((source[at + 1] ?? 0) << 8)) + high * 65536;
}

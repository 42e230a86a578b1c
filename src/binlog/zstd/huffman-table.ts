import { BackwardBits } from './backward-bits.js';
import { readFseTable } from './fse-table.js';
import { ZstdError } from './zstd-error.js';

/** Bits of the longest code of literals. */
const codeBitsMax = 11;
const weightsMax = 255;
/** Bits of a stream that are read together. */
const stepBits = 24;

/** A Huffman code: the next `codeBits` bits of a stream tell the symbol and how many of them it takes. */
export interface HuffmanTable {
  codeBits: number;
  symbols: Uint8Array;
  bits: Uint8Array;
}

/**
 * Reads a Huffman tree: a weight for each symbol but the last.
 *
 * Source: RFC 8878, section 4.2.1.
 */
export function readHuffmanTable(
  source: Uint8Array,
  start: number,
  end: number,
): { table: HuffmanTable; next: number } {
  const header = source[start] ?? 0;
  const first = start + 1;
  if (header >= 128) {
    const count = header - 127;
    const next = first + ((count + 1) >> 1);
    if (next > end) throw new ZstdError('a Huffman tree that ends early');
    const weights = Array.from({ length: count }, (_, i) => {
      const byte = source[first + (i >> 1)] ?? 0;
      return i % 2 === 0 ? byte >> 4 : byte & 15;
    });
    return { table: buildHuffmanTable(weights), next };
  }
  const next = first + header;
  if (next > end) throw new ZstdError('a Huffman tree that ends early');
  return { table: buildHuffmanTable(readWeights(source, first, next)), next };
}

/** Two states take turns, until a state would need more bits than there are. */
function readWeights(source: Uint8Array, start: number, end: number): number[] {
  const { table, next } = readFseTable(source, start, end, 6, codeBitsMax + 1);
  const stream = new BackwardBits(source, next, end);
  const weights: number[] = [];
  let state = stream.read(table.accuracyLog);
  let other = stream.read(table.accuracyLog);
  while (weights.length < weightsMax) {
    weights.push(table.symbols[state] ?? 0);
    state = (table.bases[state] ?? 0) + stream.readPadded(table.bits[state] ?? 0);
    if (stream.left < 0) {
      weights.push(table.symbols[other] ?? 0);
      return weights;
    }
    [state, other] = [other, state];
  }
  throw new ZstdError('a Huffman tree of too many symbols');
}

function buildHuffmanTable(given: readonly number[]): HuffmanTable {
  if (given.length > weightsMax) throw new ZstdError('a Huffman tree of too many symbols');
  const sum = given.reduce((total, weight) => total + ((1 << weight) >> 1), 0);
  if (sum === 0) throw new ZstdError('a Huffman tree without symbols');
  const codeBits = 32 - Math.clz32(sum);
  const rest = (1 << codeBits) - sum;
  if (codeBits > codeBitsMax || (rest & (rest - 1)) !== 0) {
    throw new ZstdError('a Huffman tree that does not add up');
  }
  const weights = [...given, 32 - Math.clz32(rest)];
  const symbols = new Uint8Array(1 << codeBits);
  const bits = new Uint8Array(1 << codeBits);
  let at = 0;
  for (let weight = 1; weight <= codeBits; weight++) {
    weights.forEach((own, symbol) => {
      if (own !== weight) return;
      const end = at + (1 << (weight - 1));
      symbols.fill(symbol, at, end);
      bits.fill(codeBits + 1 - weight, at, end);
      at = end;
    });
  }
  return { codeBits, symbols, bits };
}

/** Decodes one stream of literals to `target[from .. to)`, which it must fill exactly. */
export function decodeHuffman(
  table: HuffmanTable,
  stream: BackwardBits,
  target: Uint8Array,
  from: number,
  to: number,
): void {
  const { codeBits, symbols, bits } = table;
  const mask = (1 << codeBits) - 1;
  let left = stream.left;
  let at = from;
  // Two codes fit into the bits that one step gives.
  for (; at + 2 <= to && left >= stepBits; at += 2) {
    const word = stream.bitsAt(left - stepBits);
    const first = (word >>> (stepBits - codeBits)) & mask;
    const taken = bits[first] ?? 0;
    const second = (word >>> (stepBits - codeBits - taken)) & mask;
    target[at] = symbols[first] ?? 0;
    target[at + 1] = symbols[second] ?? 0;
    left -= taken + (bits[second] ?? 0);
  }
  for (; at < to; at++) {
    const low = left - codeBits;
    const code = low >= 0 ? stream.bitsAt(low) & mask : (stream.bitsAt(0) << -low) & mask;
    target[at] = symbols[code] ?? 0;
    left -= bits[code] ?? 0;
    if (left < 0) throw new ZstdError('literals that end early');
  }
  if (left !== 0) throw new ZstdError('literals with bits left over');
}

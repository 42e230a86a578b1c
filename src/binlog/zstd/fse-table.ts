import { ZstdError } from './zstd-error.js';

/** A table of finite state entropy: what a state stands for, and how the next one is made. */
export interface FseTable {
  accuracyLog: number;
  symbols: Uint8Array;
  /** Bits that are added to `bases` to make the next state. */
  bits: Uint8Array;
  bases: Uint16Array;
}

/** A table of one symbol, which takes no bits. */
export function singleSymbolTable(symbol: number): FseTable {
  return {
    accuracyLog: 0,
    symbols: Uint8Array.of(symbol),
    bits: new Uint8Array(1),
    bases: new Uint16Array(1),
  };
}

/**
 * Reads the description of a table: how likely each symbol is, in as few bits as are needed.
 *
 * Errors: `ZstdError` for one that does not add up.
 * Source: RFC 8878, section 4.1.1; zstd 1.5 lib/common/entropy_common.c, FSE_readNCount.
 */
export function readFseTable(
  source: Uint8Array,
  start: number,
  end: number,
  accuracyMax: number,
  symbolMax: number,
): { table: FseTable; next: number } {
  let at = start * 8;
  const peek = (count: number): number => {
    const byte = at >> 3;
    const word =
      (source[byte] ?? 0) | ((source[byte + 1] ?? 0) << 8) | ((source[byte + 2] ?? 0) << 16);
    return (word >>> (at & 7)) & ((1 << count) - 1);
  };
  const accuracyLog = peek(4) + 5;
  at += 4;
  if (accuracyLog > accuracyMax) throw new ZstdError('an entropy table that is too large');
  const counts: number[] = [];
  let remaining = (1 << accuracyLog) + 1;
  let threshold = 1 << accuracyLog;
  let bits = accuracyLog + 1;
  while (remaining > 1 && counts.length <= symbolMax) {
    const spare = 2 * threshold - 1 - remaining;
    let value = peek(bits);
    if ((value & (threshold - 1)) < spare) {
      value &= threshold - 1;
      at += bits - 1;
    } else {
      if (value >= threshold) value -= spare;
      at += bits;
    }
    const count = value - 1;
    remaining -= Math.abs(count);
    counts.push(count);
    while (remaining < threshold && threshold > 1) {
      bits -= 1;
      threshold >>= 1;
    }
    for (let more = count === 0 ? 3 : 0; more === 3;) {
      more = peek(2);
      at += 2;
      for (let i = 0; i < more && counts.length <= symbolMax; i++) counts.push(0);
      if (at > end * 8) break;
    }
    if (at > end * 8) throw new ZstdError('an entropy table that ends early');
  }
  if (remaining !== 1) throw new ZstdError('an entropy table that does not add up');
  return { table: buildFseTable(counts, accuracyLog), next: (at + 7) >> 3 };
}

/**
 * Spreads symbols over the states of a table. A count of -1 stands for less than one state.
 *
 * Source: RFC 8878, section 4.1.1; zstd 1.5 lib/decompress/zstd_decompress_block.c, ZSTD_buildFSETable.
 */
export function buildFseTable(counts: readonly number[], accuracyLog: number): FseTable {
  const size = 1 << accuracyLog;
  const symbols = new Uint8Array(size);
  const bits = new Uint8Array(size);
  const bases = new Uint16Array(size);
  const next = Uint16Array.from(counts, (count) => Math.abs(count));
  let high = size;
  counts.forEach((count, symbol) => {
    if (count === -1) symbols[--high] = symbol;
  });
  const step = (size >> 1) + (size >> 3) + 3;
  let at = 0;
  counts.forEach((count, symbol) => {
    for (let i = 0; i < count; i++) {
      symbols[at] = symbol;
      do at = (at + step) & (size - 1);
      while (at >= high);
    }
  });
  for (let state = 0; state < size; state++) {
    const symbol = symbols[state] ?? 0;
    const order = next[symbol] ?? 1;
    next[symbol] = order + 1;
    const count = accuracyLog - (31 - Math.clz32(order));
    bits[state] = count;
    bases[state] = (order << count) - size;
  }
  return { accuracyLog, symbols, bits, bases };
}

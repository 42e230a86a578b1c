import { BackwardBits } from './backward-bits.js';
import { buildFseTable, readFseTable, singleSymbolTable, type FseTable } from './fse-table.js';
import { ZstdError } from './zstd-error.js';

/** Lengths of literals and of matches, and offsets: a symbol gives a base and how many bits follow. */
interface CodeKind {
  bases: Uint32Array;
  bits: Uint8Array;
  accuracyMax: number;
  predefined: FseTable;
}

const ones = (count: number): number[] => Array.from({ length: count }, () => 1);
const twos = (count: number): number[] => Array.from({ length: count }, () => 2);
const rare = (count: number): number[] => Array.from({ length: count }, () => -1);

/** Source for the three: RFC 8878, section 3.1.1.3.2.1.1 and appendix A. */
const literalLengths: CodeKind = {
  ...codes(0, [...zeros(16), 1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]),
  accuracyMax: 9,
  predefined: buildFseTable(
    [4, 3, ...twos(11), ...ones(3), ...twos(9), 3, 2, ...ones(5), ...rare(4)],
    6,
  ),
};
const matchLengths: CodeKind = {
  ...codes(3, [...zeros(32), 1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]),
  accuracyMax: 9,
  predefined: buildFseTable([1, 4, 3, ...twos(6), ...ones(37), ...rare(7)], 6),
};
const offsets: CodeKind = {
  bases: Uint32Array.from({ length: 32 }, (_, code) => 2 ** code),
  bits: Uint8Array.from({ length: 32 }, (_, code) => code),
  accuracyMax: 8,
  predefined: buildFseTable([...ones(6), ...twos(3), ...ones(15), ...rare(5)], 5),
};

function zeros(count: number): number[] {
  return Array.from({ length: count }, () => 0);
}

/** Each base is after the values of the code before it. */
function codes(first: number, bits: readonly number[]): Pick<CodeKind, 'bases' | 'bits'> {
  const bases = new Uint32Array(bits.length);
  let base = first;
  bits.forEach((count, code) => {
    bases[code] = base;
    base += 2 ** count;
  });
  return { bases, bits: Uint8Array.from(bits) };
}

/** The tables that the next block may use again. */
export interface SequenceTables {
  literalLengths: FseTable | undefined;
  offsets: FseTable | undefined;
  matchLengths: FseTable | undefined;
}

/**
 * Takes one sequence: copy so many literals, then so many bytes from so far back. `offsetValue` is 1 to
 * 3 for one of the last offsets, else the offset plus 3.
 */
export type ExecuteSequence = (
  literalLength: number,
  offsetValue: number,
  matchLength: number,
) => void;

/**
 * Reads the sequences of a block `[start, end)`, and has each executed.
 *
 * Source: RFC 8878, section 3.1.1.3.2.
 */
export function readSequences(
  source: Uint8Array,
  start: number,
  end: number,
  tables: SequenceTables,
  execute: ExecuteSequence,
): void {
  if (start >= end) throw new ZstdError('a block without sequences');
  const first = source[start] ?? 0;
  let at = start + 1;
  let count = first;
  if (first === 255) {
    count = ((source[at] ?? 0) | ((source[at + 1] ?? 0) << 8)) + 0x7f00;
    at += 2;
  } else if (first > 127) {
    count = ((first - 128) << 8) | (source[at++] ?? 0);
  }
  if (count === 0) {
    if (at !== end) throw new ZstdError('a block with bytes left over');
    return;
  }
  const modes = source[at++] ?? 0;
  if ((modes & 3) !== 0) throw new ZstdError('reserved bits are set');
  const read = (kind: CodeKind, mode: number, before: FseTable | undefined): FseTable => {
    const { table, next } = readTable(source, at, end, kind, mode & 3, before);
    at = next;
    return table;
  };
  tables.literalLengths = read(literalLengths, modes >> 6, tables.literalLengths);
  tables.offsets = read(offsets, modes >> 4, tables.offsets);
  tables.matchLengths = read(matchLengths, modes >> 2, tables.matchLengths);
  const stream = new BackwardBits(source, at, end);
  const own = [tables.literalLengths, tables.offsets, tables.matchLengths] as const;
  decodeSequences(stream, count, own, execute);
  if (stream.left !== 0) throw new ZstdError('sequences with bits left over');
}

function readTable(
  source: Uint8Array,
  start: number,
  end: number,
  kind: CodeKind,
  mode: number,
  before: FseTable | undefined,
): { table: FseTable; next: number } {
  switch (mode) {
    case 0:
      return { table: kind.predefined, next: start };
    case 1: {
      const symbol = source[start] ?? 0;
      if (start >= end || symbol >= kind.bits.length) throw new ZstdError(`a code ${symbol}`);
      return { table: singleSymbolTable(symbol), next: start + 1 };
    }
    case 2:
      return readFseTable(source, start, end, kind.accuracyMax, kind.bits.length - 1);
    default:
      if (before === undefined) throw new ZstdError('a block without the table before it');
      return { table: before, next: start };
  }
}

function decodeSequences(
  stream: BackwardBits,
  count: number,
  [literalTable, offsetTable, matchTable]: readonly [FseTable, FseTable, FseTable],
  execute: ExecuteSequence,
): void {
  let literalState = stream.read(literalTable.accuracyLog);
  let offsetState = stream.read(offsetTable.accuracyLog);
  let matchState = stream.read(matchTable.accuracyLog);
  for (let i = 0; i < count; i++) {
    const offsetCode = offsetTable.symbols[offsetState] ?? 0;
    const matchCode = matchTable.symbols[matchState] ?? 0;
    const literalCode = literalTable.symbols[literalState] ?? 0;
    const offset = (offsets.bases[offsetCode] ?? 0) + stream.read(offsetCode);
    const match =
      (matchLengths.bases[matchCode] ?? 0) + stream.read(matchLengths.bits[matchCode] ?? 0);
    const literal =
      (literalLengths.bases[literalCode] ?? 0) + stream.read(literalLengths.bits[literalCode] ?? 0);
    execute(literal, offset, match);
    if (i === count - 1) return;
    literalState =
      (literalTable.bases[literalState] ?? 0) + stream.read(literalTable.bits[literalState] ?? 0);
    matchState =
      (matchTable.bases[matchState] ?? 0) + stream.read(matchTable.bits[matchState] ?? 0);
    offsetState =
      (offsetTable.bases[offsetState] ?? 0) + stream.read(offsetTable.bits[offsetState] ?? 0);
  }
}

import { newLiterals, readLiterals } from './literals.js';
import { readSequences, type SequenceTables } from './sequences.js';
import { readFrameHeader, skippableFrameEnd } from './frame-header.js';
import { Window } from './window.js';
import { ZstdError } from './zstd-error.js';

const blockKinds = { raw: 0, repeated: 1, compressed: 2 } as const;
/** No block of any frame gives more bytes. */
const blockSizeMax = 128 * 1024;

/**
 * Unpacks zstd frames, block by block.
 *
 * Owns: a part is valid until the next one is asked for.
 * Memory: one and a half windows, and no more than grows with what is unpacked; a window is at most
 * 128 MiB. Time: a small multiple of the bytes read and given, whatever they are: every length is held
 * against its block before it is used.
 * Errors: `ZstdError` for anything that is no zstd stream. Checksums of frames are verified where `newHash` makes
 * the hash for it, XXH64 of seed 0: events have their own.
 * Source: RFC 8878.
 */
export function* unpackZstd(
  source: Uint8Array,
  newHash?: () => FrameHash,
): Generator<Uint8Array, void, undefined> {
  let at = 0;
  do {
    const skipped = skippableFrameEnd(source, at);
    at = skipped ?? (yield* unpackFrame(source, at, newHash));
  } while (at < source.length);
}

export interface FrameHash {
  update(bytes: Uint8Array): unknown;
  digest(): bigint;
}

function* unpackFrame(
  source: Uint8Array,
  start: number,
  newHash: (() => FrameHash) | undefined,
): Generator<Uint8Array, number, undefined> {
  const { windowBytes, contentSize, hasChecksum, next } = readFrameHeader(source, start);
  const blockMax = Math.min(windowBytes, blockSizeMax);
  const window = new Window(windowBytes, blockMax);
  const block = newBlockReader(window, blockMax);
  const hash = hasChecksum ? newHash?.() : undefined;
  let size = 0;
  let at = next;
  for (let isLast = false; !isLast;) {
    if (at + 3 > source.length) throw new ZstdError('it ends early');
    const header = (source[at] ?? 0) | ((source[at + 1] ?? 0) << 8) | ((source[at + 2] ?? 0) << 16);
    isLast = (header & 1) === 1;
    at = block(source, at + 3, (header >> 1) & 3, header >> 3);
    size += window.block.length;
    hash?.update(window.block);
    yield window.block;
  }
  if (contentSize !== undefined && size !== contentSize) {
    throw new ZstdError(`${size} bytes instead of ${contentSize}`);
  }
  const end = hasChecksum ? at + 4 : at;
  if (end > source.length) throw new ZstdError('it ends early');
  if (hash !== undefined && Number(hash.digest() & 0xff_ff_ff_ffn) !== checksumAt(source, at)) {
    throw new ZstdError('its checksum is another');
  }
  return end;
}

function checksumAt(source: Uint8Array, at: number): number {
  return new DataView(source.buffer, source.byteOffset + at, 4).getUint32(0, true);
}

/** Unpacks one block into the window; gives where it ends. */
type ReadBlock = (source: Uint8Array, start: number, kind: number, size: number) => number;

function newBlockReader(window: Window, blockMax: number): ReadBlock {
  const literals = newLiterals(blockMax);
  const tables: SequenceTables = {
    literalLengths: undefined,
    offsets: undefined,
    matchLengths: undefined,
  };
  let used = 0;
  const execute = (literalLength: number, offsetValue: number, matchLength: number): void => {
    if (literalLength > literals.size - used) throw new ZstdError('more literals than there are');
    window.write(literals.bytes, used, used + literalLength);
    used += literalLength;
    window.copyMatch(offsetValue, literalLength > 0, matchLength);
  };
  return (source, start, kind, size) => {
    const end = kind === blockKinds.repeated ? start + 1 : start + size;
    if (size > blockMax) throw new ZstdError('a block that is too large');
    if (end > source.length) throw new ZstdError('it ends early');
    window.beginBlock(kind === blockKinds.compressed ? blockMax : size);
    switch (kind) {
      case blockKinds.raw:
        window.write(source, start, end);
        return end;
      case blockKinds.repeated:
        window.fill(source[start] ?? 0, size);
        return end;
      case blockKinds.compressed: {
        if (size === 0) throw new ZstdError('a block without literals');
        const next = readLiterals(source, start, end, literals);
        used = 0;
        readSequences(source, next, end, tables, execute);
        window.write(literals.bytes, used, literals.size);
        return end;
      }
      default:
        throw new ZstdError('a block of a reserved kind');
    }
  };
}

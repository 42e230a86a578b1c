// xxHash of https://xxhash.com, by which LZ4 and zstd frames sum up what they hold.
import xxhash, { type XXHash } from 'xxhash-wasm';

const hashes = await xxhash();

/** A hash of the checksum of LZ4 frames: XXH32, seed 0. */
export function newHash32(): XXHash<number> {
  return hashes.create32(0);
}

/** A hash of the checksum of zstd frames: XXH64, seed 0, of which a frame has the lower 4 bytes. */
export function newHash64(): XXHash<bigint> {
  return hashes.create64(0n);
}

/** Random numbers that a seed decides, so that a failing run can be run again. */
export interface Random {
  readonly seed: number;
  /** A whole number from `min` to `max`, both included. */
  int(min: number, max: number): number;
  /** True in `percent` of 100 calls. */
  chance(percent: number): boolean;
  pick<T>(items: readonly [T, ...T[]]): T;
  /** A whole number of `bits` random bits. */
  bits(bits: number): bigint;
  bytes(count: number): Buffer;
}

/** The seed of this run: `SEED` of the environment, or a new one. Printed by whoever uses it. */
export function chooseSeed(): number {
  const given = process.env['SEED'];
  return given === undefined ? Math.trunc(Math.random() * 2 ** 31) : Number(given);
}

/**
 * Starts the sequence of `seed`.
 *
 * Source: "mulberry32", public domain, by Tommy Ettinger.
 */
export function createRandom(seed: number): Random {
  let state = seed | 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const int = (min: number, max: number): number =>
    min + Math.floor((next() / 2 ** 32) * (max - min + 1));
  const bits = (count: number): bigint => {
    let value = 0n;
    for (let done = 0; done < count; done += 32) value = (value << 32n) | BigInt(next());
    return BigInt.asUintN(count, value);
  };
  return {
    seed,
    int,
    bits,
    chance: (percent) => next() % 100 < percent,
    pick: <T>(items: readonly [T, ...T[]]): T => items[int(0, items.length - 1)] ?? items[0],
    bytes: (count) => Buffer.from(Array.from({ length: count }, () => int(0, 255))),
  };
}

import type { Random } from './random.js';

/** Gives one value as an SQL literal: often an edge, else any value of the type. */
export type Literal = (random: Random) => string;

type Edges = readonly [string, ...string[]];

const edgePercent = 20;

/** Integer of `bits` bits. */
export function integer(bits: number, unsigned: boolean): Literal {
  const size = BigInt(bits);
  const min = unsigned ? 0n : -(1n << (size - 1n));
  const max = unsigned ? (1n << size) - 1n : (1n << (size - 1n)) - 1n;
  const edges: Edges = [min, max, 0n, 1n, min + 1n, max - 1n].map(String) as [string, ...string[]];
  return withEdges(edges, (random) => {
    // Small and large magnitudes alike.
    const value = random.bits(random.int(1, bits));
    return String(unsigned ? value : BigInt.asIntN(bits, value));
  });
}

/** DECIMAL(precision, scale). */
export function decimal(precision: number, scale: number, unsigned = false): Literal {
  const most = withPoint('9'.repeat(precision), scale);
  const least = withPoint('1'.padStart(precision, '0'), scale);
  const sign = unsigned ? '' : '-';
  return withEdges([most, `${sign}${most}`, least, `${sign}${least}`, '0'], (random) => {
    const length = random.int(1, precision);
    const digits = Array.from({ length }, () => String(random.int(0, 9))).join('');
    const negative = !unsigned && random.chance(50) ? '-' : '';
    return negative + withPoint(digits.padStart(precision, '0'), scale);
  });
}

function withPoint(digits: string, scale: number): string {
  const whole = digits.slice(0, digits.length - scale);
  return scale === 0 ? whole : `${whole === '' ? '0' : whole}.${digits.slice(-scale)}`;
}

/** FLOAT (32 bits) or DOUBLE (64 bits). */
export function float(bits: 32 | 64): Literal {
  const edges: Edges =
    bits === 32
      ? ['0', '-0e0', '3.402823e38', '-3.402823e38', '1.17549435e-38', '1e-45', '0.1', '16777217']
      : ['0', '-0e0', '1.7976931348623157e308', '-1.7976931348623157e308', '5e-324', '0.1', '1e16'];
  return withEdges(edges, (random) => {
    const exponent = bits === 32 ? random.int(-30, 30) : random.int(-300, 300);
    return `${random.int(-9_999_999, 9_999_999) / 1e6}e${exponent}`;
  });
}

/** BIT(length). */
export function bit(length: number): Literal {
  const max = (1n << BigInt(length)) - 1n;
  return withEdges(['0', '1', String(max)], (random) => String(random.bits(length)));
}

/** YEAR. */
export function year(): Literal {
  return withEdges(['0', '1901', '2155', '1970'], (random) => String(random.int(1901, 2155)));
}

/** A member of an ENUM, by its index: 0 is the empty value of a wrong insert, which sql_mode='' allows. */
export function enumMember(count: number): Literal {
  return withEdges(['1', String(count), '0'], (random) => String(random.int(1, count)));
}

/** A SET value as the number whose bits are its members. */
export function setMembers(count: number): Literal {
  const all = (1n << BigInt(count)) - 1n;
  return withEdges(['0', '1', String(all)], (random) => String(random.bits(count)));
}

/** Gives one of `edges` now and then, else what `other` gives. */
export function withEdges(edges: Edges, other: Literal): Literal {
  return (random) => (random.chance(edgePercent) ? random.pick(edges) : other(random));
}

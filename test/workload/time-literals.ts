import { type Literal, withEdges } from './literals.js';
import type { Random } from './random.js';

/** DATE. Zero dates are among the edges: sessions of the workload allow them. */
export function date(): Literal {
  const edges: [string, ...string[]] = [
    "'1000-01-01'",
    "'9999-12-31'",
    "'1970-01-01'",
    "'1969-12-31'",
    "'2000-02-29'",
    "'0000-00-00'",
    "'2020-00-00'",
  ];
  return withEdges(edges, (random) => `'${randomDate(random, 1900, 2200)}'`);
}

/** DATETIME(fsp). */
export function datetime(fsp: number): Literal {
  const most = fsp === 0 ? '' : `.${'9'.repeat(fsp)}`;
  const edges: [string, ...string[]] = [
    "'1000-01-01 00:00:00'",
    `'9999-12-31 23:59:59${most}'`,
    "'1970-01-01 00:00:00'",
    `'1969-12-31 23:59:59${most}'`,
    "'0000-00-00 00:00:00'",
  ];
  return withEdges(
    edges,
    (random) => `'${randomDate(random, 1900, 2200)} ${randomClock(random, 23, fsp)}'`,
  );
}

/** TIMESTAMP(fsp), for sessions in UTC. */
export function timestamp(fsp: number): Literal {
  const most = fsp === 0 ? '' : `.${'9'.repeat(fsp)}`;
  const edges: [string, ...string[]] = [
    "'1970-01-01 00:00:01'",
    `'2038-01-19 03:14:07${most}'`,
    "'0000-00-00 00:00:00'",
    "'2000-02-29 12:00:00'",
  ];
  return withEdges(
    edges,
    (random) => `'${randomDate(random, 1971, 2037)} ${randomClock(random, 23, fsp)}'`,
  );
}

/** TIME(fsp), a signed span. */
export function time(fsp: number): Literal {
  const least = fsp === 0 ? '' : `.${'1'.padStart(fsp, '0')}`;
  const edges: [string, ...string[]] = [
    "'-838:59:59'",
    "'838:59:59'",
    "'00:00:00'",
    `'-00:00:00${least}'`,
    `'00:00:00${least}'`,
    `'-01:00:00${least}'`,
  ];
  return withEdges(edges, (random) => {
    const sign = random.chance(40) ? '-' : '';
    return `'${sign}${randomClock(random, random.chance(50) ? 23 : 837, fsp)}'`;
  });
}

function randomDate(random: Random, yearMin: number, yearMax: number): string {
  const year = String(random.int(yearMin, yearMax)).padStart(4, '0');
  return `${year}-${twoDigits(random.int(1, 12))}-${twoDigits(random.int(1, 28))}`;
}

function randomClock(random: Random, hourMax: number, fsp: number): string {
  const parts = [random.int(0, hourMax), random.int(0, 59), random.int(0, 59)].map(twoDigits);
  const fraction = String(random.int(0, 10 ** fsp - 1)).padStart(fsp, '0');
  return fsp === 0 ? parts.join(':') : `${parts.join(':')}.${fraction}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}

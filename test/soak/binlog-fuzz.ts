/**
 * Damages recorded events at random, for FUZZ_SECONDS seconds (120): `npx tsx test/soak/binlog-fuzz.ts`.
 * SEED repeats a run. Bytes that break a decoder are kept in test/fixtures/binlog-crashers, where
 * `npm test` finds them, and end the run with exit code 1.
 *
 * The memory that it reports grows by what zlib loses: Node 20 never frees the state of an
 * `inflateSync` that fails, some kilobytes each (a plain loop over one damaged stream shows it). The
 * writer stops at its first.
 */
import { setImmediate } from 'node:timers/promises';
import { chooseSeed } from '../workload/index.js';
import { caseNames } from '../binlog/fixtures/cases.js';
import { keepCrasher } from '../binlog/fixtures/crashers.js';
import { damage } from '../binlog/fixtures/damage.js';
import { HostileDecoder, targetsOf, type Target } from '../binlog/fixtures/hostile.js';

/** Longer than any event of the fixtures takes, by far: such bytes are kept as well. */
const decodeMaxMs = 1000;
const reportEveryMs = 10_000;
/** Decoders begin anew then, so that what they remember of damaged events does not add up. */
const rounds = 500;

const seed = chooseSeed();
const seconds = Number(process.env['FUZZ_SECONDS'] ?? '120');
console.log(`SEED=${seed} FUZZ_SECONDS=${seconds}`);

const targets = caseNames().flatMap(targetsOf);
const bodies = targets.map((target) => target.event.body);
const decoders = targets.map((target) => new HostileDecoder(target));
const random = damage(seed);
const endMs = performance.now() + seconds * 1000;
let nextReportMs = performance.now() + reportEveryMs;
let runs = 0;
let crashers = 0;

while (performance.now() < endMs) {
  const i = runs++ % targets.length;
  const [target, decoder, body] = [targets[i], decoders[i], bodies[i]];
  if (target === undefined || decoder === undefined || body === undefined) break;
  const problem = attempt(decoder, random(body, bodies), target);
  const isWorn = Math.floor(runs / targets.length) % rounds === 0;
  if (problem !== undefined || isWorn) decoders[i] = new HostileDecoder(target);
  // Memory of arrays that are gone is given back in the event loop's own time.
  if (runs % 10_000 === 0) await setImmediate();
  if (performance.now() < nextReportMs) continue;
  nextReportMs += reportEveryMs;
  console.log(`${runs} events, ${crashers} crashers, ${rssMib()} MiB`);
}
console.log(
  `${runs} damaged events of ${targets.length} kinds, ${crashers} crashers, ${rssMib()} MiB`,
);
process.exitCode = crashers > 0 || runs === 0 ? 1 : 0;

/** Decodes damaged bytes; gives what went wrong, and keeps them then. */
function attempt(decoder: HostileDecoder, bytes: Uint8Array, target: Target): string | undefined {
  const startMs = performance.now();
  let problem: string | undefined;
  try {
    decoder.decode(bytes);
    const tookMs = performance.now() - startMs;
    if (tookMs > decodeMaxMs) problem = `it took ${Math.round(tookMs)} ms`;
  } catch (error) {
    problem = error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
  if (problem === undefined) return undefined;
  crashers++;
  console.error(`${keepCrasher(target, bytes, problem)}: ${problem}`);
  return problem;
}

function rssMib(): number {
  return Math.round(process.memoryUsage().rss / 2 ** 20);
}

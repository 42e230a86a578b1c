// What `npm test` leaves to `npm run test:soak`: cases that differ by their server alone, and sizes that prove
// more the larger they are. Whatever imports this runs in full in a soak run, and when it is run by itself.
import { skipReason, type ServerKind } from './servers/index.js';

/** Whether this is a run of `npm test`. */
export const isShortRun = process.env['THEFLASH_TESTS'] === 'short';

/**
 * The kinds of servers that a case runs on: all of them, and in `npm test` the first one that this machine has.
 * Files and cases differ in what they name first, so that each kind is met often.
 */
export function kindsOf<Kind extends ServerKind>(...kinds: readonly Kind[]): readonly Kind[] {
  if (!isShortRun) return kinds;
  return [kinds.find((kind) => skipReason(kind) === undefined) ?? kinds[0]].filter(
    (kind) => kind !== undefined,
  );
}

/** As `kindsOf`, where cases take turns: in `npm test` the case of the number `turn` runs on the next kind. */
export function kindsInTurn<Kind extends ServerKind>(
  turn: number,
  kinds: readonly Kind[],
): readonly Kind[] {
  const first = turn % kinds.length;
  return kindsOf(...kinds.slice(first), ...kinds.slice(0, first));
}

/** A count, or a size: the first in `npm test`, the other in full. */
export function shortOrFull(short: number, full: number): number {
  return isShortRun ? short : full;
}

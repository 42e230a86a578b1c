import { setTimeout as delay } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';

/** How far from the truth a lag that is told may be. */
export const nearS = 1;
const asks = 5;

/**
 * Checks that what is told of a lag which has grown since `beganMs` is true of a moment between question and answer, to
 * within a second, for most of some asks: a busy machine may be late once.
 */
export async function isTrueLag(
  t: ExecutionContext,
  beganMs: number,
  ask: () => Promise<number>,
): Promise<void> {
  const told: string[] = [];
  let near = 0;
  for (let count = 0; count < asks; count += 1) {
    const leastS = (Date.now() - beganMs) / 1000;
    const lagS = await ask();
    const mostS = (Date.now() - beganMs) / 1000;
    if (lagS > leastS - nearS && lagS < mostS + nearS) near += 1;
    told.push(`${lagS} s, and it is ${leastS} to ${mostS} s`);
    await delay(300);
  }
  t.true(near > asks / 2, told.join('; '));
}

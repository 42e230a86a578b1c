const attemptsMax = 10;

/**
 * Gives the shortest time that `attempt` took, in ms, of as many as it needs to be below `belowMs`,
 * at most ten. A machine that is busy with something else is slow at times; what really waits for
 * something, or does too much, takes as long each time.
 */
export async function leastMs(
  belowMs: number,
  attempt: () => number | Promise<number>,
): Promise<number> {
  let least = Infinity;
  for (let count = 0; count < attemptsMax && least >= belowMs; count += 1) {
    least = Math.min(least, await attempt());
  }
  return least;
}

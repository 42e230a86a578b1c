/** The first pause before a source is tried again, and the longest. */
const pauseMs = { first: 1_000, max: 60_000 };

/**
 * How long to wait after so many failures in a row, the first is 1. `random` of 0 to 1 keeps many writers
 * of one source apart.
 */
export function retryDelayMs(failures: number, random: number): number {
  const full = Math.min(pauseMs.max, pauseMs.first * 2 ** Math.min(failures - 1, 30));
  return Math.round(full * (0.75 + random / 4));
}

import type { ExecutionContext } from 'ava';
import { leastMs } from '../least-ms.js';

const cancelMaxMs = 200;

/** Demands that what was cancelled ends within 200 ms. `attempt` cancels once and gives the time it took, in ms. */
export async function endsInTime(
  t: ExecutionContext,
  attempt: () => Promise<number>,
): Promise<void> {
  const tookMs = await leastMs(cancelMaxMs, attempt);
  t.true(tookMs < cancelMaxMs, `${tookMs} ms`);
}

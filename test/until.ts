import { setTimeout as delay } from 'node:timers/promises';

/** Far more than a slow, loaded machine needs for what a test waits for. */
const waitMaxMs = 180_000;
const pollMs = 20;

/** Waits until `isTrue` holds, and throws with `what` when it does not within three minutes. */
export async function waitUntil(
  what: string,
  isTrue: () => boolean | Promise<boolean>,
): Promise<void> {
  const deadlineMs = performance.now() + waitMaxMs;
  while (!(await isTrue())) {
    if (performance.now() > deadlineMs) throw new Error(`not within ${waitMaxMs} ms: ${what}`);
    await delay(pollMs);
  }
}

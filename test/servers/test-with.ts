import test, { type TestFn } from 'ava';
import type { ServerKind } from './program.js';
import { skipReason } from './start.js';

/**
 * `test` where a server of each kind can be had, else `test.skip`, with the reason logged.
 * Apart from the index, as only AVA's own processes can load AVA.
 */
export function testWith(...kinds: ServerKind[]): TestFn | TestFn['skip'] {
  const reason = kinds.map(skipReason).find((text) => text !== undefined);
  if (reason === undefined) return test;
  console.error(`skipped: ${reason}`);
  return test.skip;
}

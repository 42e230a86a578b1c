import test, { type SerialFn, type TestFn } from 'ava';
import type { ServerKind } from './program.js';
import { skipReason } from './start.js';

/**
 * `test` where a server of each kind can be had, else `test.skip`, with the reason logged.
 * Apart from the index, as only AVA's own processes can load AVA.
 */
export function testWith(...kinds: ServerKind[]): TestFn | TestFn['skip'] {
  return canRun(kinds) ? test : test.skip;
}

/** As `testWith`, one after the other: a process opens one engine at a time. */
export function testSerialWith(...kinds: ServerKind[]): SerialFn | TestFn['skip'] {
  return canRun(kinds) ? test.serial : test.skip;
}

function canRun(kinds: readonly ServerKind[]): boolean {
  const reason = kinds.map(skipReason).find((text) => text !== undefined);
  if (reason !== undefined) console.error(`skipped: ${reason}`);
  return reason === undefined;
}

/**
 * The part of `npm run layers` that looks at native/: prints each include that points up and exits
 * with 1 if there is one. test/tidy.test.ts asks the same rules.
 *
 *   node --import=tsx scripts/native-layers.ts
 */
import { nativeRules } from './tidy/native-rules.js';
import { readTree } from './tidy/tree.js';

const files = readTree();
for (const [rule, findFaults] of Object.entries(nativeRules)) {
  const faults = findFaults(files);
  if (faults.length > 0) process.exitCode = 1;
  process.stdout.write(`${rule}: ${String(faults.length)} faults\n`);
  for (const fault of faults) process.stdout.write(`  ${fault}\n`);
}
